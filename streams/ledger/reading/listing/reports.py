"""What units have reported of the tickets of a page, and what they ask for: one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson
from sqlalchemy import cast, null, select, union_all

from streams.ledger.ledger import Ledger
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.request_tables import asks
from streams.ledger.tables import history


@dataclass(slots=True)
class Reported:
    """Of one ticket."""

    claim: dict[str, Any] | None = None  # the latest event `fix_claimed`
    asks: list[str] = field(default_factory=list)  # kinds of what is asked for and not answered, the oldest first


async def reported(ledger: Ledger, ticket_pks: Sequence[int]) -> dict[int, Reported]:
    """By row number; raises TooSlow."""
    found = {pk: Reported() for pk in ticket_pks}
    if not found:
        return found
    claims = select(
        history.c.ticket_pk.label("ticket_pk"), history.c.pk.label("place"), history.c.body_json.label("claim"),
        cast(null(), asks.c.kind.type).label("kind"),
    ).where(history.c.ticket_pk.in_(ticket_pks), history.c.type == "fix_claimed")  # fmt: skip
    wanted = select(asks.c.ticket_pk, asks.c.asked_at, cast(null(), history.c.body_json.type), asks.c.kind)
    both = union_all(claims, wanted.where(asks.c.ticket_pk.in_(ticket_pks))).subquery()
    latest: dict[int, str] = {}
    for pk, _, claim, kind in await ledger.read(select(both).order_by(both.c.place), within=WITHIN):
        if kind is None:
            latest[pk] = claim
        else:
            found[pk].asks.append(kind)
    for pk, claim in latest.items():
        found[pk].claim = orjson.loads(claim)
    return found
