"""The list of tickets: a page of it, all of it for a sheet, and how many there are; always of the units one may see.

W-11  The query string is the whole state of the list; pages, terminal, workbooks and counts ask the database by one
      query. A page begins after a row: whatever changes meanwhile, no ticket that stood still is shown twice or left
      out. Up to 1,000 are counted, more are 1000+.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.ledger import Ledger, TooSlow
from streams.ledger.reading.listing.cursor import Cursor, written
from streams.ledger.reading.listing.filter import TicketFilter
from streams.ledger.reading.listing.listing import COUNTED, ListedTicket, count_tickets, list_page
from streams.ledger.reading.listing.reports import reported
from streams.presentation.ticket_list.row import Around, TicketRow
from streams.rules.state.owners import units_below
from streams.rules.state.snapshot import Registry
from streams.services.calendar import working_calendar
from streams.services.failure import Failure
from streams.services.names import unit_named, was_somebody
from streams.services.registry import units_of
from streams.services.ticket_query import TOO_WIDE, BadQuery, TicketQuery
from streams.services.ticket_words import TextIndex, WordSearch

SHEET_ROWS: Final = 50_000
SHEET_PAGE: Final = 500  # rows that are read at once for a sheet

Sees = frozenset[str] | None
"""The units whose tickets one may see; None: everybody's, also nobody's."""


@dataclass(frozen=True, slots=True)
class ListedPage:
    """Rows, and the places before and after them as `after` takes them; empty where there is nothing."""

    rows: Sequence[TicketRow]
    previous: str = ""
    next: str = ""


def total_words(count: int) -> str:
    """`37`, `1000+`."""
    return str(count) if count <= COUNTED else f"{COUNTED}+"


class TicketList:
    """One list: what is asked for, by whom, as of when."""

    def __init__(
        self,
        ledger: Ledger,
        query: TicketQuery,
        chosen: TicketFilter,
        around: Around,
        named: Sequence[str],
        said: str = "",
    ) -> None:
        """Comes from `open_list`."""
        self.query = query
        self.said = said  # what whoever looks for words has to know; empty: nothing
        self._ledger, self._chosen, self._around, self._named = ledger, chosen, around, named

    @property
    def zone(self) -> ZoneInfo:
        """Of its days."""
        return self._around.registry.zone

    async def page(self) -> ListedPage:
        """The page that the query asks for. Raises Failure where it takes too long, or the unit is nobody."""
        query = self.query
        try:
            found = await list_page(self._ledger, self._chosen, query.sort, limit=query.limit, cursor=query.after)
            rows = await self._rows(found.rows)
        except TooSlow as error:
            raise Failure(TOO_WIDE) from error
        if query.after is None:
            self._check_unit(rows)
        return ListedPage(rows, *(written(one) if one is not None else "" for one in (found.previous, found.next)))

    async def first(self, limit: int) -> list[TicketRow]:
        """The first rows, however many. Raises Failure as `page` does."""
        rows: list[TicketRow] = []
        async for page in self.pages(min(limit, SHEET_PAGE)):
            rows += page
            if len(rows) >= limit:
                break
        self._check_unit(rows)
        return rows[:limit]

    async def pages(self, size: int = SHEET_PAGE) -> AsyncIterator[list[TicketRow]]:
        """All of it from the beginning, page by page: each in a transaction of its own, so that nothing waits for it.

        Raises Failure where a page takes too long.
        """
        cursor: Cursor | None = None
        while True:
            try:
                found = await list_page(self._ledger, self._chosen, self.query.sort, limit=size, cursor=cursor)
                rows = await self._rows(found.rows)
            except TooSlow as error:
                raise Failure(TOO_WIDE) from error
            yield rows
            cursor = found.next
            if cursor is None:
                return

    async def count(self) -> int:
        """How many there are; COUNTED + 1 where there are more than COUNTED. Raises Failure where it takes too long."""
        try:
            return await count_tickets(self._ledger, self._chosen, self.query.sort)
        except TooSlow as error:
            raise Failure(TOO_WIDE) from error

    def _check_unit(self, rows: Sequence[TicketRow]) -> None:
        """Raises BadQuery where nobody is called so."""
        try:
            was_somebody(dict.fromkeys(self._named, ""), self.query.unit, rows)
        except Failure as error:
            raise BadQuery({"unit": str(error)}) from error

    async def _rows(self, found: Sequence[ListedTicket]) -> list[TicketRow]:
        pks = [one.ticket.pk for one in found]
        told = await reported(self._ledger, pks)
        return [
            TicketRow(
                one.ticket,
                one.asset,
                one.problem,
                told[one.ticket.pk].claim,
                told[one.ticket.pk].asks,
                self._around,
                told[one.ticket.pk].undelivered,
            )
            for one in found
        ]


async def around(ledger: Ledger, policy: Policy, now: datetime, zone: ZoneInfo) -> Around:
    """What rows are read with, asked of the ledger: for a process that has no registry at hand."""
    registry = Registry(await units_of(ledger), await working_calendar(ledger), {}, zone)
    return Around(registry, policy, now.astimezone(zone))


async def open_list(
    ledger: Ledger, query: TicketQuery, around: Around, sees: Sees, texts: TextIndex | None = None
) -> TicketList:
    """The list that a query means to somebody who sees these units; `around.now` is in the unit's zone.

    `texts`: None where texts cannot be searched.
    Raises BadQuery where a name stands for several, or for too many.
    """
    units = around.registry.units
    visible = {unit_id: unit.name for unit_id, unit in units.items() if sees is None or unit_id in sees}
    try:
        unit_id = unit_named(visible, query.unit)
    except Failure as error:
        raise BadQuery({"unit": str(error)}) from error
    wanted = None if unit_id is None else units_below(units, unit_id) if query.sub else frozenset((unit_id,))
    chosen = TicketFilter(
        spans=query.spans(around.registry.calendar, around.now),
        units=wanted if sees is None else sees if wanted is None else wanted & sees,
        asset_id=query.asset,
        kinds=query.kinds,
        platforms=query.platforms,
        regions=query.regions,
        checks=query.checks,
        severities=query.severities,
        rungs=query.rungs,
        opened_from=query.opened_from,
        opened_before=query.opened_before,
        closed_from=query.closed_from,
        closed_before=query.closed_before,
        decide=query.decide,
    )
    said = ""
    if query.q:
        words, said = await WordSearch(ledger, texts, around, visible)(query.q, chosen.units)
        chosen = replace(chosen, words=words)
    return TicketList(ledger, query, chosen, around, [*visible, *visible.values()], said)
