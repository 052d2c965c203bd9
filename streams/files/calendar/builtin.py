"""The built-in table of working days (2004-2026)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Final

from streams.files.calendar.arrangement import read_arrangements
from streams.rules.state.workdays import Calendar

_TABLE: Final = Path(__file__).parents[2] / "calendars" / "cn.yaml"


@cache
def builtin_calendar() -> Calendar:
    """The State Council's arrangements that come with the program; records of the registry go on top of them."""
    text = _TABLE.read_text(encoding="utf-8")
    return Calendar({year.year: year.by_date for year in read_arrangements(text)})


@cache
def builtin_sources() -> Mapping[int, str]:
    """By year, the notice that the built-in table has it from."""
    text = _TABLE.read_text(encoding="utf-8")
    return {year.year: year.source for year in read_arrangements(text)}


@cache
def builtin_names() -> Mapping[date, str]:
    """What each day of the built-in table is off for, or makes up for: 春节."""
    text = _TABLE.read_text(encoding="utf-8")
    return {day.date: day.name for year in read_arrangements(text) for day in year.days}
