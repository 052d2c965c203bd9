"""The tickets of a weekly mail, for its letter and its workbook (N-75). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from notifiers.text import shorten
from streams.presentation.letters.letter import WeekSheet, WeekTicket
from streams.presentation.letters.view import NAME_LENGTH
from streams.presentation.ticket_list.columns import COLUMNS
from streams.presentation.ticket_list.row import TicketRow

OVERDUE: Final = ("ticket", "unit", "asset", "check", "wrong", "page", "due", "status", "rung")
ENDED_COLUMNS: Final = ("ticket", "unit", "asset", "check", "wrong", "opened", "closed", "rechecked", "taken")
Texts = tuple[str, ...]


def tickets_sheet(title: str, columns: Iterable[str], rows: Iterable[Texts]) -> WeekSheet:
    """Tickets, with columns of the ledger 台账."""
    return WeekSheet(title, tuple((COLUMNS[name].label, COLUMNS[name].width) for name in columns), tuple(rows))


def texts(row: TicketRow, columns: Iterable[str]) -> Texts:
    """A row of such a sheet."""
    return tuple(COLUMNS[name].text(row) for name in columns)


def week_ticket(row: TicketRow, desk: str) -> WeekTicket:
    """One for the letter."""
    problem = shorten("：".join(filter(None, (row.check, row.wrong))), NAME_LENGTH)
    return WeekTicket(row.ticket.ticket_id, shorten(row.unit, NAME_LENGTH), row.name, problem, row.due, desk)
