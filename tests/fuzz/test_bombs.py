"""Small files that would eat a machine: refused in words, in little memory and time, and the process lives."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

import pytest
from openpyxl import Workbook

from tests.support.command_line import ROOT

MEMORY: Final = 1_200 * 1024 * 1024  # bytes of address space, the interpreter and its libraries included
SECONDS: Final = 120.0
_READ: Final = (
    "import sys; from pathlib import Path\n"
    "from streams.files.faults import FileError\n"
    "from streams.files.registry.files import read_registry\n"
    "try: print(len(list(read_registry(Path(sys.argv[1]), sys.argv[2] or None))))\n"
    "except FileError as error: print(error)\n"
)
_SHEET: Final = (
    b'<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>'
)
_END: Final = b"</sheetData></worksheet>"
_LAST: Final = b"</row>" + _END
_FIRST: Final = "xl/worksheets/sheet1.xml"


def said_of(path: Path, kind: str = "") -> str:
    """What a process of its own, with so much memory and no more, says of a file."""
    command = ["prlimit", f"--as={MEMORY}", sys.executable, "-c", _READ, str(path), kind]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False, timeout=SECONDS, env={"PYTHONUTF8": "1"}
    )
    assert done.returncode == 0, f"{done.returncode}: {done.stderr[-2_000:]}"
    return done.stdout


def workbook(path: Path, parts: dict[str, bytes]) -> Path:
    """A workbook in which some parts are others."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "单位"
    sheet.append(["单位编号", "单位名称"])
    plain = io.BytesIO()
    book.save(plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for name in {*source.namelist(), *parts}:
            target.writestr(name, parts[name] if name in parts else source.read(name))
    return path


def _entities() -> bytes:
    entities = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 9))
    head = f'<?xml version="1.0"?><!DOCTYPE w [<!ENTITY a0 "{"x" * 1_000}">{entities}]>'
    return head.encode() + _SHEET.partition(b"?>")[2] + b'<row><c t="inlineStr"><is><t>&a8;</t></is></c></row>' + _END


WORKBOOKS: Final[dict[str, tuple[str, Callable[[], bytes]]]] = {
    "a row of five million cells": (_FIRST, lambda: _SHEET + b"<row>" + b"<c><v>1</v></c>" * 5_000_000 + _LAST),
    "twenty million rows": (_FIRST, lambda: _SHEET + b"<row/>" * 20_000_000 + _END),
    "entities": (_FIRST, _entities),
    "a sheet that breaks off": (_FIRST, lambda: _SHEET + b"<row><c><v>1"),
    "styles without end": ("xl/styles.xml", lambda: b"<styleSheet>" + b"<fonts/>" * 10_000_000 + b"</styleSheet>"),
    "texts without end": ("xl/sharedStrings.xml", lambda: b"<sst>" + b"<si><t>a</t></si>" * 6_000_000 + b"</sst>"),
}  # fmt: skip


@pytest.mark.parametrize("what", WORKBOOKS)
def test_a_workbook(what: str, tmp_path: Path) -> None:
    """Some hundred kilobytes that unpack to much more."""
    name, content = WORKBOOKS[what]
    assert said_of(workbook(tmp_path / "a.xlsx", {name: content()})).startswith("a.xlsx: workbook: ")


YAMLS: Final = {
    "lists in lists": b"[" * 100_000,
    "records in records": b"{a: " * 100_000,
    "by indentation": b"".join(b" " * n + b"a:\n" for n in range(3_000)),
    "eight million values": b"units: [" + b"a," * 8_000_000 + b"a]",
    "aliases": b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
        b"%c: &%c [%s]\n" % (n + 1, n + 1, b",".join([b"*%c" % n] * 9)) for n in range(97, 110)
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", YAMLS)
def test_a_yaml_file(what: str, tmp_path: Path) -> None:
    """Deeper than the parser's stack, longer than any file for people; pack, calendar and registry are read alike."""
    path = tmp_path / "a.yaml"
    path.write_bytes(YAMLS[what])
    assert said_of(path).startswith("a.yaml: line ")


def test_a_table_without_an_end_of_line(tmp_path: Path) -> None:
    """A gigabyte on one line is not held in memory."""
    path = tmp_path / "a.csv"
    with path.open("wb") as file:
        file.write(b"unit_id,name\n")
        file.truncate(1024**3)
    assert "neither UTF-8 nor" in said_of(path, "unit")
    path.write_bytes(b"unit_id,name\n" + b"x" * 300_000_000)
    assert "line 2 has more than" in said_of(path, "unit")
