"""Owners: which unit a ticket belongs to once units are merged and assets change hands (rules A-11, A-15).

A-15  A ticket that reopens goes to whoever owns its asset now, when it was the former owner's; to the successor, when
      its unit was merged into another one; and stays where a person has put it otherwise.
"""

from __future__ import annotations

from streams.rules.state.records import AssetRecord, Ticket
from streams.rules.state.snapshot import Registry


def successor(registry: Registry, unit_id: str | None) -> str | None:
    """The unit that a unit was merged into in the end, itself if it was not (A-11); a circle ends at one for all."""
    passed: dict[str, None] = {}
    while unit_id is not None and (unit := registry.units.get(unit_id)) is not None and unit.replaced_by is not None:
        if unit_id in passed:
            ring = list(passed)
            return min(ring[ring.index(unit_id) :])
        passed[unit_id] = None
        unit_id = unit.replaced_by
    return unit_id


def owner_now(registry: Registry, asset: AssetRecord, ticket: Ticket) -> str | None:
    """Whose a ticket is that reopens (A-15)."""
    if asset.unit_id is not None and ticket.unit_id in (None, asset.former_unit_id):
        return asset.unit_id
    return successor(registry, ticket.unit_id)
