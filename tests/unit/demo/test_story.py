"""The story: lines that a person can follow."""

from __future__ import annotations

import io
from typing import Any

from rich.console import Console

from streams.demo.fates import moment
from streams.demo.story import Happening, Story
from tests.support.world import POLICY

NAMES = {f"a{n}": f"第{n}个账号" for n in range(9)}
END = moment("12-31 00:00")


def told(*events: dict[str, Any], chapter: str = "", width: int = 100) -> list[str]:
    """What is printed of these events, line by line."""
    text = io.StringIO()
    story = Story([Console(file=text, width=width)], POLICY, NAMES, lambda _: "account.stale")
    for event in events:
        story.hear({"ticket_id": "t", **event})
    if chapter:
        story.chapter(moment("02-24 09:30"), chapter)
    story.flush(END)
    return text.getvalue().splitlines()


def event(kind: str, at: str, n: int = 1, **body: Any) -> dict[str, Any]:
    """An event of the events topic, as far as the story reads it."""
    return {"type": kind, "at": moment(at).isoformat(), "asset_id": f"a{n}", **body}


def test_a_happening_has_its_date_and_weekday() -> None:
    """Time, what happened, and about what, in one line."""
    assert told(event("opened", "02-24 09:00", due_at="2023-03-06T23:59:59+08:00")) == [
        "02-24（周五）09:00  立单 opened         第1个账号 · 政务新媒体不更新 · 时限 due 03-06"
    ]


def test_many_alike_are_one_line() -> None:
    """Nine tickets at one moment are told as nine, with some of their names."""
    events = [event("overdue", "02-28 00:00", n, due_at="2023-02-27T23:59:59+08:00") for n in range(9)]
    (line,) = told(*events, width=130)
    assert "逾期 overdue" in line
    assert "9 张 · 政务新媒体不更新 9 · 第0个账号、第1个账号、第2个账号、第3个账号 等 9 家" in line


def test_it_is_told_in_the_order_of_time() -> None:
    """A chapter parts what was before it from what came after, however late either was heard of."""
    late = event("overdue", "02-24 10:00", due_at="2023-02-23T23:59:59+08:00")
    early = event("acknowledged", "02-24 09:00")
    first, second, third = told(late, early, chapter="通报发布")
    assert "签收" in first
    assert "▌ 通报发布" in second
    assert "逾期" in third


def test_what_is_still_on_its_way_is_waited_for() -> None:
    """A flush prints only what is old enough; the rest comes with the next."""
    text = io.StringIO()
    story = Story([Console(file=text, width=100)], POLICY, NAMES, lambda _: "")
    story.add(Happening(moment("02-24 09:00"), "email", "duty@a.example", "一"))
    story.add(Happening(moment("02-24 12:00"), "email", "duty@b.example", "二"))
    story.flush(moment("02-24 10:00"))
    assert len(text.getvalue().splitlines()) == 1
    story.flush(END)
    assert len(text.getvalue().splitlines()) == 2


def test_a_long_mail_stays_one_line_and_brackets_are_text() -> None:
    """A subject is cut where the terminal ends; what looks like markup is printed as it is."""
    text = io.StringIO()
    story = Story([Console(file=text, width=80)], POLICY, NAMES, lambda _: "")
    story.add(Happening(moment("02-24 09:00"), "email", "duty@a.example", "[red]" + "很长的标题" * 20))
    story.flush(END)
    (line,) = text.getvalue().splitlines()
    assert "[red]" in line
    assert line.endswith("…")


def test_hours_are_told_as_hours() -> None:
    """Clock-hour tickets are supervised within hours: no working day has passed."""
    late = {"seconds": 7_300, "working_days": 0}
    (line,) = told(event("escalated", "02-26 02:30", rung="supervise", overdue_for=late))
    assert line.endswith("督办 supervise      第1个账号 · 政务新媒体不更新 · 已逾期约2小时")
