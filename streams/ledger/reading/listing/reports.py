"""What units have reported of the tickets of a page, what they ask for, what has not reached them: one statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from sqlalchemy import cast, literal, null, select, text, union_all

from streams.ledger.ledger import Ledger
from streams.ledger.notice_tables import UNDELIVERED, notices
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.request_tables import asks
from streams.ledger.tables import history

_LOST: Final = "undelivered"  # no kind of ask


@dataclass(slots=True)
class Reported:
    """Of one ticket."""

    claim: dict[str, Any] | None = None  # the latest event `fix_claimed`
    asks: list[str] = field(default_factory=list)  # kinds of what is asked for and not answered, the oldest first
    undelivered: int = 0  # notices that nobody has got


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
    lost = select(
        notices.c.ticket_pk, notices.c.updated_at, cast(null(), history.c.body_json.type), literal(_LOST)
    ).where(notices.c.ticket_pk.in_(ticket_pks), text(f"notices.{UNDELIVERED}"))  # fmt: skip
    every = union_all(claims, wanted.where(asks.c.ticket_pk.in_(ticket_pks)), lost).subquery()
    latest: dict[int, str] = {}
    for pk, _, claim, kind in await ledger.read(select(every).order_by(every.c.place), within=WITHIN):
        if kind is None:
            latest[pk] = claim
        elif kind == _LOST:
            found[pk].undelivered += 1
        else:
            found[pk].asks.append(kind)
    for pk, claim in latest.items():
        found[pk].claim = orjson.loads(claim)
    return found
