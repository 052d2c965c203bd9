"""The tree of units: who is below whom."""

from __future__ import annotations

from collections.abc import Mapping

from schemas.registry import Unit


def is_below(units: Mapping[str, Unit], unit_id: str | None, above: str) -> bool:
    """Whether a unit is this one, or has it among those that supervise it, over however many steps."""
    seen: set[str] = set()
    while unit_id is not None and unit_id not in seen:
        if unit_id == above:
            return True
        seen.add(unit_id)
        unit = units.get(unit_id)
        unit_id = unit.supervisor_id if unit is not None else None
    return False
