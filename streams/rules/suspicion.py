"""Suspicion: a bad moment is not yet a problem (rule D-6).

A finding of a check that the policy marks as transient opens or reopens a ticket at the third sighting that is at
least 10 minutes apart from the one before, or when a second source confirms. The earlier sightings then count.
Sightings are kept as a sorted set of observation times, so that the order of arrival does not matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

import orjson

from schemas.finding import Finding
from schemas.policy import Policy
from streams.rules.records import Problem
from streams.rules.text import to_json

KEPT: Final = 50


def sighted(policy: Policy, problem: Problem, finding: Finding) -> str | None:
    """The suspicion with this sighting, or None when it is now confirmed."""
    known = orjson.loads(problem.suspicion_json or '{"sources":[],"times":[]}')
    sources = sorted({*known["sources"], finding.source or ""})
    times = sorted({*map(datetime.fromisoformat, known["times"]), finding.observed_at})[-KEPT:]
    needed = policy.limits.confirmation
    apart = timedelta(minutes=needed.minutes_apart)
    if len(sources) >= needed.sources or _spaced(times, apart) >= needed.sightings:
        return None
    return to_json({"sources": sources, "times": times})


def _spaced(times: Sequence[datetime], apart: timedelta) -> int:
    """How many sightings there are when those too close to the one before are passed over."""
    count, last = 0, None
    for moment in times:
        if last is None or moment - last >= apart:
            count, last = count + 1, moment
    return count
