"""The workbook of a weekly mail: a sheet for the units, the overdue tickets and the ended ones."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from io import BytesIO
from typing import Final

from xlsxwriter import Workbook

from notifiers.text import harmless
from streams.presentation.letters.letter import WeekSheet

_LONGEST: Final = 32_000  # characters of a cell; Excel takes some more
_ALWAYS: Final = datetime(2000, 1, 1)  # noqa: DTZ001 - the same content is the same file


def week_workbook(sheets: Iterable[WeekSheet]) -> bytes:
    """Every cell a text: what looks like a formula is text, too; the head row stays and repeats on paper."""
    file = BytesIO()
    book = Workbook(file, {"in_memory": True})
    book.set_properties({"created": _ALWAYS})
    bold = book.add_format({"bold": True})
    for one in sheets:
        sheet = book.add_worksheet(one.title)
        sheet.freeze_panes(1, 0)
        sheet.repeat_rows(0)
        for column, (label, width) in enumerate(one.columns):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, label, bold)
        for number, row in enumerate(one.rows, 1):
            for column, text in enumerate(row):
                sheet.write_string(number, column, harmless(text)[:_LONGEST])
    book.close()
    return file.getvalue()
