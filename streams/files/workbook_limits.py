"""What is not opened as a workbook: a small file that unpacks to more than the memory holds, or a row without an end.

O-4  A file that people hand in is refused in words before reading it costs the process its memory: a workbook that
     unpacks to more than 256 MiB or is no table, YAML deeper than 100 levels or with more than 100,000 values, a table
     with a line of more than a million characters, anything else larger than `RECTIFY_MAX_FILE_BYTES`.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from xml.parsers import expat

WORKBOOK_BYTES: Final = 32 * 1024 * 1024  # bytes, as a file
UNPACKED_BYTES: Final = 256 * 1024 * 1024  # bytes, all parts of a workbook unpacked
WORKBOOK_PARTS: Final = 1_000
STRINGS_BYTES: Final = 64 * 1024 * 1024  # bytes of the shared texts, which are held in memory
OTHER_BYTES: Final = 4 * 1024 * 1024  # bytes of a part that is read as a whole: styles, relations
SMALL_BYTES: Final = 1024 * 1024  # bytes of a sheet that can do no harm
ROW_ELEMENTS: Final = 16_384 * 4  # Excel's widest row, each cell with its innards
LOOSE_ELEMENTS: Final = 1_000_000  # rows, and whatever stands outside of them
_CHUNK: Final = 256 * 1024  # bytes
_SHEETS: Final = "xl/worksheets/"
_STRINGS: Final = "xl/sharedstrings.xml"


class _TooMuch(Exception):
    """A sheet whose rows are not those of a table."""


def unfit(path: Path) -> str | None:
    """Why a workbook is not opened, None when it may be. Reads it as a stream; memory stays small."""
    if path.stat().st_size > WORKBOOK_BYTES:
        return f"larger than {WORKBOOK_BYTES // 1024 // 1024} MiB; publish it as CSV with --kind"
    try:
        with zipfile.ZipFile(path) as archive:
            return _unfit(archive)
    except (zipfile.BadZipFile, zipfile.LargeZipFile, OSError, ValueError, NotImplementedError, RuntimeError) as error:
        return f"not an .xlsx workbook ({error})"


def _unfit(archive: zipfile.ZipFile) -> str | None:
    parts = archive.infolist()
    if len(parts) > WORKBOOK_PARTS or sum(part.file_size for part in parts) > UNPACKED_BYTES:
        return f"unpacks to more than {UNPACKED_BYTES // 1024 // 1024} MiB or {WORKBOOK_PARTS} parts"
    for part in parts:
        name = part.filename.lower().lstrip("/")
        if name.startswith(_SHEETS) and not name.startswith(f"{_SHEETS}_rels"):
            if part.file_size > SMALL_BYTES and not _is_table(archive, part):
                return f"{part.filename} is no table: a row has more cells than Excel allows, or it is not XML"
        elif name.endswith((".xml", ".rels")):
            most = STRINGS_BYTES if name == _STRINGS else OTHER_BYTES
            if part.file_size > most:
                return f"{part.filename} unpacks to more than {most // 1024 // 1024} MiB"
    return None


def _is_table(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> bool:
    """Whether no row is wider than Excel's, and there are not many more elements than rows beside them."""
    inside = loose = depth = 0  # elements in this row, elements outside of rows, whether we are in one

    def begin(name: str, _: Mapping[str, str]) -> None:
        nonlocal inside, loose, depth
        if name.rpartition(":")[2] == "row":
            depth, inside = depth + 1, 0
        if depth:
            inside += 1
        if depth != 1 or inside == 1:
            loose += 1
        if inside > ROW_ELEMENTS or loose > LOOSE_ELEMENTS:
            raise _TooMuch

    def end(name: str) -> None:
        nonlocal depth
        if name.rpartition(":")[2] == "row":
            depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    try:
        with archive.open(part) as stream:
            while chunk := stream.read(_CHUNK):
                parser.Parse(chunk)
            parser.Parse(b"", True)
    except (_TooMuch, expat.ExpatError):
        return False
    return True
