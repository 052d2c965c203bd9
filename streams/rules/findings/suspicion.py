"""Suspicion: a bad moment is not yet a problem (rules D-6, D-10).

D-6   A finding of a check that the policy marks as transient opens or reopens a ticket at the third sighting that is at
      least 10 minutes apart from the one before, or when a second source confirms. The earlier sightings then count.
D-10  A suspicion costs no notice, and lapses: sightings with more than 72 hours between them do not count together.
      The deadline counts from the sighting that confirms; the problem's first sighting is kept.

Sightings are kept as a sorted set of moments and sources, so that the order of arrival does not matter. The memory is
`{"seen": [[<UTC time>, <source>], ...]}` beside what a warning remembers (warning.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from schemas.finding import Finding
from schemas.limits import Confirmation
from schemas.policy import Policy
from streams.rules.state.records import Problem
from streams.rules.state.text import to_json

KEPT: Final = 50


class SuspectSighting(NamedTuple):
    """One sighting: when, and by which source."""

    at: datetime
    source: str


class Suspicion(NamedTuple):
    """How far a suspicion has come: the latest sightings that count together."""

    sightings: int  # spaced ones
    needed: int
    sources: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    lapses_at: datetime


def sighted(policy: Policy, problem: Problem, finding: Finding) -> str | None:
    """The suspicion with this sighting, or None when it is now confirmed."""
    memory = orjson.loads(problem.suspicion_json or "{}")
    now = SuspectSighting(finding.observed_at.astimezone(UTC), finding.source or "")
    seen = sorted({*_seen(memory), now})[-KEPT:]
    needed = policy.limits.confirmation
    if any(_confirmed(group, needed) for group in _together(seen, needed)):
        return None
    return to_json({**memory, "seen": [[moment.isoformat(), source] for moment, source in seen]})


def suspicion(policy: Policy, problem: Problem) -> Suspicion | None:
    """What is known of a problem that waits for confirmation; None when its absence has been proved since."""
    needed = policy.limits.confirmation
    groups = list(_together(sorted(_seen(orjson.loads(problem.suspicion_json or "{}"))), needed))
    if not groups:
        return None
    latest = groups[-1]
    last = latest[-1].at
    return Suspicion(
        sightings=_spaced(latest, timedelta(minutes=needed.minutes_apart)),
        needed=needed.sightings,
        sources=tuple(sorted({one.source for one in latest})),
        first_at=latest[0].at,
        last_at=last,
        lapses_at=last + timedelta(hours=needed.lapse_hours),
    )


def _seen(memory: dict[str, Any]) -> Iterator[SuspectSighting]:
    return (SuspectSighting(datetime.fromisoformat(at), source) for at, source in memory.get("seen", ()))


def _together(seen: Sequence[SuspectSighting], needed: Confirmation) -> Iterator[list[SuspectSighting]]:
    """Sightings that count together: none comes later than the lapse after the one before."""
    lapse = timedelta(hours=needed.lapse_hours)
    group: list[SuspectSighting] = []
    for one in seen:
        if group and one.at - group[-1].at > lapse:
            yield group
            group = []
        group.append(one)
    if group:
        yield group


def _confirmed(group: Sequence[SuspectSighting], needed: Confirmation) -> bool:
    if len({one.source for one in group}) >= needed.sources:
        return True
    return _spaced(group, timedelta(minutes=needed.minutes_apart)) >= needed.sightings


def _spaced(seen: Sequence[SuspectSighting], apart: timedelta) -> int:
    """How many sightings there are when those too close to the one before are passed over."""
    count, last = 0, None
    for one in seen:
        if last is None or one.at - last >= apart:
            count, last = count + 1, one.at
    return count
