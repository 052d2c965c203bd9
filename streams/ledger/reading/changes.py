"""Which tickets have changed, in the order in which their history was written."""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import func, select

from streams.ledger.ledger import Ledger
from streams.ledger.tables import history, tickets


class TicketChange(NamedTuple):
    """An entry of the history. `ticket_id` is None where it is about no ticket; `unit_id`: whose it is now."""

    place: int
    ticket_id: str | None
    unit_id: str | None


async def last_place(ledger: Ledger) -> int:
    """How far the history is; 0: there is none."""
    ((place,),) = await ledger.read(select(func.max(history.c.pk).label("place")))
    return int(place or 0)


async def changes_behind(ledger: Ledger, place: int, limit: int) -> list[TicketChange]:
    """The entries behind this place, in order. Several workers may commit an entry after a later one was read."""
    query = (
        select(history.c.pk, tickets.c.ticket_id, tickets.c.unit_id)
        .outerjoin(tickets, tickets.c.pk == history.c.ticket_pk)
        .where(history.c.pk > place)
        .order_by(history.c.pk)
        .limit(limit)
    )
    return [TicketChange(*row) for row in await ledger.read(query)]
