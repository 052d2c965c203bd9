"""Working time within the day: how much lies between two moments, when half is over, when people are next at work."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from schemas.limits import WorkingHours
from streams.rules.state.workdays import Calendar

_SECOND = timedelta(seconds=1)


def worked_seconds(first: datetime, last: datetime, hours: WorkingHours, calendar: Calendar, zone: ZoneInfo) -> int:
    """Working time between two moments, in whole seconds; negative when `last` is earlier."""
    return _position(last, hours, calendar, zone) - _position(first, hours, calendar, zone)


def after_working(start: datetime, seconds: int, hours: WorkingHours, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The first moment at which so many seconds (> 0) of working time have passed since `start`; UTC."""
    days, rest = divmod(_position(start, hours, calendar, zone) + seconds - 1, _length(hours))
    day = calendar.nth(days + 1)
    return (datetime.combine(day, hours.start, zone) + (rest + 1) * _SECOND).astimezone(UTC)


def next_working_moment(at: datetime, hours: WorkingHours, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The first moment from `at` on at which people are at work; UTC, `at` itself if they are."""
    local = at.astimezone(zone)
    day, clock = local.date(), local.time()
    if calendar.is_workday(day) and clock < hours.end:
        return at.astimezone(UTC) if clock >= hours.start else datetime.combine(day, hours.start, zone).astimezone(UTC)
    return datetime.combine(calendar.add_workdays(day, 1).date, hours.start, zone).astimezone(UTC)


def _position(moment: datetime, hours: WorkingHours, calendar: Calendar, zone: ZoneInfo) -> int:
    """Seconds of working time from the beginning of the calendar to this moment."""
    local = moment.astimezone(zone)
    day = local.date()
    full_days = calendar.count(day)
    if not calendar.is_workday(day):
        return full_days * _length(hours)
    into = (local.replace(tzinfo=None) - datetime.combine(day, hours.start)) // _SECOND
    return (full_days - 1) * _length(hours) + min(max(into, 0), _length(hours))


def _length(hours: WorkingHours) -> int:
    return (datetime.combine(date.min, hours.end) - datetime.combine(date.min, hours.start)) // _SECOND
