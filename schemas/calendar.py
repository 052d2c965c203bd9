"""One year's working-day arrangement, as the State Council publishes it (`rectify.registry`, key `calendar:<year>`)."""

from __future__ import annotations

import datetime as dt
from typing import Self

from pydantic import Field, model_validator

from schemas.base import Day, Line, Model, ShortLine

SATURDAY = 5  # as in date.weekday()
DECEMBER = 12
FIRST_YEAR, LAST_YEAR = 1949, 2999
OFF_DAYS = range(10, 41)  # days off that a plausible arrangement lists, with or without its weekends


class CalendarError(ValueError):
    """An arrangement that cannot be right; the text names field and reason."""

    def __init__(self, field: str, reason: str) -> None:
        """Name the field that is wrong, and say why."""
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


class CalendarDay(Model):
    """A day off (`off`) or a working day (not `off`): a make-up day 调休, or a weekday that a decree names."""

    date: Day
    off: bool = Field(strict=True)
    name: ShortLine = ""


class CalendarYear(Model):
    """The arrangement of one year, where it differs from Monday to Friday; it may touch the December before."""

    year: int = Field(strict=True, ge=FIRST_YEAR, le=LAST_YEAR)
    days: tuple[CalendarDay, ...] = Field(fail_fast=True, max_length=400)
    source: Line = ""

    @property
    def by_date(self) -> dict[dt.date, bool]:
        """Day -> off, as `Calendar.with_year` takes it."""
        return {day.date: day.off for day in self.days}

    @model_validator(mode="after")
    def _plausible(self) -> Self:
        seen: dict[dt.date, bool] = {}
        for day in self.days:
            if not in_arrangement(day.date, self.year):
                msg = f"{day.date} is neither in {self.year} nor in the December before"
                raise ValueError(msg)
            if seen.setdefault(day.date, day.off) is not day.off:
                msg = f"{day.date} is listed both as a day off and as a working day"
                raise ValueError(msg)
        off = sum(seen.values())
        if off not in OFF_DAYS:
            msg = f"{self.year} has {off} days off; an arrangement has {OFF_DAYS.start} to {OFF_DAYS.stop - 1}"
            raise ValueError(msg)
        return self


def in_arrangement(day: dt.date, year: int) -> bool:
    """Whether the arrangement of `year` may speak of this day: the year itself, or the December before."""
    return day.year == year or (day.year == year - 1 and day.month == DECEMBER)
