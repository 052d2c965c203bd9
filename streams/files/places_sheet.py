"""The places of a letter as a workbook that goes with it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import BytesIO
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.styles import Font

from notifiers.text import harmless

_WIDTHS: Final = (6, 24, 26, 22, 60, 60, 10)  # characters
_TITLE: Final = "问题清单"


def workbook(headers: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """One sheet, every cell a text: what begins with `=` is no formula in it."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - only workbooks that are written row by row need it

    book = Workbook(write_only=True)
    sheet = book.create_sheet(_TITLE)
    sheet.freeze_panes = "A2"
    for letter, width in zip("ABCDEFG", _WIDTHS, strict=True):
        sheet.column_dimensions[letter].width = width

    def cell(text: str, *, bold: bool = False) -> Any:
        made = WriteOnlyCell(sheet, harmless(text))
        made.data_type = "s"
        if bold:
            made.font = Font(bold=True)
        return made

    sheet.append([cell(text, bold=True) for text in headers])
    for row in rows:
        sheet.append([cell(text) for text in row])
    file = BytesIO()
    book.save(file)
    return file.getvalue()
