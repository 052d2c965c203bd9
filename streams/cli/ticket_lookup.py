"""Finding the ticket that a person means."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import typer

from streams.cli.failure import Failure
from streams.cli.ledgers import reading_ledger
from streams.ledger import Ledger
from streams.ledger.queries import find_tickets
from streams.rules.state.records import AssetRecord, Ticket
from streams.settings import Settings

TicketArgument = Annotated[
    str, typer.Argument(help="整改单号，可只写开头 · ticket id or the unique beginning of one", show_default=False)
]


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
