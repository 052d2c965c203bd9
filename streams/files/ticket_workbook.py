"""A list as a workbook, row by row: however long it is, little of it is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import IO, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Font
from openpyxl.utils import get_column_letter

from notifiers.text import harmless

_LONGEST: Final = 32_000  # characters of a cell; Excel takes some more
_ABOUT_WIDTH: Final = 60


class TicketWorkbook:
    """One sheet with a head row that stays, and one that says what it is a list of."""

    def __init__(self, title: str, columns: Sequence[tuple[str, int]]) -> None:
        """`columns`: what each is called, and its width in characters."""
        self._book = Workbook(write_only=True)
        self._sheet = self._book.create_sheet(title)
        self._sheet.freeze_panes = "A2"
        self._sheet.print_title_rows = "1:1"
        for number, (_, width) in enumerate(columns, 1):
            self._sheet.column_dimensions[get_column_letter(number)].width = width
        head = [self._cell(label) for label, _ in columns]
        for cell in head:
            cell.font = Font(bold=True)
        self._sheet.append(head)

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Rows of texts: what looks like a formula is text, too."""
        for row in rows:
            self._sheet.append([self._cell(text) for text in row])

    def save(self, file: IO[bytes], about: Iterable[Sequence[str]]) -> None:
        """Writes all of it; `about`: label and text of what it is a list of."""
        sheet = self._book.create_sheet("说明")
        sheet.column_dimensions["B"].width = _ABOUT_WIDTH
        for line in about:
            sheet.append([self._cell(text) for text in line])
        self._book.save(file)

    def _cell(self, text: str) -> WriteOnlyCell:
        cell = WriteOnlyCell(self._sheet, harmless(text)[:_LONGEST])
        cell.data_type = "s"  # otherwise `=1+1` would be computed
        return cell
