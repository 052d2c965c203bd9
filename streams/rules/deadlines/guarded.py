"""Guarded periods 重要保障期: dated, per area (rules L-4, L-10, L-12; 无锡 2023).

L-10  A ticket is `guarded` when a period covers its asset's region at its sighting. Then the check's guarded amount and
      the policy's exemption hold, frozen with that word: however the ticket is planned later.
L-12  A period that ends, is moved or is deleted changes nothing for the tickets that it has made guarded.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from schemas.registry import GuardedPeriod
from streams.rules.state.snapshot import Registry


def is_guarded(registry: Registry, region: str | None, at: datetime) -> bool:
    """Whether a guarded period covers this region at this moment; a period without regions covers all."""
    if not registry.guarded:
        return False
    return any(_covers(period, region, at, registry) for period in registry.guarded.values())


def _covers(period: GuardedPeriod, region: str | None, at: datetime, registry: Registry) -> bool:
    if period.regions and region not in period.regions:
        return False
    return _begin(period.from_, registry) <= at < _end(period.to, registry)


def _begin(moment: date | datetime, registry: Registry) -> datetime:
    """A date begins with its first moment."""
    return moment if isinstance(moment, datetime) else datetime.combine(moment, time.min, registry.zone)


def _end(moment: date | datetime, registry: Registry) -> datetime:
    """A date is included to its end."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment + timedelta(days=1), time.min, registry.zone)
