"""A year's working days as people read them: twelve months of weeks, and what each holiday is made of. Pure."""

from __future__ import annotations

from calendar import Calendar as Weeks
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Final, NamedTuple

from schemas.calendar import SATURDAY
from streams.presentation.dates import between, listed_day, weekday
from streams.rules.state.workdays import Calendar

OFF, WORKED = "休", "班"
UNNAMED: Final = "放假安排"
_WEEKS: Final = Weeks()
_WEEK: Final = 7


class DayCell(NamedTuple):
    """A day of a month; None of the month is an empty cell."""

    day: date
    mark: str  # 休, 班; empty: as the week has it
    name: str  # what it is off for
    is_workday: bool


class MonthGrid(NamedTuple):
    """A month: its weeks from Monday on, and how many of its days are worked."""

    month: int
    weeks: Sequence[Sequence[DayCell | None]]
    workdays: int


class HolidayLine(NamedTuple):
    """Neighbouring days of one kind and one name."""

    name: str
    span: str
    mark: str
    days: int


def weekday_heads() -> list[str]:
    """Monday to Sunday."""
    return [weekday(number) for number in range(_WEEK)]


def month_grids(calendar: Calendar, year: int, names: Mapping[date, str]) -> list[MonthGrid]:
    """The twelve months."""
    arranged = {**calendar.arrangements.get(year, {}), **calendar.arrangements.get(year + 1, {})}
    return [_month(calendar, year, month, arranged, names) for month in range(1, 13)]


def _month(
    calendar: Calendar, year: int, month: int, arranged: Mapping[date, bool], names: Mapping[date, str]
) -> MonthGrid:
    weeks = [
        [_cell(calendar, day, arranged, names) if day.month == month else None for day in week]
        for week in _WEEKS.monthdatescalendar(year, month)
    ]
    return MonthGrid(month, weeks, sum(cell.is_workday for week in weeks for cell in week if cell is not None))


def _cell(calendar: Calendar, day: date, arranged: Mapping[date, bool], names: Mapping[date, str]) -> DayCell:
    works = calendar.is_workday(day)
    mark = "" if day not in arranged else WORKED if works and day.weekday() >= SATURDAY else "" if works else OFF
    return DayCell(day, mark, names.get(day, ""), works)


def holiday_lines(days: Mapping[date, bool], names: Mapping[date, str]) -> list[HolidayLine]:
    """What an arrangement says, in the order of the year; `days`: day -> off."""
    runs: list[list[date]] = []
    for day in sorted(days):
        last = runs[-1][-1] if runs else None
        alike = last is not None and days[last] is days[day] and names.get(last) == names.get(day)
        if alike and last is not None and day - last == timedelta(days=1):
            runs[-1].append(day)
        else:
            runs.append([day])
    return [
        HolidayLine(
            names.get(run[0]) or UNNAMED,
            between(listed_day(run[0]), listed_day(run[-1])),
            OFF if days[run[0]] else WORKED,
            len(run),
        )
        for run in runs
    ]
