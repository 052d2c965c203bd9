"""What a weekly mail tells, read when it is written: the units that are below its reader by then (N-75)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Final

from schemas.policy import Policy
from streams.ledger import Ledger
from streams.ledger.reading.listing.cursor import Cursor
from streams.ledger.reading.listing.filter import ENDED, DueSpan, Order, TicketFilter
from streams.ledger.reading.listing.listing import list_page
from streams.ledger.reading.unit_ranking import UnitFigures, unit_figures
from streams.presentation.letters.letter import Letter, WeekTicket, WeekUnit
from streams.presentation.letters.office import Office
from streams.presentation.letters.week import TICKETS, units_sheet
from streams.presentation.ticket_list.row import Around, TicketRow
from streams.presentation.week_tickets import ENDED_COLUMNS, OVERDUE, Texts, texts, tickets_sheet, week_ticket
from streams.rules.state.owners import units_below
from streams.rules.state.snapshot import Registry

LONGEST: Final = 5_000  # rows of a sheet; the list on the desk has all
_PAGE: Final = 500  # tickets in memory at a time, each with its evidence
_WITHIN: Final = 30.0  # seconds of the database
_LATE: Final = ("open", "acknowledged")  # as the list's red light has them


async def with_week(ledger: Ledger, letter: Letter, registry: Registry, policy: Policy, office: Office) -> Letter:
    """The letter with what it tells; as it is where it is about no week. Raises LedgerError."""
    item, at = letter.week, letter.at
    if item is None:
        return letter
    below = units_below(registry.units, item.unit_id) - {item.unit_id}
    around = Around(registry, policy, at.astimezone(registry.zone))
    figures = await unit_figures(ledger, at, item.since, item.until, below, within=_WITHIN)
    units = tuple(_unit(registry.units[unit_id].name, found) for unit_id, found in figures.items())
    late = TicketFilter((DueSpan(_LATE, due_before=at),), below)
    ended = TicketFilter((DueSpan(ENDED),), below, closed_from=item.since, closed_before=item.until)
    first: list[WeekTicket] = []
    overdue: list[Texts] = []
    async for row in _rows(ledger, late, "due", around):
        if len(first) < TICKETS:
            first.append(week_ticket(row, office.desk(row.ticket.ticket_id)))
        overdue.append(texts(row, OVERDUE))
    over = [texts(row, ENDED_COLUMNS) async for row in _rows(ledger, ended, "closed", around)]
    sheets = (
        units_sheet(units), tickets_sheet("逾期", OVERDUE, overdue), tickets_sheet("本周办结", ENDED_COLUMNS, over),
    )  # fmt: skip
    told = replace(item, unit_count=len(below), units=units, overdue=tuple(first), sheets=sheets)
    return replace(letter, week=told)


async def _rows(ledger: Ledger, chosen: TicketFilter, order: Order, around: Around) -> AsyncIterator[TicketRow]:
    """The rows of the list, page by page, at most LONGEST."""
    cursor: Cursor | None = None
    for _ in range(LONGEST // _PAGE):
        page = await list_page(ledger, chosen, order, limit=_PAGE, cursor=cursor, within=_WITHIN)
        for one in page.rows:
            yield TicketRow(one.ticket, one.asset, one.problem, None, (), around)
        cursor = page.next
        if cursor is None:
            return


def _unit(name: str, found: UnitFigures) -> WeekUnit:
    return WeekUnit(name, found.open, found.overdue, found.opened, found.ended, found.done, found.on_time)
