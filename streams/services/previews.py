"""What would be sent about a ticket, beforehand. Nothing is recorded."""

from __future__ import annotations

from typing import Final
from zoneinfo import ZoneInfo

from notifiers.protocol import Recipient
from schemas.ladder import ABOUT_ASKS, ANSWERED, Role
from schemas.policy import Policy
from schemas.registry import Unit
from streams.ledger import Ledger
from streams.ledger.reading.listing.filter import TicketFilter
from streams.ledger.reading.listing.listing import list_tickets
from streams.ledger.reading.queries import asks_of, problems_of
from streams.presentation.letters.letter import Letter, LetterItem, Reader
from streams.presentation.letters.office import Office
from streams.presentation.ticket.letter_item import (
    answer_words,
    asked_words,
    letter_item,
    letterhead,
    reader_of,
    reason_of,
)
from streams.rules.notices.notices import recipients
from streams.rules.state.snapshot import Now, Registry
from streams.services.failure import Failure
from streams.services.tickets import Found, find

DIGEST: Final = "digest"
DIGEST_TICKETS: Final = 100
_NO_NOTICE: Final = "0" * 32
_NOBODY: Final = Recipient("（无联系人）", "nobody@unit.example", "duty")


async def of_ticket(
    ledger: Ledger,
    wanted: str,
    kind: str,
    policy: Policy,
    now: Now,
    zone: ZoneInfo,
    office: Office,
    reader: Reader | None = None,
) -> Letter:
    """The letter of a kind about a ticket as it now stands, or the digest of its unit; nothing is recorded.

    It goes to the first whom the step of this kind would tell, or who reads it so (N-63). Its link names no notice.
    Raises Failure when no ticket, or several, are meant, or nobody reads it so.
    """
    found = await find(ledger, wanted)
    async with ledger.transaction() as tx:
        registry = await tx.registry.load(zone)
    chosen = await _unit_tickets(ledger, found) if kind == DIGEST else [found]
    unit, to = _recipient(found, kind, registry, policy, reader)
    unit_id = unit.unit_id if unit is not None else None
    items = tuple([await _item(ledger, one, kind, registry, policy, now, office, unit_id, to.role) for one in chosen])
    own = any(item.reader == "duty" for item in items)
    return Letter(
        to,
        items,
        now.at,
        zone,
        letterhead=letterhead(unit_id, registry, office),
        unit=unit.name if unit is not None else "",
        pages=office.pages(_NO_NOTICE) if own else (),
        guide=office.guide if own else "",
        code=office.code(_NO_NOTICE) if own else "",
    )


async def _unit_tickets(ledger: Ledger, found: Found) -> list[Found]:
    """All that is open at the ticket's unit, as its morning's mail would tell it."""
    wanted = TicketFilter(units=frozenset(filter(None, [found.ticket.unit_id])))
    rows = await list_tickets(ledger, wanted, limit=DIGEST_TICKETS)
    others = [Found(*row) for row in rows if row[0].pk != found.ticket.pk]
    return [found, *others]


async def _item(
    ledger: Ledger,
    one: Found,
    kind: str,
    registry: Registry,
    policy: Policy,
    now: Now,
    office: Office,
    unit_id: str | None,
    role: str,
) -> LetterItem:
    told = kind if kind != DIGEST else "urge" if one.ticket.due_at < now.at else "reminder"
    problems = [problem for problem in await problems_of(ledger, one.ticket.pk) if problem.current]
    why = await _why(ledger, one, told, registry)
    reader = reader_of(told, unit_id, role, one.ticket, registry) if unit_id is not None else "duty"
    desk = office.desk(one.ticket.ticket_id) if reader in ("head", "supervisor") else ""
    return letter_item(told, one.ticket, one.asset, problems, registry, policy, now, why, reader, desk)


async def _why(ledger: Ledger, one: Found, kind: str, registry: Registry) -> str:
    if kind in ABOUT_ASKS and kind != ANSWERED:
        return asked_words(await asks_of(ledger, [one.ticket.pk]), registry)
    async with ledger.transaction() as tx:
        if kind == ANSWERED:
            return answer_words((await tx.deliveries.answers_since(one.ticket.pk, one.ticket.opened_at))[-1:], registry)
        return reason_of(kind, await tx.deliveries.latest_event(one.ticket.pk, kind))


def _recipient(
    found: Found, kind: str, registry: Registry, policy: Policy, reader: Reader | None
) -> tuple[Unit | None, Recipient]:
    """The first whom the ladder's step of this kind would tell, or who reads a ticket so, and whose contact it is."""
    step = policy.step_of(kind) or policy.ladder[0]
    ticket = found.ticket
    roles: tuple[Role, ...] = step.to if reader is None else ("duty", "head", "supervisor")
    if kind in ABOUT_ASKS and kind != ANSWERED:
        roles = ("supervisor",)
    for unit, contact in recipients(registry, ticket.unit_id, roles) if ticket.unit_id is not None else ():
        address = contact.address("email")
        if address and reader in (None, reader_of(kind, unit.unit_id, contact.role, ticket, registry)):
            return unit, Recipient(contact.name, address, contact.role)
    if reader is not None:
        msg = f"该整改单没有这样的收件人 · nobody reads this ticket as {reader}"
        raise Failure(msg)
    return None, _NOBODY
