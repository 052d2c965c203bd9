"""Producers 巡检方: which of them can look at a check again, and whose they are (rule R-35).

R-35  Who can answer a request is what the registry says of a producer (`checks`), and who has reported the problem,
      unless the registry says that it cannot. The request names them; where there is nobody to name, anybody may
      answer. A finding without a source comes from somebody who may answer and cannot be named.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from streams.rules.state.changes import Changes
from streams.rules.state.records import Problem
from streams.rules.state.sightings import DERIVER, sources

NAMED: Final = 16  # producers in a request


class Able(NamedTuple):
    """Who can answer: those that have names, and whether there may be somebody without one."""

    sources: tuple[str, ...]
    unnamed: bool

    @property
    def nobody(self) -> bool:
        """Whether asking is of no use (rule R-36)."""
        return not self.sources and not self.unnamed


def able(changes: Changes, check: str, problem: Problem | None) -> Able:
    """Who can answer "is it still there?" (R-35); of the parts of a derived problem only the check may be known."""
    seen_by = ("",) if problem is None else sources(problem.seen_by_json)
    says = {source: producer.can(check) for source, producer in changes.registry.producers.items()}
    can = {source for source in seen_by if source not in (DERIVER, "") and says.get(source) is not False}
    can |= {source for source, yes in says.items() if yes}
    nearest = sorted(can, key=lambda source: (source not in seen_by, source))
    return Able(tuple(nearest[:NAMED]), "" in seen_by)


def owners(changes: Changes, names: tuple[str, ...]) -> tuple[str, ...]:
    """The units that run these producers, as far as they are registered."""
    found = (changes.registry.producers.get(name) for name in names)
    units = {producer.unit_id for producer in found if producer is not None and producer.unit_id}
    return tuple(sorted(unit_id for unit_id in units if unit_id in changes.registry.units))
