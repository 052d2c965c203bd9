"""What would be sent about a ticket, beforehand. Nothing is recorded."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from notifiers.protocol import Recipient
from schemas.policy import Policy
from streams.ledger import Ledger
from streams.ledger.reading.queries import OPEN, TicketFilter, list_tickets, problems_of
from streams.presentation.letters.letter import Letter, LetterItem
from streams.presentation.ticket.letter_item import letter_item, reason_of
from streams.rules.notices.notices import recipients
from streams.rules.state.snapshot import Now, Registry
from streams.services.tickets import Found, find

DIGEST: Final = "digest"
DIGEST_TICKETS: Final = 100
_NOBODY: Final = Recipient("（无联系人）", "nobody@unit.example", "duty")


async def of_ticket(ledger: Ledger, wanted: str, kind: str, policy: Policy, now: Now, zone: ZoneInfo) -> Letter:
    """The letter of a kind about a ticket as it now stands, or the digest of its unit; nothing is recorded.

    Raises Failure when no ticket, or several, are meant.
    """
    found = await find(ledger, wanted)
    async with ledger.transaction() as tx:
        registry = await tx.load_registry(zone)
    chosen = await _unit_tickets(ledger, found) if kind == DIGEST else [found]
    items = [await _item(ledger, one, kind, registry, policy, now) for one in chosen]
    return Letter(_recipient(found, kind, registry, policy), tuple(items), now.at, zone)


async def _unit_tickets(ledger: Ledger, found: Found) -> list[Found]:
    """All that is open at the ticket's unit, as its morning's mail would tell it."""
    wanted = TicketFilter(unit_id=found.ticket.unit_id, statuses=OPEN)
    rows = await list_tickets(ledger, wanted, limit=DIGEST_TICKETS) if found.ticket.unit_id else []
    others = [Found(*row) for row in rows if row[0].pk != found.ticket.pk]
    return [found, *others]


async def _item(ledger: Ledger, one: Found, kind: str, registry: Registry, policy: Policy, now: Now) -> LetterItem:
    told = kind if kind != DIGEST else "urge" if one.ticket.due_at < now.at else "reminder"
    problems = [problem for problem in await problems_of(ledger, one.ticket.pk) if problem.current]
    async with ledger.transaction() as tx:
        why = reason_of(told, await tx.latest_event(one.ticket.pk, told))
    return letter_item(told, one.ticket, one.asset, problems, registry, policy, now, why)


def _recipient(found: Found, kind: str, registry: Registry, policy: Policy) -> Recipient:
    """The first whom the ladder's step of this kind would tell."""
    step = policy.step_of(kind) or policy.ladder[0]
    if found.ticket.unit_id is None:
        return _NOBODY
    people = recipients(registry, found.ticket.unit_id, step.to)
    addressed = ((contact, contact.address("email")) for _, contact in people)
    return next((Recipient(who.name, address, who.role) for who, address in addressed if address), _NOBODY)
