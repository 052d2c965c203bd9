"""What the unit can do about tickets, as the pages behind links offer it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from schemas.powers import CommandRole
from streams.ledger import Ledger
from streams.ledger.reading.queries import asks_of
from streams.rules.commands.acts_now import ActNow, acts_now
from streams.services.tickets import Found

UNIT: Final[CommandRole] = "unit"


async def unit_acts(
    ledger: Ledger, tickets: Sequence[Found], policy: Policy, zone: ZoneInfo
) -> dict[str, tuple[ActNow, ...]]:
    """By ticket id, every act, whether the unit can do it now, and the reason where not (K-47)."""
    asks = await asks_of(ledger, [one.ticket.pk for one in tickets])
    return {
        one.ticket.ticket_id: acts_now(
            one.ticket, [ask for ask in asks if ask.ticket_pk == one.ticket.pk], policy, UNIT, zone
        )
        for one in tickets
    }
