"""A ticket with everything that belongs to it: read from the ledger, and as one document."""

from __future__ import annotations

from typing import NamedTuple

import orjson

from schemas.registry import Unit
from streams.ledger import Ledger
from streams.ledger.reading.queries import (
    asks_of,
    find_tickets,
    former_keys_of,
    history_of,
    notices_of,
    problems_of,
    registry_documents,
)
from streams.presentation.ticket.dossier import Dossier
from streams.rules.state.records import AssetRecord, Ticket
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger, working_calendar
from streams.settings.model import Settings


class Found(NamedTuple):
    """A ticket and its asset."""

    ticket: Ticket
    asset: AssetRecord


async def find_ticket(settings: Settings, wanted: str) -> Found:
    """The ticket with this id, or the only one whose id begins so; raises Failure when there is none, or several."""
    async with reading_ledger(settings) as ledger:
        return await find_in(ledger, wanted)


async def find_in(ledger: Ledger, wanted: str) -> Found:
    """The same in an open ledger."""
    found = await find_tickets(ledger, wanted) or await find_tickets(ledger, wanted.upper())
    if not found:
        msg = f"没有整改单 {wanted} · no ticket has or begins with this id"
        raise Failure(msg)
    if len(found) > 1:
        ids = "、".join(ticket.ticket_id for ticket, _ in found)
        msg = f"{wanted} 不唯一 · several tickets begin so: {ids} ..."
        raise Failure(msg)
    return Found(*found[0])


async def load(ledger: Ledger, found: Found) -> Dossier:
    """Read all that `ticket show` tells."""
    documents = await registry_documents(ledger, "unit")
    units = {unit_id: Unit.stored(text) for unit_id, text in documents.items()}
    problems = await problems_of(ledger, found.ticket.pk)
    history = await history_of(ledger, found.ticket.pk)
    return Dossier(
        ticket=found.ticket,
        asset=found.asset,
        unit=units.get(found.ticket.unit_id or ""),
        problems=problems,
        events=[orjson.loads(entry.body_json) for entry in history],
        sentences={entry.event_id: entry.sentence for entry in history if entry.sentence is not None},
        notices=await notices_of(ledger, found.ticket.pk),
        units=units,
        asks=await asks_of(ledger, found.ticket, problems),
        calendar=await working_calendar(ledger),
        former=await former_keys_of(ledger, problems),
    )
