"""Working-day calendars: the built-in table (2004-2026) and the files that people import."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from streams.calendars.arrangement import read_arrangements
from streams.calendars.formats import parse_calendar
from streams.rules.workdays import Calendar

__all__ = ["builtin_calendar", "parse_calendar"]


@cache
def builtin_calendar() -> Calendar:
    """The State Council's arrangements that come with the program; records of the registry go on top of them."""
    text = Path(__file__).with_name("cn.yaml").read_text(encoding="utf-8")
    return Calendar({year.year: year.by_date for year in read_arrangements(text)})
