"""Who watches the calendar: a year that should be known and is not (rule L-8)."""

from __future__ import annotations

from datetime import date

import orjson
import pytest

from schemas.topics import Topics
from streams.files.calendar.builtin import builtin_calendar
from streams.rules.deadlines.calendar_watch import calendar_missing, missing_years
from streams.rules.state.snapshot import Now
from tests.support.world import POLICY, ZONE, local


@pytest.mark.parametrize(
    ("today", "years"),
    [
        (date(2026, 3, 2), []),
        (date(2026, 12, 14), []),
        (date(2026, 12, 15), [2027]),
        (date(2027, 1, 4), [2027]),
        (date(2027, 12, 15), [2027, 2028]),
    ],
)
def test_a_missing_year_is_noticed(today: date, years: list[int]) -> None:
    """The current year always, the next one from 15 December on."""
    assert missing_years(POLICY, builtin_calendar(), today) == years


def test_the_same_day_says_the_same() -> None:
    """Two workers, or a restart, publish one id; the next day has another."""
    now = Now(local("2026-12-15 09:00"), local("2026-12-15 09:00"))

    def said(day: int) -> dict[str, object]:
        message = calendar_missing(Topics(), 2027, date(2026, 12, day), now, ZONE)
        document: dict[str, object] = orjson.loads(message.value or b"")
        return document

    assert (said(15)["rule"], said(15)["year"]) == ("L-8", 2027)
    assert said(15)["id"] == said(15)["id"] != said(16)["id"]
