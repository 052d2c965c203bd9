"""Registry files as officials hand them over."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from streams.files.faults import FileError
from streams.files.registry.files import read_registry


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    """Return the file with this text."""
    path.write_bytes(text.encode(encoding))
    return path


def workbook(path: Path, sheets: Mapping[str, Sequence[Sequence[Any]]]) -> Path:
    """Return a workbook with these sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        sheet = book.create_sheet(title)
        for row in rows:
            sheet.append(list(row))
    book.save(path)
    return path


def imported(path: Path, kind: str | None = None) -> dict[str, Any]:
    """Return the records of a file that is imported, by key, in its order."""
    return {key: json.loads(value) for key, value in read_registry(path, kind)}


def refused(path: Path, kind: str | None = None) -> list[str]:
    """Return what is said of a file that is not imported."""
    with pytest.raises(FileError) as caught:
        read_registry(path, kind)
    return [str(problem) for problem in caught.value.faults]
