"""Working days (rule L-1): one pure calendar that answers in the logarithm of its exceptions, never day by day.

A day is a working day from Monday to Friday, except where a year's arrangement says otherwise: days off, and make-up
days 调休 on weekends. The start day does not count (民法典 201). A year without an arrangement is guessed as Monday to
Friday, and whatever used it is provisional: not the years before the first arrangement, of which none will ever come.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from types import MappingProxyType
from typing import NamedTuple

from schemas.calendar import SATURDAY, CalendarError, in_arrangement

_WEEK, _WORKWEEK = 7, 5


class WorkdayResult(NamedTuple):
    """A day, and whether an unpublished year had to be guessed on the way to it."""

    date: date
    provisional: bool


@dataclass(frozen=True, slots=True, eq=False)
class Calendar:
    """The arrangements of some years: year -> {day: off}. Compared and hashed by identity, so it can key a cache."""

    arrangements: Mapping[int, Mapping[date, bool]]
    exceptions: Mapping[date, bool] = field(init=False)  # day -> off, only where it differs from Monday to Friday
    years: frozenset[int] = field(init=False)  # that are published
    name: str = field(init=False)  # by the last published year, such as "cn-2026"
    _since: int = field(init=False, repr=False)  # the first published year
    _ordinals: list[int] = field(init=False, repr=False)  # of the exceptions, ascending
    _counts: list[int] = field(init=False, repr=False)  # working days up to and including each exception
    _shifts: list[int] = field(init=False, repr=False)  # count - Monday-to-Friday count, before and after each

    def __post_init__(self) -> None:
        """Check the arrangements and precompute the running counts; raises CalendarError."""
        if not self.arrangements:
            raise CalendarError("years", "the calendar is empty; it needs the arrangement of at least one year")
        exceptions: dict[date, bool] = {}
        for year in sorted(self.arrangements):  # the later decree has the last word on the December before it
            days = self.arrangements[year]
            if not days:
                raise CalendarError("days", f"the arrangement of {year} is empty")
            for day, off in days.items():
                if not in_arrangement(day, year):
                    raise CalendarError("days", f"{day} is neither in {year} nor in the December before")
                exceptions[day] = off
        exceptions = {d: off for d, off in sorted(exceptions.items()) if off is (d.weekday() < SATURDAY)}
        shifts, ordinals = [0], [day.toordinal() for day in exceptions]
        for off in exceptions.values():
            shifts.append(shifts[-1] + (-1 if off else 1))
        put = object.__setattr__
        frozen = {year: MappingProxyType(dict(days)) for year, days in self.arrangements.items()}
        put(self, "arrangements", MappingProxyType(frozen))
        put(self, "exceptions", MappingProxyType(exceptions))
        put(self, "years", frozenset(self.arrangements))
        put(self, "name", f"cn-{max(self.arrangements)}")
        put(self, "_since", min(self.arrangements))
        put(self, "_ordinals", ordinals)
        put(self, "_shifts", shifts)
        put(self, "_counts", [_weekdays(o) + shift for o, shift in zip(ordinals, shifts[1:], strict=True)])

    def with_year(self, year: int, days: Mapping[date, bool]) -> Calendar:
        """Another calendar in which `days` (day -> off) replace all that the arrangement of `year` said before."""
        return Calendar({**self.arrangements, year: days})

    def as_of(self, name: str) -> Calendar:
        """The calendar as it was when its last published year was that of `name` (itself, if that is still so)."""
        return _as_of(self, name)

    def differences(self, other: Calendar) -> dict[date, bool]:
        """Day -> off in `other`, for every day that is a working day in only one of the two."""
        days = sorted(self.exceptions.keys() | other.exceptions.keys())
        return {day: not other.is_workday(day) for day in days if self.is_workday(day) is not other.is_workday(day)}

    def is_workday(self, day: date) -> bool:
        """Whether people are at work."""
        off = self.exceptions.get(day)
        return day.weekday() < SATURDAY if off is None else not off

    def covers(self, first: date, last: date) -> bool:
        """Whether every year from `first` to `last` is published, or lies before the first that is."""
        return all(year in self.years for year in range(max(first.year, self._since), last.year + 1))

    def count(self, day: date) -> int:
        """Working days from the beginning of the calendar (year 1) up to and including `day`."""
        ordinal = day.toordinal()
        return _weekdays(ordinal) + self._shifts[bisect_right(self._ordinals, ordinal)]

    def nth(self, count: int) -> date:
        """The working day on which `count` is reached: the inverse of `count`."""
        i = bisect_left(self._counts, count)
        if i < len(self._counts) and self._counts[i] == count and self._shifts[i + 1] > self._shifts[i]:
            return date.fromordinal(self._ordinals[i])  # a make-up day is itself the one looked for
        weeks, days = divmod(count - self._shifts[i] - 1, _WORKWEEK)
        return date.fromordinal(weeks * _WEEK + days + 1)

    def add_workdays(self, start: date, n: int) -> WorkdayResult:
        """The n-th working day after `start` (n >= 1)."""
        day = self.nth(self.count(start) + _at_least_one(n))
        return WorkdayResult(day, not self.covers(date.fromordinal(start.toordinal() + 1), day))

    def subtract_workdays(self, start: date, n: int) -> date:
        """The n-th working day before `start` (n >= 1)."""
        return self.nth(self.count(start) - self.is_workday(start) + 1 - _at_least_one(n))

    def workdays_between(self, first: date, last: date) -> int:
        """Working days after `first` up to and including `last`; negative when `last` is earlier."""
        return self.count(last) - self.count(first)

    def next_workday(self, day: date) -> date:
        """The first working day that is not before `day` (民法典 203)."""
        return day if self.is_workday(day) else self.nth(self.count(day) + 1)


@lru_cache(maxsize=64)  # a million deadlines are counted again by the few calendars that they were counted with
def _as_of(calendar: Calendar, name: str) -> Calendar:
    last = name.rpartition("-")[2]
    known = {y: days for y, days in calendar.arrangements.items() if not last.isdecimal() or y <= int(last)}
    return calendar if len(known) == len(calendar.arrangements) or not known else Calendar(known)


def _weekdays(ordinal: int) -> int:
    # Ordinal 1 is a Monday, so whole weeks and the rest give the number of Mondays to Fridays in 1..ordinal.
    weeks, days = divmod(ordinal, _WEEK)
    return weeks * _WORKWEEK + min(days, _WORKWEEK)


def _at_least_one(n: int) -> int:
    if n < 1:
        msg = f"working days are counted from 1, not {n}"
        raise ValueError(msg)
    return n
