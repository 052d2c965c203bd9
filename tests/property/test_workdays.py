"""Working time under any calendar: inverse, monotone, additive, and equal to counting day by day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import assume, given
from hypothesis import strategies as st

from schemas.limits import WorkingHours
from streams.files.calendar.builtin import builtin_calendar
from streams.rules.state.workdays import Calendar
from streams.rules.state.working_hours import after_working, next_working_moment, worked_seconds

ONE_DAY = timedelta(days=1)
HOURS = WorkingHours(start=time(9), end=time(17, 30))
ZONES = st.sampled_from([ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")])
DAYS = st.dates(date(2018, 11, 1), date(2023, 2, 28))
MOMENTS = st.builds(datetime.combine, DAYS, st.times(), st.just(UTC))
AMOUNTS = st.integers(1, 300)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Any arrangement of 2019 to 2022: holidays and make-up days anywhere, whole weeks off, Decembers touched."""
    years = {}
    for year in range(2019, 2023):
        dates = st.dates(date(year - 1, 12, 1), date(year, 12, 31))
        days = draw(st.dictionaries(dates, st.booleans(), min_size=1, max_size=40))
        start = draw(dates)
        week = (start + n * ONE_DAY for n in range(draw(st.integers(0, 12))))
        years[year] = {**days, **{day: True for day in week if day.year <= year}}
    return Calendar(years)


CALENDARS = calendars() | st.just(builtin_calendar())


@given(CALENDARS, DAYS, st.integers(1, 40))
def test_adding_is_counting_day_by_day(calendar: Calendar, start: date, n: int) -> None:
    """The quick answer is the one a person gets with a finger on the wall calendar."""
    day, left = start, n
    while left:
        day += ONE_DAY
        left -= calendar.is_workday(day)
    assert calendar.add_workdays(start, n).date == day


@given(CALENDARS, DAYS, AMOUNTS)
def test_add_and_between_are_inverse(calendar: Calendar, start: date, n: int) -> None:
    """Between a day and n working days later lie n working days; the last one is worked."""
    end = calendar.add_workdays(start, n).date
    assert calendar.is_workday(end)
    assert calendar.workdays_between(start, end) == n


@given(CALENDARS, DAYS, AMOUNTS)
def test_subtract_undoes_add(calendar: Calendar, start: date, n: int) -> None:
    """From a working day n forward and n back is the same day; from a rest day the working day before it."""
    back = calendar.subtract_workdays(calendar.add_workdays(start, n).date, n)
    assert calendar.is_workday(back)
    assert back <= start
    assert calendar.workdays_between(back, start) == 0


@given(CALENDARS, DAYS, AMOUNTS, AMOUNTS)
def test_adding_is_additive(calendar: Calendar, start: date, n: int, m: int) -> None:
    """Some working days and then some more are their sum."""
    assert (
        calendar.add_workdays(calendar.add_workdays(start, n).date, m).date == calendar.add_workdays(start, n + m).date
    )


@given(CALENDARS, DAYS, DAYS, DAYS)
def test_between_is_additive_and_antisymmetric(calendar: Calendar, a: date, b: date, c: date) -> None:
    """Stretches add up, in any order."""
    assert calendar.workdays_between(a, b) + calendar.workdays_between(b, c) == calendar.workdays_between(a, c)
    assert calendar.workdays_between(a, b) == -calendar.workdays_between(b, a)


@given(CALENDARS, DAYS, DAYS, AMOUNTS)
def test_adding_is_monotone(calendar: Calendar, a: date, b: date, n: int) -> None:
    """Who starts later is never due earlier; more days are always later."""
    first, second = sorted((a, b))
    assert calendar.add_workdays(first, n).date <= calendar.add_workdays(second, n).date
    assert calendar.add_workdays(first, n).date < calendar.add_workdays(first, n + 1).date


@given(CALENDARS, DAYS)
def test_nothing_worked_lies_before_the_next(calendar: Calendar, day: date) -> None:
    """It is worked, and the day itself if that is worked; otherwise it is the first one after it."""
    after = calendar.next_workday(day)
    assert day <= after
    assert calendar.is_workday(after)
    assert (day == after) is calendar.is_workday(day)
    assert calendar.workdays_between(day, after) == (0 if day == after else 1)


@given(CALENDARS, DAYS, AMOUNTS)
def test_provisional_says_that_an_unpublished_year_was_used(calendar: Calendar, start: date, n: int) -> None:
    """It depends on the years of the days counted, from the first that is published on, and on nothing else."""
    end, provisional = calendar.add_workdays(start, n)
    used = {start + k * ONE_DAY for k in range(1, (end - start).days + 1)}
    unpublished = {day.year for day in used} - calendar.years
    assert provisional is any(year > min(calendar.years) for year in unpublished)


@given(CALENDARS, DAYS, DAYS, AMOUNTS)
def test_a_far_year_changes_nothing_near(calendar: Calendar, a: date, holiday: date, n: int) -> None:
    """Publishing a year beyond the last day counted leaves the count alone."""
    end = calendar.add_workdays(a, n).date
    later = date(2030, 1, 1) + timedelta(days=holiday.toordinal() % 300)
    assert calendar.with_year(2030, {later: True}).add_workdays(a, n).date == end


@given(CALENDARS, MOMENTS, st.integers(1, 40 * 30_600), ZONES)
def test_working_time_is_the_inverse_of_its_measure(
    calendar: Calendar, start: datetime, seconds: int, zone: ZoneInfo
) -> None:
    """After so many working seconds exactly so many have passed, also where clocks change."""
    assert worked_seconds(start, after_working(start, seconds, HOURS, calendar, zone), HOURS, calendar, zone) == seconds


@given(CALENDARS, MOMENTS, MOMENTS, ZONES)
def test_working_time_never_exceeds_the_days(calendar: Calendar, a: datetime, b: datetime, zone: ZoneInfo) -> None:
    """It is monotone, and at most eight and a half hours for each working day touched."""
    assume(a <= b)
    days = calendar.count(b.astimezone(zone).date()) - calendar.count(a.astimezone(zone).date() - ONE_DAY)
    assert 0 <= worked_seconds(a, b, HOURS, calendar, zone) <= days * 30_600


@given(CALENDARS, MOMENTS, ZONES)
def test_the_next_working_moment_is_at_work(calendar: Calendar, at: datetime, zone: ZoneInfo) -> None:
    """It lies in the hours of a working day, no working time is lost on the way, and it is its own next one."""
    found = next_working_moment(at, HOURS, calendar, zone)
    local = found.astimezone(zone)
    assert found >= at
    assert calendar.is_workday(local.date())
    assert HOURS.start <= local.time() < HOURS.end
    assert worked_seconds(at, found, HOURS, calendar, zone) == 0
    assert next_working_moment(found, HOURS, calendar, zone) == found


@given(CALENDARS, MOMENTS, MOMENTS, ZONES)
def test_the_next_working_moment_is_monotone(calendar: Calendar, a: datetime, b: datetime, zone: ZoneInfo) -> None:
    """Who asks later is never at work earlier."""
    first, second = sorted((a, b))
    assert next_working_moment(first, HOURS, calendar, zone) <= next_working_moment(second, HOURS, calendar, zone)


@given(CALENDARS, DAYS, AMOUNTS)
def test_years_end_makes_no_difference(calendar: Calendar, start: date, n: int) -> None:
    """Counting over New Year is counting to it and on from it."""
    end, year_end = calendar.add_workdays(start, n).date, date(start.year, 12, 31)
    assume(end > year_end)
    rest = n - calendar.workdays_between(start, year_end)
    assert calendar.add_workdays(year_end, rest).date == end
