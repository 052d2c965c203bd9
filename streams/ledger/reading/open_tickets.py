"""All open tickets, page by page, for who counts them anew: in constant memory, however many there are."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from typing import Any, Final

from sqlalchemy import and_, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros
from streams.ledger.reading.listing.filter import OPEN
from streams.ledger.tables import assets, problems, tickets
from streams.rules.deadlines.recounting import OpenTicket

_MOMENTS: Final = (2, 3)
_FLAGS: Final = (5, 7)


async def open_tickets(
    ledger: Ledger, *, units: Collection[str] | None = None, provisional: bool = False, page: int = 1_000
) -> AsyncIterator[list[OpenTicket]]:
    """Every open ticket with its asset's kind and its first problem, in the order of their row numbers.

    `units`: of these alone; `provisional`: only those whose deadlines are.
    """
    first = and_(problems.c.ticket_pk == tickets.c.pk, problems.c.ordinal == 1)
    query = (
        select(
            tickets.c.pk,
            tickets.c.check_code,
            tickets.c.counted_from,
            tickets.c.due_at,
            tickets.c.due_unit,
            tickets.c.provisional,
            tickets.c.deadline_json,
            tickets.c.guarded,
            assets.c.kind,
            problems.c.facts_json,
        )
        .join(assets, assets.c.pk == tickets.c.asset_pk)
        .outerjoin(problems, first)
        .where(tickets.c.status.in_(OPEN))
        .order_by(tickets.c.pk)
        .limit(page)
    )
    if units is not None:
        query = query.where(tickets.c.unit_id.in_(units))
    if provisional:
        query = query.where(tickets.c.provisional)
    last = -1
    while rows := await ledger.read(query.where(tickets.c.pk > last)):
        yield list({row[0]: _ticket(row) for row in rows}.values())
        last = rows[-1][0]


def _ticket(row: Any) -> OpenTicket:
    values = list(row)
    for place in _MOMENTS:
        values[place] = from_micros(values[place])
    for place in _FLAGS:
        values[place] = values[place] == 1
    return OpenTicket._make(values)
