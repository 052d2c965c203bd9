"""Working days (rule L-1)."""

from __future__ import annotations

from datetime import date

import pytest

from schemas.calendar import CalendarError
from streams.files.calendar.builtin import builtin_calendar
from streams.rules.state.workdays import Calendar, WorkdayResult

CALENDAR = builtin_calendar()


def test_the_spring_festival_and_its_make_up_day_are_counted() -> None:
    """Friday 2026-02-13 + 3 working days is Wednesday 2026-02-25: Saturday the 14th is worked, 15 to 23 are off."""
    assert CALENDAR.add_workdays(date(2026, 2, 13), 3) == WorkdayResult(date(2026, 2, 25), provisional=False)


def test_the_start_day_does_not_count() -> None:
    """Counting begins on the day after the start, whether that was worked or not (民法典 201)."""
    assert CALENDAR.add_workdays(date(2023, 3, 6), 1).date == date(2023, 3, 7)
    assert CALENDAR.add_workdays(date(2023, 3, 4), 1).date == date(2023, 3, 6)


@pytest.mark.parametrize(
    ("day", "worked"),
    [
        (date(2026, 2, 14), True),  # make-up Saturday
        (date(2026, 2, 17), False),  # holiday on a Tuesday
        (date(2026, 3, 7), False),  # plain Saturday
        (date(2026, 3, 9), True),  # plain Monday
        (date(2018, 12, 29), True),  # by the arrangement of 2019
        (date(2018, 12, 31), False),
        (date(2015, 9, 3), False),  # a single decree added this day
    ],
)
def test_a_day_is_worked_or_not(day: date, *, worked: bool) -> None:
    """Days off, make-up days and plain days, as arranged."""
    assert CALENDAR.is_workday(day) is worked


def test_the_next_working_day_stays_on_a_working_day() -> None:
    """A working day is its own next; a rest day moves (民法典 203)."""
    assert CALENDAR.next_workday(date(2026, 2, 14)) == date(2026, 2, 14)
    assert CALENDAR.next_workday(date(2026, 2, 15)) == date(2026, 2, 24)


def test_subtracting_goes_back_over_a_holiday() -> None:
    """The last working day before Wednesday after the spring festival is Tuesday, the second last the make-up day."""
    assert CALENDAR.subtract_workdays(date(2026, 2, 25), 1) == date(2026, 2, 24)
    assert CALENDAR.subtract_workdays(date(2026, 2, 25), 2) == date(2026, 2, 14)
    assert CALENDAR.subtract_workdays(date(2026, 2, 22), 1) == date(2026, 2, 14)


def test_working_days_between_are_signed() -> None:
    """The first day is left out, the last counted; backwards it is negative."""
    assert CALENDAR.workdays_between(date(2026, 2, 13), date(2026, 2, 25)) == 3
    assert CALENDAR.workdays_between(date(2026, 2, 25), date(2026, 2, 13)) == -3
    assert CALENDAR.workdays_between(date(2026, 2, 16), date(2026, 2, 23)) == 0


def test_an_unpublished_year_is_guessed_and_said_so() -> None:
    """Only a count that reaches into 2027 is provisional; Monday to Friday is the guess."""
    assert CALENDAR.add_workdays(date(2026, 12, 30), 1) == WorkdayResult(date(2026, 12, 31), provisional=False)
    assert CALENDAR.add_workdays(date(2026, 12, 30), 2) == WorkdayResult(date(2027, 1, 1), provisional=True)
    assert CALENDAR.add_workdays(date(2003, 12, 31), 1) == WorkdayResult(date(2004, 1, 2), provisional=False)


def test_before_the_first_arrangement_the_guess_is_final() -> None:
    """Nobody will ever publish 1970 or 2003: a date so long ago is counted from Monday to Friday, for good."""
    assert CALENDAR.add_workdays(date(1970, 1, 1), 3) == WorkdayResult(date(1970, 1, 6), provisional=False)
    assert CALENDAR.add_workdays(date(2003, 12, 30), 1) == WorkdayResult(date(2003, 12, 31), provisional=False)
    assert CALENDAR.covers(date(1, 1, 1), date(2026, 12, 31))
    assert not CALENDAR.covers(date(1, 1, 1), date(2027, 1, 1))


def test_an_empty_calendar_is_refused() -> None:
    """Neither no years nor a year without days is a calendar."""
    with pytest.raises(CalendarError, match="empty"):
        Calendar({})
    with pytest.raises(CalendarError, match="2027 is empty"):
        CALENDAR.with_year(2027, {})


def test_a_year_speaks_of_itself_and_the_december_before() -> None:
    """Any other date is refused."""
    with pytest.raises(CalendarError, match="2027-01-02"):
        CALENDAR.with_year(2026, {date(2027, 1, 2): True})
    with pytest.raises(CalendarError, match="2025-11-30"):
        CALENDAR.with_year(2026, {date(2025, 11, 30): False})


def test_a_new_year_replaces_its_own_arrangement_and_touches_december() -> None:
    """The old calendar stays as it was; a second decree of the year takes back what only the first one said."""
    first = CALENDAR.with_year(2027, {date(2026, 12, 26): False, date(2027, 1, 1): True})
    second = first.with_year(2027, {date(2027, 1, 1): True, date(2027, 1, 4): True})

    assert (CALENDAR.name, first.name, 2027 in CALENDAR.years, 2027 in first.years) == (
        "cn-2026",
        "cn-2027",
        False,
        True,
    )
    assert [c.is_workday(date(2026, 12, 26)) for c in (CALENDAR, first, second)] == [False, True, False]
    assert [c.is_workday(date(2027, 1, 4)) for c in (CALENDAR, first, second)] == [True, True, False]
    assert first.differences(second) == {date(2026, 12, 26): True, date(2027, 1, 4): True}


def test_an_earlier_state_can_be_had_back() -> None:
    """`as_of` leaves out the years published since."""
    later = CALENDAR.with_year(2027, {date(2026, 12, 26): False, date(2027, 1, 1): True})
    assert later.as_of("cn-2026").exceptions == CALENDAR.exceptions
    assert later.as_of("cn-2027") is later
    assert later.as_of("other") is later


def test_a_listed_rest_day_on_a_weekend_is_no_exception() -> None:
    """Arrangements list whole holidays with their weekends; only the differences are kept."""
    calendar = Calendar({2026: {date(2026, 1, 1): True, date(2026, 1, 3): True, date(2026, 1, 4): False}})
    assert dict(calendar.exceptions) == {date(2026, 1, 1): True, date(2026, 1, 4): False}


@pytest.mark.parametrize("n", [0, -1])
def test_working_days_are_counted_from_one(n: int) -> None:
    """Adding or subtracting nothing is a mistake of the caller."""
    with pytest.raises(ValueError, match="counted from 1"):
        CALENDAR.add_workdays(date(2026, 2, 13), n)
    with pytest.raises(ValueError, match="counted from 1"):
        CALENDAR.subtract_workdays(date(2026, 2, 13), n)
