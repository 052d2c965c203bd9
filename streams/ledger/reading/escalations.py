"""The latest escalations of units: what a feed shows."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson
from sqlalchemy import select, text

from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.reading.queries import with_asset
from streams.ledger.tables import assets, history, tickets
from streams.rules.state.records import AssetRecord, Ticket

LATEST: Final = 100


class ReachedRung(NamedTuple):
    """A rung that a ticket has reached: the event as published, what it says, and the ticket as it now stands."""

    event: dict[str, Any]
    sentence: str
    ticket: Ticket
    asset: AssetRecord


async def latest_escalations(ledger: Ledger, units: Collection[str], since: datetime) -> list[ReachedRung]:
    """Of the tickets that these units now have, the newest first, LATEST at most; raises TooSlow.

    The condition stands as the partial index has it: a database cannot tell that a parameter is what it says.
    """
    query = (
        select(history.c.body_json, history.c.sentence, tickets, assets)
        .join(tickets, tickets.c.pk == history.c.ticket_pk)
        .join(assets, assets.c.pk == tickets.c.asset_pk)
        .where(text("history.type = 'escalated'"), history.c.at >= to_micros(since), tickets.c.unit_id.in_(units))
        .order_by(history.c.at.desc(), history.c.pk.desc())
        .limit(LATEST)
    )
    rows = map(tuple, await ledger.read(query, within=WITHIN))
    return [ReachedRung(orjson.loads(row[0]), row[1] or "", *with_asset(row[2:])) for row in rows]
