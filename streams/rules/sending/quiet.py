"""Quiet hours and rest days (rule N-6): they hold what is to be sent, and never drop it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from schemas.limits import Quiet
from streams.rules.state.workdays import Calendar

_DAY = timedelta(days=1)


def next_allowed(at: datetime, quiet: Quiet, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The first moment from `at` on that is neither in the quiet hours nor on a rest day; UTC, `at` itself if it is."""
    local = at.astimezone(zone)
    day, clock = local.date(), local.time()
    if _is_quiet(clock, quiet):
        # Hours over midnight end on the next day, unless midnight has passed already.
        day, clock = (day if clock < quiet.end else day + _DAY), quiet.end
    if quiet.workdays_only and not calendar.is_workday(day):
        day, clock = calendar.next_workday(day), time.min
        if _is_quiet(clock, quiet):
            clock = quiet.end
    if (day, clock) == (local.date(), local.time()):
        return at
    return datetime.combine(day, clock, zone).astimezone(UTC)


def start_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """Midnight before `at`, local time; UTC."""
    return _midnight(at.astimezone(zone).date(), zone)


def end_of_day(at: datetime, zone: ZoneInfo) -> datetime:
    """Midnight after `at`, local time; UTC."""
    return _midnight(at.astimezone(zone).date() + _DAY, zone)


def _is_quiet(clock: time, quiet: Quiet) -> bool:
    if quiet.start <= quiet.end:
        return quiet.start <= clock < quiet.end
    return clock >= quiet.start or clock < quiet.end


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
