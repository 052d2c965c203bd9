"""Owners: which unit a ticket belongs to once units are merged and assets change hands (rules A-11, A-15).

A-15  A ticket that reopens goes to whoever owns its asset now, when it was the former owner's; to the successor, when
      its unit was merged into another one; and stays where a person has put it otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping

from schemas.registry import Unit
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


def predecessors(registry: Registry, unit_id: str | None) -> tuple[str, ...]:
    """The unit and all that were merged into it in the end (A-11), none of nobody; looks through all units."""
    if unit_id is None:
        return ()
    merged = (other for other, unit in registry.units.items() if unit.replaced_by is not None)
    return (unit_id, *(other for other in merged if other != unit_id and successor(registry, other) == unit_id))


def owner_now(registry: Registry, asset: AssetRecord, ticket: Ticket) -> str | None:
    """Whose a ticket is that reopens (A-15)."""
    owner = successor(registry, ticket.unit_id)
    if asset.unit_id is not None and owner in (None, successor(registry, asset.former_unit_id)):
        return asset.unit_id
    return owner


def units_below(units: Mapping[str, Unit], unit_id: str) -> frozenset[str]:
    """The ids of a unit and of all units that it supervises, directly or not; its own id also if it is unknown."""
    below: dict[str, list[str]] = {}
    for one in units.values():
        below.setdefault(one.supervisor_id or "", []).append(one.unit_id)
    found, waiting = {unit_id}, [unit_id]
    while waiting:
        new = set(below.get(waiting.pop(), ())) - found
        found |= new
        waiting += new
    return frozenset(found)
