"""Working time within the day."""

from __future__ import annotations

from datetime import datetime, time
from zoneinfo import ZoneInfo

import pytest

from schemas.limits import WorkingHours
from streams.files.calendar.builtin import builtin_calendar
from streams.rules.state.working_hours import after_working, next_working_moment, worked_seconds

CALENDAR = builtin_calendar()
ZONE = ZoneInfo("Asia/Shanghai")
HOURS = WorkingHours(start=time(9), end=time(17, 30))
HOUR = 3600


def at(text: str) -> datetime:
    """A local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-03-02 10:00", "2026-03-02 12:00", 2),  # within a Monday
        ("2026-03-02 08:00", "2026-03-02 23:59", 8.5),  # a whole day
        ("2026-03-06 16:30", "2026-03-09 10:00", 2),  # over a weekend
        ("2026-02-14 16:30", "2026-02-24 10:00", 2),  # from the make-up Saturday over the spring festival
        ("2026-03-07 10:00", "2026-03-08 20:00", 0),  # a weekend
        ("2026-03-02 12:00", "2026-03-02 10:00", -2),  # backwards
    ],
)
def test_working_time_lies_in_the_working_hours_of_working_days(first: str, last: str, hours: float) -> None:
    """Nights, weekends and holidays count nothing."""
    assert worked_seconds(at(first), at(last), HOURS, CALENDAR, ZONE) == hours * HOUR


@pytest.mark.parametrize(
    ("start", "hours", "end"),
    [
        ("2026-03-02 10:00", 2, "2026-03-02 12:00"),
        ("2026-03-02 10:00", 7.5, "2026-03-02 17:30"),  # to the end of the day, not to the next morning
        ("2026-03-06 16:30", 2, "2026-03-09 10:00"),
        ("2026-02-14 20:00", 1, "2026-02-24 10:00"),
    ],
)
def test_the_moment_after_working_time(start: str, hours: float, end: str) -> None:
    """It is the first moment at which that much has passed."""
    assert after_working(at(start), int(hours * HOUR), HOURS, CALENDAR, ZONE) == at(end)


@pytest.mark.parametrize(
    ("moment", "at_work"),
    [
        ("2026-03-02 10:00", "2026-03-02 10:00"),  # at work
        ("2026-03-02 08:59", "2026-03-02 09:00"),
        ("2026-03-02 17:30", "2026-03-03 09:00"),  # the hours are over
        ("2026-03-06 20:00", "2026-03-09 09:00"),  # over a weekend
        ("2026-02-13 20:00", "2026-02-14 09:00"),  # the make-up Saturday
        ("2026-02-14 20:00", "2026-02-24 09:00"),  # over the spring festival
    ],
)
def test_the_next_moment_at_which_people_are_at_work(moment: str, at_work: str) -> None:
    """The moment itself within working hours, otherwise the next morning that is worked."""
    assert next_working_moment(at(moment), HOURS, CALENDAR, ZONE) == at(at_work)


def test_hours_that_end_before_they_start_are_refused() -> None:
    """A night shift is not expressed this way."""
    with pytest.raises(ValueError, match="must be before"):
        WorkingHours(start=time(17), end=time(9))
