"""A list as a workbook, row by row: however long it is, little of it is in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from tempfile import TemporaryDirectory
from typing import IO, Final, Self

from xlsxwriter import Workbook
from xlsxwriter.worksheet import Worksheet

from notifiers.text import harmless

_LONGEST: Final = 32_000  # characters of a cell; Excel takes some more
_ABOUT_WIDTH: Final = 60


def text_sheet(book: Workbook, title: str, columns: Sequence[tuple[str, int]]) -> Worksheet:
    """A sheet with a head row that stays and repeats on paper; `columns`: what each is called, and its width."""
    sheet, bold = book.add_worksheet(title), book.add_format({"bold": True})
    sheet.freeze_panes(1, 0)
    sheet.repeat_rows(0)
    for number, (label, width) in enumerate(columns):
        sheet.set_column(number, number, width)
        sheet.write_string(0, number, label, bold)
    return sheet


def write_texts(sheet: Worksheet, number: int, row: Iterable[str]) -> None:
    """A row of texts: what looks like a formula is text, too."""
    write = sheet.write_string  # some 100,000 cells
    for column, text in enumerate(row):
        write(number, column, harmless(text)[:_LONGEST])


class TicketWorkbook:
    """One sheet with a head row that stays, and one that says what it is a list of.

    As a context: rows wait in a folder of its own, which is gone in the end.
    """

    def __init__(self, file: IO[bytes], title: str, columns: Sequence[tuple[str, int]]) -> None:
        """`file`: gets it; `columns`: what each is called, and its width in characters."""
        self._folder = TemporaryDirectory(prefix="rectify-list-")
        self._book = Workbook(file, {"constant_memory": True, "tmpdir": self._folder.name})
        self._sheet = text_sheet(self._book, title, columns)
        self._rows = 1

    def __enter__(self) -> Self:
        """Rows can be added."""
        return self

    def __exit__(self, *exc: object) -> None:
        """What was not saved is gone."""
        self._folder.cleanup()

    def add(self, rows: Iterable[Sequence[str]]) -> None:
        """Rows of texts."""
        for row in rows:
            write_texts(self._sheet, self._rows, row)
            self._rows += 1

    def save(self, about: Iterable[Sequence[str]]) -> None:
        """Writes all of it; `about`: label and text of what it is a list of."""
        sheet = self._book.add_worksheet("说明")
        sheet.set_column(1, 1, _ABOUT_WIDTH)
        for number, line in enumerate(about):
            write_texts(sheet, number, line)
        self._book.close()
