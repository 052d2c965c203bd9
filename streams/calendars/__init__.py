"""Working-day calendars: the built-in table (2004-2026) and the files that people import."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from streams.calendars.arrangement import read_arrangements
from streams.calendars.formats import parse_calendar
from streams.calendars.statutory import lawful
from streams.rules.state.workdays import Calendar

__all__ = ["builtin_calendar", "builtin_names", "lawful", "parse_calendar"]


@cache
def builtin_calendar() -> Calendar:
    """The State Council's arrangements that come with the program; records of the registry go on top of them."""
    text = Path(__file__).with_name("cn.yaml").read_text(encoding="utf-8")
    return Calendar({year.year: year.by_date for year in read_arrangements(text)})


@cache
def builtin_names() -> Mapping[date, str]:
    """What each day of the built-in table is off for, or makes up for: 春节."""
    text = Path(__file__).with_name("cn.yaml").read_text(encoding="utf-8")
    return {day.date: day.name for year in read_arrangements(text) for day in year.days}
