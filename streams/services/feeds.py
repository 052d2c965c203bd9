"""What a feed's key opens: the deadlines and the escalations of its unit and of what is below it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import NamedTuple

from streams.ledger import Ledger, TooSlow
from streams.ledger.reading.escalations import latest_escalations
from streams.ledger.reading.listing.filter import TicketFilter
from streams.ledger.reading.listing.listing import list_page
from streams.presentation.feeds.deadlines import MOST, DeadlineEntry, deadline_calendar
from streams.presentation.feeds.escalations import SPAN, NewsEntry, escalation_news, updated_at
from streams.presentation.letters.office import Office
from streams.presentation.ticket_list.row import Around
from streams.rules.state.owners import units_below
from streams.services.failure import Failure
from streams.services.ticket_query import TOO_WIDE
from streams.store.api_keys import ApiKey


class Feed(NamedTuple):
    """What is sent; `changed_at`: None where nobody can tell, for what has left has left no date."""

    body: bytes
    changed_at: datetime | None = None


async def deadlines(ledger: Ledger, key: ApiKey, around: Around, office: Office) -> Feed:
    """The calendar of open tickets (H-10). Raises Failure where the database takes too long."""
    unit_id = key.unit_id or ""
    chosen = TicketFilter(units=units_below(around.registry.units, unit_id))
    try:
        found = await list_page(ledger, chosen, limit=MOST)
    except TooSlow as error:
        raise Failure(TOO_WIDE) from error
    entries = [DeadlineEntry(one.ticket, one.asset, office.desk(one.ticket.ticket_id)) for one in found.rows]
    more, whose = found.next is not None, _name(unit_id, around)
    # A thousand entries take a third of a second: the pages shall not wait for them.
    return Feed(await asyncio.to_thread(deadline_calendar, entries, whose, around, more=more))


async def escalations(ledger: Ledger, key: ApiKey, around: Around, office: Office) -> Feed:
    """The news of escalations (H-11). Raises Failure where the database takes too long."""
    unit_id = key.unit_id or ""
    units = units_below(around.registry.units, unit_id)
    try:
        found = await latest_escalations(ledger, units, around.now - SPAN)
    except TooSlow as error:
        raise Failure(TOO_WIDE) from error
    entries = [
        NewsEntry(
            one.event["id"], one.event["at"], one.event["rung"], one.sentence, one.ticket.ticket_id, one.asset.name,
            one.ticket.unit_id, office.desk(one.ticket.ticket_id),
        )
        for one in found
    ]  # fmt: skip
    return Feed(escalation_news(entries, key.key_id, _name(unit_id, around), around), updated_at(entries))


def _name(unit_id: str, around: Around) -> str:
    unit = around.registry.units.get(unit_id)
    return unit.name if unit is not None else unit_id
