"""A tool's report as one JSON document for its mapping, and whether it is whole.

F-3  A report that is cut off anywhere is never taken for a whole one: JSON that does not end, a line of JSON Lines that
     does not, a last CSV row without its line end or with an open quote, a report without what the mapping says that
     it ends with. What a tool has written before its JSON counts as one of its messages.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from schemas.mapping import Mapping
from streams.files.csv_lines import csv_records
from streams.files.faults import FileError, FileFault
from streams.files.findings.files import decoded

if TYPE_CHECKING:
    from streams.files.mappings.sheets import SheetRows

_TAIL: Final = 2_048  # characters at the end of a report in which `ends` is looked for
_JSON: Final = re.compile(r"^[ \t]*(?:\{|\[\s*(?:[\[{\"\]0-9-]|\Z))", re.MULTILINE)
_LINE: Final = re.compile(r"\s*[{\[]\s*[\[{\"\]}0-9-]|\s*[{\[]\s*\Z")


class Document(NamedTuple):
    """What an expression sees; `said` are the tool's words around it, `cut` why it is not whole."""

    json: bytes
    said: str = ""
    cut: str = ""
    left_out: tuple[str, ...] = ()  # rows of a sheet that are none, each with its reason
    faults: tuple[tuple[str, str], ...] = ()  # rows that cannot be read: place, reason


def document_of(mapping: Mapping, content: bytes, zone: ZoneInfo) -> Document:
    """The report as the mapping wants it; an empty `json` where nothing of it can be read. Raises FileError."""
    if mapping.sheet is not None:
        from streams.files.mappings.sheets import sheet_rows  # noqa: PLC0415 - only workbooks need their library

        return _of_sheet(sheet_rows(mapping.sheet, content, zone))
    try:
        text = decoded(content).decode()
    except ValueError:
        return Document(b"", cut="报告不是 UTF-8 文本 · the report is not text in UTF-8")
    match mapping.reads:
        case "json":
            found = _json(text)
        case "jsonl":
            found = _json_lines(text)
        case _:
            found = _csv(mapping, text)
    if mapping.ends is not None and not found.cut and not re.search(mapping.ends, text[-_TAIL:], re.IGNORECASE):
        found = found._replace(cut=f"报告没有结尾标记 · the report does not end with {mapping.ends!r}")
    return found


def _of_sheet(rows: SheetRows) -> Document:
    return Document(orjson.dumps(rows.rows), left_out=rows.left_out, faults=rows.faults)


def _json(text: str) -> Document:
    begin = _JSON.search(text)
    if begin is None:
        return Document(b"", text, "报告里没有 JSON · there is no JSON in the report")
    before, rest = text[: begin.start()], text[begin.start() :].lstrip()
    try:
        orjson.loads(rest)
        return Document(rest.encode(), before)
    except orjson.JSONDecodeError:
        pass
    try:  # a word behind it
        _, end = json.JSONDecoder().raw_decode(rest)
        orjson.loads(rest[:end])
    except (ValueError, RecursionError) as error:
        return Document(b"", before, f"报告不完整 · the report is cut off, or no JSON: {error}")
    return Document(rest[:end].encode(), before + rest[end:])


def _json_lines(text: str) -> Document:
    try:
        whole = orjson.loads(text) if text.strip() else []
        return Document(orjson.dumps(whole if isinstance(whole, list) else [whole]))
    except orjson.JSONDecodeError:
        pass
    found: list[Any] = []
    said, cut = [], ""
    for number, line in enumerate(text.splitlines(), 1):
        if not _LINE.match(line):
            said.append(line)
            continue
        try:
            found.append(orjson.loads(line))
        except orjson.JSONDecodeError:
            cut = cut or f"第 {number} 行不是完整的 JSON · line {number} is no whole JSON"
    return Document(orjson.dumps(found), "\n".join(said), cut)


def _csv(mapping: Mapping, text: str) -> Document:
    shape, said, cut = mapping.csv, [], ""
    lines = io.StringIO(newline="")
    for line in text.splitlines(keepends=True):
        if shape.comment is not None and line.startswith(shape.comment):
            said.append(line)
            lines.write("\n")  # so that places stay
        else:
            lines.write(line)
    if not text.endswith("\n"):
        cut = "最后一行没有写完 · the last line has no end"
    lines.seek(0)
    rows = _csv_rows(lines, shape.delimiter)
    header = next(rows, None)
    if header is None:
        return Document(b"", "".join(said), "报告是空的 · the report is empty")
    names = header[1] or []
    found: list[dict[str, Any]] = []
    for number, cells in rows:
        if cells is None:
            cut = cut or f"第 {number} 行不是 CSV · row {number} is no CSV"
            continue
        whole = zip_longest(names, cells[: len(names)], fillvalue="")  # some rows of LinkChecker lack their last cells
        found.append({"_row": f"line {number}", **dict(whole)})
    if not text.endswith("\n") and found:
        found.pop()  # its last cell may be a part of what was to be written
    return Document(orjson.dumps(found), "".join(said), cut)


def _csv_rows(lines: io.StringIO, delimiter: str) -> Iterator[tuple[int, list[str] | None]]:
    """Rows that are not blank, the header first; None in place of one that is no CSV."""
    lines_with_separator = io.StringIO(f"sep={delimiter}\n" + lines.getvalue(), newline="")
    try:
        for record in csv_records(lines_with_separator):
            if record.fault:
                yield record.line - 1, None
            elif any(record.cells):
                yield record.line - 1, record.cells
    except csv.Error as error:
        raise FileError(FileFault("", "", "", f"not CSV: {error}")) from None
