"""Guarded periods 重要保障期: dated, per area (rules L-4, L-10 to L-12; 无锡 2023).

L-10  A ticket is `guarded` when a period covers its asset's region at its sighting. Then the check's guarded amount,
      the policy's guarded ladder and its exemption hold, frozen with that word: however the ticket is planned later.
L-12  A period that ends, is moved or is deleted changes nothing for the tickets that it has made guarded.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from hashlib import blake2b
from typing import NamedTuple

from schemas.policy import Policy
from schemas.registry import GuardedPeriod
from streams.rules.state.snapshot import Registry


class Begun(NamedTuple):
    """A period that has begun: `mark` is said once for it, whatever the number of workers."""

    mark: str
    begin: datetime
    regions: tuple[str, ...]  # empty = everywhere


def is_guarded(registry: Registry, region: str | None, at: datetime) -> bool:
    """Whether a guarded period covers this region at this moment; a period without regions covers all."""
    if not registry.guarded:
        return False
    return any(_covers(period, region, at, registry) for period in registry.guarded.values())


def begun_since(
    registry: Registry, region: str | None, since: datetime, at: datetime
) -> tuple[datetime, GuardedPeriod] | None:
    """The period now covering the region that began first after `since`, and when; None if there is none."""
    found = [
        (begin, period)
        for period in registry.guarded.values()
        if _covers(period, region, at, registry) and (begin := begins_at(period, registry)) > since
    ]
    return min(found, key=lambda item: (item[0], item[1].name), default=None)


def begun(policy: Policy, registry: Registry, at: datetime) -> list[Begun]:
    """The periods that shorten what was open at their begin (L-11) and have begun, each with its mark."""
    if not policy.guarded.shorten.value:
        return []
    found = []
    for record_id, period in registry.guarded.items():
        begin = begins_at(period, registry)
        if begin <= at < _end(period.to, registry):
            words = "\x1f".join((record_id, begin.isoformat(), *sorted(period.regions)))
            mark = f"guarded:{blake2b(words.encode(), digest_size=16).hexdigest()}"
            found.append(Begun(mark, begin, period.regions))
    return found


def _covers(period: GuardedPeriod, region: str | None, at: datetime, registry: Registry) -> bool:
    if period.regions and region not in period.regions:
        return False
    return begins_at(period, registry) <= at < _end(period.to, registry)


def begins_at(period: GuardedPeriod, registry: Registry) -> datetime:
    """When a period begins: a date with its first moment."""
    if isinstance(period.from_, datetime):
        return period.from_
    return datetime.combine(period.from_, time.min, registry.zone)


def _end(moment: date | datetime, registry: Registry) -> datetime:
    """A date is included to its end."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment + timedelta(days=1), time.min, registry.zone)
