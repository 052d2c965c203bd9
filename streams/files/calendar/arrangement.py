"""The notation of the built-in table: `春节: 02-15..02-23 +02-14 +02-28`, one line a holiday."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from schemas.calendar import CalendarDay, CalendarYear
from streams.files.yaml import load_yaml

_SOURCE = "国务院办公厅关于{}年部分节假日安排的通知"


def read_arrangements(text: str) -> tuple[CalendarYear, ...]:
    """All years of such a table. Raises YamlError, or pydantic's ValidationError for an implausible year."""
    years: dict[int, dict[str, str]] = load_yaml(text).data
    return tuple(
        CalendarYear(
            year=year,
            days=tuple(day for name, days in holidays.items() for day in _days(year, name, days)),
            source=_SOURCE.format(year),
        )
        for year, holidays in years.items()
    )


def _days(year: int, name: str, text: str) -> Iterator[CalendarDay]:
    for word in text.split():
        first, _, last = word.removeprefix("+").partition("..")
        day, end = _date(year, first), _date(year, last or first)
        while day <= end:
            yield CalendarDay(date=day, off=not word.startswith("+"), name=name)
            day += timedelta(days=1)


def _date(year: int, text: str) -> date:
    return date.fromisoformat(f"{year}-{text}" if len(text) == len("MM-DD") else text)
