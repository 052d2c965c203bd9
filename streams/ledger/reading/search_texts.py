"""What stands in tickets, to be searched: of each its problems, whole."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from sqlalchemy import select

from streams.ledger.ledger import Ledger
from streams.ledger.tables import problems, tickets


@dataclass(slots=True)
class TicketTexts:
    """Of one ticket."""

    pk: int
    ticket_id: str
    check: str
    cause: str | None
    places: list[tuple[str, str]] = field(default_factory=list)  # locator and facts of each problem, by ordinal


async def ticket_texts(ledger: Ledger, ticket_ids: Collection[str]) -> list[TicketTexts]:
    """Those of these tickets that there are."""
    query = (
        select(
            tickets.c.pk, tickets.c.ticket_id, tickets.c.check_code, tickets.c.cause,
            problems.c.locator, problems.c.facts_json,
        )
        .outerjoin(problems, problems.c.ticket_pk == tickets.c.pk)
        .where(tickets.c.ticket_id.in_(ticket_ids))
        .order_by(tickets.c.pk, problems.c.ordinal, problems.c.pk)
    )  # fmt: skip
    found: dict[int, TicketTexts] = {}
    for pk, ticket_id, check, cause, locator, facts in await ledger.read(query):
        one = found.setdefault(pk, TicketTexts(pk, ticket_id, check, cause))
        if locator is not None:
            one.places.append((locator, facts))
    return list(found.values())
