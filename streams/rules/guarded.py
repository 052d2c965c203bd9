"""Guarded periods 重要保障期: inside one, the checks' `guarded` deadlines hold (rule L-4; 无锡 2023)."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from streams.rules.docket import Registry


def is_guarded(registry: Registry, region: str | None, at: datetime) -> bool:
    """Whether a guarded period covers this region at this moment; a period without regions covers all."""
    for period in registry.guarded.values():
        if period.regions and region not in period.regions:
            continue
        if _start(period.from_, registry) <= at < _end(period.to, registry):
            return True
    return False


def _start(moment: date | datetime, registry: Registry) -> datetime:
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment, time.min, registry.zone)


def _end(moment: date | datetime, registry: Registry) -> datetime:
    """A date is included to its end."""
    if isinstance(moment, datetime):
        return moment
    return datetime.combine(moment + timedelta(days=1), time.min, registry.zone)
