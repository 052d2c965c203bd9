"""The units as a tree 单位树, as far as somebody sees them, with what is open and overdue in each with those below it.

A unit whose supervising unit is not seen, or not registered, stands at the top; so does one of units that supervise
each other in a circle, which is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from schemas.registry import Unit
from streams.ledger.reading.unit_counts import UnitCounts
from streams.rules.state.owners import units_below

SHOWN: Final = 500  # units of a page
DEEPEST: Final = 6  # levels of a page
_NONE: Final = UnitCounts()


@dataclass(slots=True)
class UnitNode:
    """A unit of the tree."""

    unit: Unit
    counts: UnitCounts = _NONE  # of it and all below
    below: list[UnitNode] = field(default_factory=list)  # that are shown
    hidden: int = 0  # directly below, and not shown
    in_circle: bool = False


@dataclass(frozen=True, slots=True)
class UnitTree:
    """What a page shows of it; `left_out`: units at the top that had no room."""

    tops: list[UnitNode]
    left_out: int
    nodes: Mapping[str, UnitNode]  # every unit of it, shown or not


def unit_tree(
    units: Mapping[str, Unit], seen: Iterable[str], counts: Mapping[str, UnitCounts], top: str = ""
) -> UnitTree:
    """The tree of the units that are seen; `top`: of this one and those below it."""
    visible = {unit_id: units[unit_id] for unit_id in sorted(seen) if unit_id in units}
    children: dict[str, list[str]] = {}
    for unit_id, unit in visible.items():
        children.setdefault(unit.supervisor_id or "", []).append(unit_id)
    if top:
        tops, circles = [top], set[str]()
    else:
        tops = [unit_id for unit_id, unit in visible.items() if unit.supervisor_id not in visible]
        circles = set(_circles(visible, children, tops))
        tops += circles
    together = _together(children, tops, counts)
    nodes = {unit_id: UnitNode(visible[unit_id], together[unit_id]) for unit_id in together}
    for unit_id in {one for circle in circles for one in _branch(children, circle)} | set(tops if top else ()):
        # In a circle every unit is below every other: what is in one is more than its branch.
        nodes[unit_id].counts = _sum(counts.get(one, _NONE) for one in units_below(visible, unit_id))
        nodes[unit_id].in_circle = unit_id in circles
    _unfold(nodes, children, tops)
    return UnitTree([nodes[unit_id] for unit_id in tops[:SHOWN]], max(0, len(tops) - SHOWN), nodes)


def _circles(visible: Mapping[str, Unit], children: Mapping[str, list[str]], tops: list[str]) -> Iterator[str]:
    """One of each circle, so that nobody is missing."""
    reached = {one for unit_id in tops for one in _branch(children, unit_id)}
    for unit_id in visible:
        if unit_id not in reached:
            reached |= set(_branch(children, unit_id))
            yield unit_id


def _branch(children: Mapping[str, list[str]], top: str) -> list[str]:
    """A unit and all below it, the upper ones first, each once."""
    order, known = [top], {top}
    for unit_id in order:
        new = [one for one in children.get(unit_id, ()) if one not in known]
        order += new
        known.update(new)
    return order


def _together(
    children: Mapping[str, list[str]], tops: list[str], counts: Mapping[str, UnitCounts]
) -> dict[str, UnitCounts]:
    """Of each unit with all below it."""
    found: dict[str, UnitCounts] = {}
    for top in tops:
        for unit_id in reversed(_branch(children, top)):
            own = counts.get(unit_id, _NONE)
            found[unit_id] = _sum([own, *(found.get(one, _NONE) for one in children.get(unit_id, ()) if one != top)])
    return found


def _unfold(nodes: Mapping[str, UnitNode], children: Mapping[str, list[str]], tops: list[str]) -> None:
    """Level by level, while there is room."""
    level, room, known = tops[:SHOWN], SHOWN - len(tops), set(tops)
    for depth in range(DEEPEST):
        following: list[str] = []
        for unit_id in level:
            own = [one for one in children.get(unit_id, ()) if one not in known]
            if depth == DEEPEST - 1 or len(own) > room:
                nodes[unit_id].hidden = len(own)
                continue
            nodes[unit_id].below = [nodes[one] for one in own]
            known.update(own)
            room -= len(own)
            following += own
        level = following


def _sum(parts: Iterable[UnitCounts]) -> UnitCounts:
    total = _NONE
    for one in parts:
        total = total.plus(one)
    return total
