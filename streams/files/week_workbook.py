"""The workbook of a weekly mail: a sheet for the units, the overdue tickets and the ended ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Final

from xlsxwriter import Workbook

from streams.files.ticket_workbook import text_sheet, write_texts
from streams.presentation.letters.letter import WeekSheet

_ALWAYS: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the same content is the same file


def week_workbook(sheets: Iterable[WeekSheet]) -> bytes:
    """Every cell a text: what looks like a formula is text, too; the head row stays and repeats on paper."""
    file = BytesIO()
    book = Workbook(file, {"in_memory": True})
    book.set_properties({"created": _ALWAYS})
    for one in sheets:
        sheet = text_sheet(book, one.title, one.columns)
        for number, row in enumerate(one.rows, 1):
            write_texts(sheet, number, row)
    book.close()
    return file.getvalue()
