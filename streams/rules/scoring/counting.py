"""Counting: what an asset's open problems add up to (rules V-2, V-6); pure arithmetic over facts.

V-2  So many open problems of the pack's kinds (`tallies`) are one derived problem. A finding that reports a count
     itself (`evidence.places`) counts as so many.
V-6  A message counts once it is unanswered for more than the pack's months, from its receipt.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.derivation import Counted, Derivation, Tally
from schemas.evidence import whole
from streams.rules.deadlines.deadlines import months_after
from streams.rules.state.records import Problem

_MOST_PLACES: Final = 1_000_000


class CountedProblem(NamedTuple):
    """An open problem that may count."""

    problem: Problem
    evidence: dict[str, Any]
    since: datetime  # receipt of a message, otherwise the first sighting


class DerivedCount(NamedTuple):
    """What was counted for one derived problem."""

    number: int
    line: int
    basis: str
    parts: tuple[CountedProblem, ...]  # oldest first

    @property
    def reached_at(self) -> datetime | None:
        """Since when the part is there with which the line is reached; younger ones change nothing about that."""
        number = 0
        for part in self.parts:
            number += places(part.evidence)
            if number >= self.line:
                return part.since
        return None

    @property
    def reached(self) -> bool:
        """Whether the line is reached."""
        return self.number >= self.line


def entry(problem: Problem) -> CountedProblem:
    """The facts of a problem that counting looks at."""
    facts = problem.facts
    received = facts.get("received_at")
    since = datetime.fromisoformat(received) if isinstance(received, str) else problem.first_seen_at
    return CountedProblem(problem, facts.get("evidence") or {}, since)


def counted(rule: Derivation, entries: Sequence[CountedProblem], at: datetime, zone: ZoneInfo) -> DerivedCount:
    """The tally that is furthest over its line, or nearest to it."""
    counts = [_tally(tally, entries, at, zone) for tally in rule.tallies]
    return max(counts, key=lambda count: count.number / count.line)


def next_crossing(rule: Derivation, entries: Sequence[CountedProblem], at: datetime, zone: ZoneInfo) -> datetime | None:
    """When the next message grows too old (V-6)."""
    moments = [
        due
        for tally in rule.tallies
        for kind in tally.of
        if kind.months is not None
        for item in entries
        if kind.fits(item.problem.check, item.evidence) and (due := _too_old(kind.months, item, zone)) > at
    ]
    return min(moments, default=None)


def places(evidence: Mapping[str, Any]) -> int:
    """As how many problems a finding counts."""
    if "places" not in evidence:
        return 1
    number = whole(evidence.get("places"))
    return min(number, _MOST_PLACES) if number is not None and number >= 1 else 1


def _tally(tally: Tally, entries: Sequence[CountedProblem], at: datetime, zone: ZoneInfo) -> DerivedCount:
    parts = [item for item in entries if any(_counts(kind, item, at, zone) for kind in tally.of)]
    parts.sort(key=lambda item: (item.since, item.problem.locator, item.problem.key))
    return DerivedCount(sum(places(item.evidence) for item in parts), tally.line, tally.basis, tuple(parts))


def _counts(kind: Counted, item: CountedProblem, at: datetime, zone: ZoneInfo) -> bool:
    if not kind.fits(item.problem.check, item.evidence):
        return False
    return kind.months is None or _too_old(kind.months, item, zone) <= at


def _too_old(months: int, item: CountedProblem, zone: ZoneInfo) -> datetime:
    """The same time of day so many months after the receipt, local time."""
    start = item.since.astimezone(zone)
    return datetime.combine(months_after(start.date(), months), start.timetz())
