"""Owners: which unit a ticket belongs to once units are merged and assets change hands (rules A-11, A-15).

A-15  A ticket that reopens goes to whoever owns its asset now, when it was the former owner's; to the successor, when
      its unit was merged into another one; and stays where a person has put it otherwise.
"""

from __future__ import annotations

from typing import Final

from streams.rules.docket import Registry
from streams.rules.records import AssetRecord, Ticket

MERGERS: Final = 16  # followed at most; a circle of units ends there


def successor(registry: Registry, unit_id: str | None) -> str | None:
    """The unit that a unit was merged into in the end, itself if it was not (A-11)."""
    for _ in range(MERGERS):
        unit = registry.units.get(unit_id) if unit_id is not None else None
        if unit is None or unit.replaced_by is None:
            break
        unit_id = unit.replaced_by
    return unit_id


def owner_now(registry: Registry, asset: AssetRecord, ticket: Ticket) -> str | None:
    """Whose a ticket is that reopens (A-15)."""
    if asset.unit_id is not None and ticket.unit_id in (None, asset.former_unit_id):
        return asset.unit_id
    return successor(registry, ticket.unit_id)
