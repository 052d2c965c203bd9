"""The further rows of a letter (rule N-27), read in the round that decides on it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from schemas.addresses import inbox
from schemas.policy import Policy
from streams.ledger import Transaction
from streams.presentation.letters.digest import ROWS
from streams.presentation.letters.letter import Others
from streams.presentation.ticket.letter_item import letter_item
from streams.rules.sending.also_due import takes_along, units_by_inbox
from streams.rules.sending.sending import Delivery
from streams.rules.state.records import Ticket
from streams.rules.state.snapshot import Registry
from streams.rules.tickets.tickets import OPEN
from streams.worker.delivery.journal import Leased

_MOST: Final = 200  # units of one mailbox


class Overviews:
    """Knows whose contact a mailbox is, as long as the registry stays the same."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._registry: Registry | None = None
        self._units: Mapping[str, tuple[str, ...]] = {}

    async def of(self, tx: Transaction, deliveries: Sequence[Delivery], leased: Leased) -> dict[str, Others]:
        """By the id of a delivery: what its letter takes along; nothing where there is nothing."""
        found = {}
        for delivery in deliveries:
            if takes_along(delivery.notices, self._policy):
                others = await self._others(tx, delivery, leased)
                if others is not None:
                    found[delivery.delivery_id] = others
        return found

    async def _others(self, tx: Transaction, delivery: Delivery, leased: Leased) -> Others | None:
        now, policy = leased.now, self._policy
        before = now.at + timedelta(days=policy.sending.overview.days)
        units = self._units_of(delivery.notices[0].address, leased.registry)[:_MOST]
        own = {notice.ticket_pk for notice in delivery.notices}
        pressing = await tx.pressing.tickets(units, now.at, before, ROWS + len(own))
        told = [ticket for pk in own if (ticket := leased.due.tickets.get(pk)) and _counted(ticket, units)]
        told = [ticket for ticket in told if ticket.due_at < before]
        count = pressing.count - len(told)
        if count <= 0:
            return None
        items = [
            letter_item(
                "urge" if ticket.due_at < now.at else "reminder",
                ticket,
                pressing.assets[ticket.asset_pk],
                pressing.problems[ticket.pk],
                leased.registry,
                policy,
                now,
                "",
            )
            for ticket in pressing.tickets
            if ticket.pk not in own
        ]
        return Others(tuple(items[:ROWS]), count, pressing.overdue - sum(one.due_at < now.at for one in told))

    def _units_of(self, address: str, registry: Registry) -> tuple[str, ...]:
        if registry is not self._registry:
            self._registry, self._units = registry, units_by_inbox(registry)
        return self._units.get(inbox("email", address), ())


def _counted(ticket: Ticket, units: Sequence[str]) -> bool:
    return ticket.unit_id in units and ticket.status in OPEN
