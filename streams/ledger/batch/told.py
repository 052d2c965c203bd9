"""Which units have been told of tickets that may have another owner by this batch (rule A-16)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from streams.ledger.batch.wanted import Wanted
from streams.ledger.part import Part
from streams.ledger.rows import NOTICE
from streams.rules.state.records import Follower, Ticket
from streams.rules.state.snapshot import Registry

_TOLD: Final = "and unit_id is not null and state in ('sending', 'accepted', 'delivered', 'uncertain')"


class Told(Part):
    """What has been sent, or may have been."""

    async def of(
        self, registry: Registry, wanted: Wanted, tickets: Mapping[int, Ticket], followers: Mapping[int, Follower]
    ) -> dict[int, frozenset[str]]:
        """The units, by ticket_pk, of those tickets that may get another owner."""
        keys = [(pk,) for pk in _may_go(registry, wanted, tickets, followers)]
        if not keys:
            return {}
        rows = await self._session.match(NOTICE.table, ("ticket_pk", "unit_id"), ("ticket_pk",), keys, condition=_TOLD)
        told: defaultdict[int, set[str]] = defaultdict(set)
        for ticket_pk, unit_id in rows:
            told[ticket_pk].add(unit_id)
        return {pk: frozenset(told[pk]) for (pk,) in keys}


def _may_go(
    registry: Registry, wanted: Wanted, tickets: Mapping[int, Ticket], followers: Mapping[int, Follower]
) -> Iterator[int]:
    """Open tickets that follow their asset; of a unit that has changed or was merged, or that are reassigned."""
    registered, handed, units = set(wanted.registered), set(wanted.handed), registry.units
    for pk, ticket in tickets.items():
        if ticket.closed_at is not None or (ticket.unit_id is None and pk not in followers):
            continue
        unit = units.get(ticket.unit_id or "")
        if (
            (unit is not None and unit.replaced_by is not None)
            or pk in followers
            or pk in handed
            or ticket.asset_pk in registered
            or ticket.ticket_id in wanted.reassigned
        ):
            yield pk
