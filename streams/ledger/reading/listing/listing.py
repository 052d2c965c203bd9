"""A page of the list, its neighbours, and how many there are.

A page begins after a row and not at a number: whatever is opened, closed or moved meanwhile, no ticket that stood still
is shown twice or left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import Select, and_, column, func, select, true, tuple_, union_all, values

from streams.ledger.columns import TEXT
from streams.ledger.engines.port import Dialect
from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.reading.listing.cursor import Cursor
from streams.ledger.reading.listing.filter import Order, TicketFilter
from streams.ledger.reading.listing.lanes import Condition, ListPart, parts_of
from streams.ledger.rows import ASSET, PROBLEM, PROBLEM_ROW, TICKET
from streams.ledger.tables import assets, problems, tickets
from streams.rules.state.records import AssetRecord, Problem, Ticket

COUNTED: Final = 1_000  # tickets that are counted; more are `1000+`
WITHIN: Final = 2.0  # seconds that a list may take of the database


class ListedTicket(NamedTuple):
    """A ticket, its asset, and its first problem."""

    ticket: Ticket
    asset: AssetRecord
    problem: Problem | None


@dataclass(frozen=True, slots=True)
class ListPage:
    """Rows in the order of the list, and from where those before and after them are read."""

    rows: Sequence[ListedTicket]
    previous: Cursor | None = None
    next: Cursor | None = None


async def list_page(
    ledger: Ledger,
    chosen: TicketFilter,
    order: Order = "due",
    *,
    limit: int = 50,
    cursor: Cursor | None = None,
    within: float | None = WITHIN,
) -> ListPage:
    """At most `limit` rows from `cursor` on, or the first ones; raises TooSlow after `within` seconds."""
    parts = parts_of(chosen, order)
    back = cursor is not None and cursor.back
    found: list[tuple[int, ListedTicket]] = []
    for number in _numbers(len(parts), cursor):
        at = cursor if cursor is not None and cursor.part == number else None
        rows = await _rows(ledger, parts[number], at, limit + 1 - len(found), within, back=back)
        found += [(number, one) for one in rows]
        if len(found) > limit:
            break
    more, found = len(found) > limit, found[:limit]
    if back and not more:  # what stood before has gone: the first page is whole again
        return await list_page(ledger, chosen, order, limit=limit, within=within)
    if back:
        found.reverse()
    if not found:
        return ListPage(())
    ends = [_cursor(order, parts, *found[end], back=end == 0) for end in (0, -1)]
    has_previous, has_next = (more, True) if back else (cursor is not None, more)
    return ListPage([one for _, one in found], ends[0] if has_previous else None, ends[1] if has_next else None)


async def list_tickets(ledger: Ledger, chosen: TicketFilter, *, limit: int = 50) -> list[tuple[Ticket, AssetRecord]]:
    """The first tickets of the list, the most urgent first: open before closed, then by deadline."""
    page = await list_page(ledger, chosen, limit=limit, within=None)
    return [(one.ticket, one.asset) for one in page.rows]


async def count_tickets(ledger: Ledger, chosen: TicketFilter, order: Order = "due") -> int:
    """How many there are; COUNTED + 1 where there are more than COUNTED. Raises TooSlow."""
    parts = parts_of(chosen, "closed" if order == "closed" else "due", counted=True)  # what is opened is no less
    each = [_counted(ledger.dialect, part, lane) for part in parts for lane in part.lanes]
    if not each:
        return 0
    some = union_all(*each).limit(COUNTED + 1).subquery()
    ((count,),) = await ledger.read(select(func.count()).select_from(some), within=WITHIN)
    return int(count)


def _counted(dialect: Dialect, part: ListPart, lane: Condition) -> Select[Any]:
    """The rows of a lane, as many as are counted; without its order PostgreSQL might read all tickets."""
    query = select(tickets.c.pk).where(lane)
    if not part.units:
        query = query.order_by(part.by)
    elif dialect == "postgresql":
        every = values(column("unit_id", TEXT), name="every").data([(unit_id,) for unit_id in part.units])
        of_one = query.where(tickets.c.unit_id == every.c.unit_id).order_by(part.by).limit(COUNTED + 1).lateral()
        query = select(of_one.c.pk).select_from(every.join(of_one, true()))
    else:
        query = query.where(tickets.c.unit_id.in_(part.units))
    return select(query.limit(COUNTED + 1).subquery())


def _numbers(many: int, cursor: Cursor | None) -> Iterator[int]:
    if cursor is None:
        yield from range(many)
    elif cursor.back:
        yield from range(min(cursor.part, many - 1), -1, -1)
    else:
        yield from range(cursor.part, many)


async def _rows(
    ledger: Ledger, part: ListPart, at: Cursor | None, limit: int, within: float | None, *, back: bool
) -> list[ListedTicket]:
    if not part.lanes:
        return []
    page = _page(part, at, limit, back=back)
    query = (
        select(tickets, assets, *PROBLEM_ROW)
        .select_from(page)
        .join(tickets, tickets.c.pk == page.c.pk)
        .join(assets, assets.c.pk == tickets.c.asset_pk)
        .outerjoin(problems, and_(problems.c.ticket_pk == tickets.c.pk, problems.c.ordinal == 1))
        .order_by(*_order(part, back=back), problems.c.pk)
    )
    found: dict[int, ListedTicket] = {}
    for row in await ledger.read(query, within=within):
        one = _listed(row)
        if one.ticket.pk not in found or (one.problem is not None and one.problem.current):  # a recurrence has two
            found[one.ticket.pk] = one
    return list(found.values())


def _page(part: ListPart, at: Cursor | None, limit: int, *, back: bool) -> Any:
    """The row numbers of a page: the first of the first rows of every lane."""
    place = _beyond(part, at, back=back)
    lanes = [
        select(tickets.c.pk, part.by).where(lane, *place).order_by(*_order(part, back=back)).limit(limit)
        for lane in part.lanes
    ]
    if len(lanes) == 1:
        return lanes[0].subquery()
    together = union_all(*(select(lane.subquery()) for lane in lanes)).subquery()
    by = together.c[part.by.name]
    ends = (by, together.c.pk) if part.latest_first is back else (by.desc(), together.c.pk.desc())
    return select(together).order_by(*ends).limit(limit).subquery()


def _order(part: ListPart, *, back: bool) -> tuple[Any, Any]:
    if part.latest_first is back:
        return part.by, tickets.c.pk
    return part.by.desc(), tickets.c.pk.desc()


def _beyond(part: ListPart, at: Cursor | None, *, back: bool) -> tuple[Condition, ...]:
    """The first condition is for an index that does not have the row number."""
    if at is None:
        return ()
    place, here = tuple_(part.by, tickets.c.pk), tuple_(at.at, at.pk)
    if part.latest_first is back:
        return part.by >= at.at, place > here
    return part.by <= at.at, place < here


def _cursor(order: Order, parts: Sequence[ListPart], number: int, one: ListedTicket, *, back: bool) -> Cursor:
    at: datetime = getattr(one.ticket, parts[number].by.name)
    return Cursor(order, number, to_micros(at), one.ticket.pk, back)


def _listed(row: Any) -> ListedTicket:
    values = tuple(row)
    first, second = len(TICKET.columns), len(TICKET.columns) + len(ASSET.columns)
    problem = values[second:]
    return ListedTicket(
        TICKET.decode(values[:first]),
        ASSET.decode(values[first:second]),
        None if problem[0] is None else PROBLEM.decode(problem),
    )
