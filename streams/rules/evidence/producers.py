"""Producers 巡检方: which of them can look at a check again, and whose they are (rule R-35).

R-35  Who can answer a request is what the registry says of a producer (`checks`); of one that says nothing, what it
      has published: the checks that its runs covered and its rechecks answered, and the problem itself. The request
      names them. A finding without a source comes from somebody who may answer and cannot be named. What is
      learnt is bounded, for sources and checks are the producers' own words: of the pack's checks, and of others that
      have problems, so many of a source and so many in all; of each check so many sources.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from schemas.registry import Producer
from streams.rules.state.changes import Draft
from streams.rules.state.records import Problem
from streams.rules.state.sightings import DERIVER, sources

NAMED: Final = 16  # producers in a request
LEARNT: Final = 64  # sources remembered for a check: a source of its own for every run would be no end of them
STRANGE: Final = 64  # checks that are not the pack's, remembered of a source
CHECKS: Final = 1_024  # checks remembered, when one that is not the pack's is to be added


class Able(NamedTuple):
    """Who can answer: those that have names, and whether there may be somebody without one."""

    sources: tuple[str, ...]
    unnamed: bool

    @property
    def nobody(self) -> bool:
        """Whether asking is of no use (rule R-36)."""
        return not self.sources and not self.unnamed


def able(draft: Draft, check: str, problem: Problem | None) -> Able:
    """Who can answer "is it still there?" (R-35); of the parts of a derived problem only the check may be known."""
    registry = draft.registry
    seen_by = ("",) if problem is None else sources(problem.seen_by_json)
    known = {*seen_by, *registry.able.get(check, ())} - {DERIVER, ""}
    can = {source for source in known if _says(registry.producers.get(source), check) is not False}
    can |= {source for source, producer in registry.producers.items() if producer.can(check)}
    nearest = sorted(can, key=lambda source: (source not in seen_by, source))
    return Able(tuple(nearest[:NAMED]), "" in seen_by)


def learn(draft: Draft, source: str | None, *checks: str) -> None:
    """Remembers what a producer has shown that it can look at; what is known already costs nothing.

    `checks`: the pack's, or of problems that there are.
    """
    if not source:
        return
    able, learnt = draft.registry.able, draft.decision.learnt
    for check in checks:
        known, new = able.get(check, ()), learnt.get(check, {})
        if source in known or source in new or len(known) + len(new) >= LEARNT:
            continue
        if check in draft.policy.checks or _has_room(draft, source):
            learnt.setdefault(check, {})[source] = None


def _has_room(draft: Draft, source: str) -> bool:
    """Whether one more check that is not the pack's may be remembered."""
    able, learnt, own = draft.registry.able, draft.decision.learnt, draft.policy.checks
    if len(able) + len(learnt) >= CHECKS:
        return False
    strange = (sources for said in (able, learnt) for check, sources in said.items() if check not in own)
    return sum(source in sources for sources in strange) < STRANGE


def owners(draft: Draft, names: tuple[str, ...]) -> tuple[str, ...]:
    """The units that run these producers, as far as they are registered."""
    found = (draft.registry.producers.get(name) for name in names)
    units = {producer.unit_id for producer in found if producer is not None and producer.unit_id}
    return tuple(sorted(unit_id for unit_id in units if unit_id in draft.registry.units))


def _says(producer: Producer | None, check: str) -> bool | None:
    return None if producer is None else producer.can(check)
