"""Days off by law: no arrangement makes them working days."""

from __future__ import annotations

from datetime import date

import chinese_calendar
import pytest

from schemas.calendar import CalendarDay, CalendarError, CalendarYear
from streams.files.calendar.builtin import builtin_calendar
from streams.files.calendar.statutory import lawful, statutory_days

NEW_YEAR = {f"2027-01-{day:02}": "元旦" for day in (1, 2, 3)}
SPRING = {f"2027-02-{day:02}": "春节" for day in range(5, 12)}
REST = {"2027-04-05": "清明节", "2027-06-09": "端午节", "2027-09-15": "中秋节", "2027-10-01": "国庆节"}


def arrangement(days: dict[str, str], *worked: str, year: int = 2027) -> CalendarYear:
    """A year's arrangement."""
    off = [CalendarDay(date=date.fromisoformat(day), off=True, name=name) for day, name in days.items()]
    return CalendarYear(
        year=year, days=(*off, *(CalendarDay(date=date.fromisoformat(day), off=False) for day in worked))
    )


@pytest.mark.parametrize("year", range(2004, 2027))
def test_every_built_in_year_keeps_the_law(year: int) -> None:
    """Whatever the law of the year was."""
    calendar = builtin_calendar()
    assert not [day for day in statutory_days(year) if calendar.is_workday(day)]


@pytest.mark.parametrize("year", range(2008, 2027))
def test_the_days_are_those_that_the_decrees_were_made_for(year: int) -> None:
    """What lies by the moon agrees with what the holidays of the arrangements are called."""
    names = {"春节": "Spring", "清明节": "Tomb", "端午节": "Dragon", "中秋节": "Mid-autumn"}
    for day, name in statutory_days(year).items():
        detail = chinese_calendar.get_holiday_detail(day)[1]
        if name in names and (year, day.month) != (2020, 10):
            assert detail is None or names[name] in detail or detail == "National Day", (day, name, detail)


def test_the_law_of_2025_has_thirteen_days() -> None:
    """春节 from its eve, two days of May; a year of the moon that is not known has its fixed days."""
    days = statutory_days(2027)
    assert len(days) == 13
    assert [str(day) for day, name in days.items() if name == "春节"] == [f"2027-02-0{n}" for n in (5, 6, 7, 8)]
    assert len(statutory_days(2100)) == 6
    assert sorted(str(day) for day in statutory_days(1980)) == ["1980-01-01", "1980-05-01", "1980-10-01", "1980-10-02"]


def test_a_whole_arrangement_passes_as_it_is() -> None:
    """Nothing is added."""
    year = arrangement(NEW_YEAR | SPRING | REST, "2027-02-15")
    assert lawful(year, {2026}) == (year, ())


def test_what_a_new_years_file_does_not_speak_of_is_off_by_law() -> None:
    """And it is told which days those are."""
    kept = lawful(arrangement(NEW_YEAR | SPRING), {2026})
    assert [(str(day.date), day.name) for day in kept.added] == list(REST.items())
    assert all(kept.year.by_date[day] for day in statutory_days(2027) if day in kept.year.by_date)


@pytest.mark.parametrize(
    ("year", "known", "named"),
    [
        (arrangement(NEW_YEAR | SPRING, "2027-10-01"), {2026}, "2027-10-01 国庆节"),
        (arrangement(NEW_YEAR | SPRING, "2027-05-01"), {2026}, "2027-05-01 劳动节"),
        (
            arrangement(NEW_YEAR | SPRING),
            {2026, 2027},
            "04-05 清明节, 2027-06-09 端午节, 2027-09-15 中秋节, 2027-10-01 国庆节",
        ),
        (arrangement({f"2027-10-{day:02}": "国庆节" for day in range(1, 12)} | NEW_YEAR), {2026}, "2027-02-05 春节"),
        (arrangement({f"2027-02-{day:02}": "春节" for day in range(5, 16)}), {2026}, "2027-01-01 元旦"),
        (arrangement({f"2027-02-{day:02}": "春节" for day in range(15, 24)} | NEW_YEAR), {2026}, "2027-02-05 春节"),
    ],
)
def test_what_contradicts_the_law_is_refused_with_what_contradicts(
    year: CalendarYear, known: set[int], named: str
) -> None:
    """A day said to be worked, one taken out of a published year, a file without 元旦 or 春节, another year's."""
    with pytest.raises(CalendarError, match="法定节假日不能是工作日") as caught:
        lawful(year, known)
    assert named in str(caught.value)
