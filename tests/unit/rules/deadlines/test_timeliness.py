"""How timely a ticket was settled (M-5), as a function."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from schemas.check_rule import Line
from streams.files.calendar.builtin import builtin_calendar
from streams.rules.deadlines.timeliness import timeliness
from tests.support.ledger import open_ticket

ZONE = ZoneInfo("Asia/Shanghai")
CALENDAR = builtin_calendar()
LINES = (
    Line(kind="good", amount=1, unit="working_day"),
    Line(kind="warning", amount=1, unit="day"),
    Line(kind="penalty", amount=1, unit="month"),
    Line(kind="penalty", amount=2, unit="round"),
    Line(kind="veto", amount=100, unit="day"),
)


def at(text: str) -> datetime:
    """A local time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def word(answered_at: str, start: str | None, runs: str = "[]") -> str:
    """For a ticket that is due on 2026-03-05."""
    ticket = open_ticket(1, "AAA", 1)._replace(due_at=at("2026-03-05 23:59:59"), seen_runs_json=runs)
    return timeliness(ticket, ticket.due_at, at(start) if start else None, at(answered_at), LINES, CALENDAR, ZONE)


@pytest.mark.parametrize(
    ("answered_at", "expected"),
    [
        ("2026-03-03 23:59:59", "good"),
        ("2026-03-04 00:00:00", "on_time"),
        ("2026-03-05 23:59:59", "on_time"),
        ("2026-03-06 00:00:00", "late"),
        ("2026-04-02 23:59:59", "late"),
        ("2026-04-03 00:00:00", "penalty"),
        ("2026-06-10 23:59:59", "penalty"),
        ("2026-06-11 00:00:00", "veto"),
    ],
)
def test_each_line_ends_with_its_last_day(answered_at: str, expected: str) -> None:
    """The day of receipt does not count; a hundred days are calendar days."""
    assert word(answered_at, "2026-03-02 10:00") == expected


def test_where_the_clock_began_is_not_known() -> None:
    """Only what the deadline says, and rounds."""
    assert (word("2026-03-02 11:00", None), word("2026-12-01 11:00", None)) == ("on_time", "late")
    assert word("2026-12-01 11:00", None, '["s\\t1","s\\t2"]') == "late"
    assert word("2026-12-01 11:00", None, '["s\\t1","s\\t2","s\\t3"]') == "penalty"
    assert word("2026-12-01 11:00", None, '["s\\t3","","s\\t2","s\\t1"]') == "late"


def test_rounds_do_not_make_an_answer_in_time_late() -> None:
    """Answered before the deadline is 按期, however often somebody has looked."""
    assert word("2026-03-04 10:00", "2026-03-02 10:00", '["s\\t1","s\\t2","s\\t3"]') == "on_time"
