"""Lines beside the deadline: a month, three months, a second round; crossed once, and hidden by nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.support.inbox import (
    MESSAGE,
    MONDAY,
    act,
    answered,
    happened,
    lines,
    pack,
    received,
    ticket,
    timely,
    world,
)
from tests.support.world import World, local


def test_a_month_and_three_months_are_lines_that_are_crossed_once() -> None:
    """M-2: a month and three months after receipt, whatever the ladder did; the ladder is what it was."""
    told = world()
    received(told, MONDAY)
    told.until("2026-04-30 09:00")
    told.send({**MESSAGE, "observed_at": told.now.isoformat(), "source": "crawler", "run_id": "r2"})
    told.until("2026-09-01 09:00")
    assert lines(told) == [("2026-04-03 00:00", "penalty", 1, "month"), ("2026-06-03 00:00", "veto", 3, "month")]
    penalty, veto = happened(told, "line_crossed")
    assert (penalty["rule"], penalty["reason"], veto["reason"]) == ("M-2", "penalty_line", "veto_line")
    assert "19号" in penalty["line"]["basis"]
    assert penalty["summary"] == "市科技局网站：「我为政府网站找错」留言超过1个月未办结，越过扣分线"
    assert [event["rung"] for event in happened(told, "escalated")] == ["urge", "supervise", "bulletin"]
    assert (len(happened(told, "overdue")), len(happened(told, "reminded"))) == (1, 1)
    assert ticket(told).next_review_at is None
    kept = [entry.type for entry in told.history if entry.ticket_pk == ticket(told).pk]
    assert kept.count("line_crossed") == 2


def test_a_line_on_a_rest_day_moves_to_the_next_working_day() -> None:
    """M-2: a month after Wednesday 2026-04-01 is 05-01, a holiday; the line ends with 05-06 (民法典 203)."""
    told = world("2026-04-01 10:00")
    received(told, "2026-04-01 10:00")
    told.until("2026-05-08 10:00")
    assert [at for at, *_ in lines(told)] == ["2026-05-07 00:00"]


def test_while_nobody_looked_lines_hide_no_rung_and_are_no_missed_step() -> None:
    """M-2: down for four months: overdue, both lines, and one escalation, the highest, that missed only rungs."""
    told = world()
    received(told, MONDAY)
    told.jump("2026-07-06 10:00")
    assert [line[1] for line in lines(told)] == ["penalty", "veto"]
    (event,) = happened(told, "escalated")
    assert (event["rung"], event["missed"]) == ("bulletin", ["reminder", "urge", "supervise"])
    told.jump("2026-08-06 10:00")
    assert (len(lines(told)), len(happened(told, "escalated"))) == (2, 1)


def test_found_after_the_line_it_is_said_at_the_opening() -> None:
    """M-2: a message that is two months old when it is found has crossed the first line."""
    told = world("2026-05-11 10:00")
    received(told, MONDAY)
    assert ticket(told).next_review_at == told.now
    told.until("2026-05-11 10:00")
    assert lines(told) == [("2026-05-11 10:00", "penalty", 1, "month")]


def test_what_is_closed_or_set_aside_crosses_nothing() -> None:
    """M-2: lines are for tickets that are open."""
    for action in ("close", "dismiss"):
        told = world()
        received(told, MONDAY)
        act(told, action, reason="说明")
        told.until("2026-09-01 09:00")
        assert lines(told) == []


def test_an_extension_moves_the_ladder_and_no_line() -> None:
    """M-3: what is granted makes the answer timely, not the month longer; a crossed line is not crossed again."""
    told = world()
    received(told, MONDAY)
    act(told, "extend", working_days=10, reason="需多部门会商")
    told.until("2026-04-07 09:00")
    assert lines(told) == [("2026-04-03 00:00", "penalty", 1, "month")]
    act(told, "extend", due_at="2026-04-09T18:00:00+08:00", reason="同上")
    told.until("2026-07-01 09:00")
    assert [line[:2] for line in lines(told)] == [("2026-04-03 00:00", "penalty"), ("2026-06-03 00:00", "veto")]
    assert [event["rung"] for event in happened(told, "escalated")][-1] == "bulletin"


def test_a_provisional_deadline_that_becomes_firm_keeps_its_lines() -> None:
    """M-3: counted again over the new year's arrangement, the lines are still there, by the same arrangement."""
    told = world("2026-12-30 10:00")
    received(told, "2026-12-30 10:00")
    assert ticket(told).provisional
    days = {local(f"2027-02-{day:02} 12:00").date(): True for day in range(1, 6)}
    arrangement = {local("2027-01-01 12:00").date(): True, **days}
    told.registry = replace(told.registry, calendar=told.registry.calendar.with_year(2027, arrangement))
    told.until("2027-02-10 09:00")
    assert [event["reason"] for event in happened(told, "deadline_changed")] == ["calendar_published"]
    assert lines(told) == [("2027-02-09 00:00", "penalty", 1, "month")]


def test_the_lines_of_the_second_round_count_from_its_own_beginning() -> None:
    """M-3, M-6: reopened on 03-16, a month is over on 04-16; the first round's month passes unsaid."""
    told = world()
    received(told, MONDAY)
    answered(told, MONDAY)
    told.until("2026-03-16 09:00")
    act(told, "reopen", reason="答复质量差")
    told.until("2026-04-17 10:00")
    assert lines(told) == [("2026-04-17 00:00", "penalty", 1, "month")]
    answered(told, "2026-04-17 09:00")
    assert timely(told) == ["on_time", "penalty"]


ROUNDS = """
checks:
  comment.unanswered:
    lines:
      - {kind: good, amount: 1, unit: round, sure: N, basis: 互动回应检查两轮（无锡市2023年第一季度通报）}
      - {kind: penalty, amount: 1, unit: round, sure: N, basis: 第一轮未及时回应，第二轮才予以回应（无锡市2023年）}
"""


def comment(world: World, run_id: str | None) -> None:
    """A round of the interaction check sees the comment unanswered."""
    seen = {"asset_id": "site", "check": "comment.unanswered", "locator": "c-1", "source": "interaction"}
    world.send({**seen, "run_id": run_id, "observed_at": world.now.isoformat()})


def test_not_answered_in_the_first_round_only_in_the_second(tmp_path: Path) -> None:
    """M-4: 无锡 2023: the second round still sees it, and that is said once; a third says nothing new."""
    told = world(policy=pack(tmp_path, ROUNDS))
    comment(told, "week-1")
    comment(told, "week-1")
    assert lines(told) == []
    told.until("2026-03-09 10:00")
    comment(told, "week-2")
    comment(told, "week-2")
    told.until("2026-03-16 10:00")
    comment(told, "week-3")
    assert lines(told) == [("2026-03-09 10:00", "penalty", 1, "round")]
    assert [event["run_id"] for event in happened(told, "seen_again")] == ["week-2", "week-3"]  # T-3: a round is news
    (event,) = happened(told, "line_crossed")
    assert (event["rule"], event["summary"]) == ("M-4", "市科技局网站：评论未回应超过1轮未办结，越过扣分线")
    answered(told, "2026-03-16 10:00", check="comment.unanswered", locator="c-1")
    (closed,) = happened(told, "closed")
    assert (closed["timeliness"], closed["rounds"]) == ("penalty", 3)


def test_answered_in_the_first_round(tmp_path: Path) -> None:
    """M-4, M-5: nobody saw it a second time."""
    told = world(policy=pack(tmp_path, ROUNDS))
    comment(told, "week-1")
    answered(told, MONDAY, check="comment.unanswered", locator="c-1")
    (closed,) = happened(told, "closed")
    assert (closed["timeliness"], closed["rounds"], lines(told)) == ("good", 1, [])


def test_a_second_clock_counts_its_own_rounds(tmp_path: Path) -> None:
    """M-4, M-6: reopened after two rounds, the next run that sees it is the first again."""
    told = world(policy=pack(tmp_path, ROUNDS))
    comment(told, "week-1")
    comment(told, "week-2")
    answered(told, MONDAY, check="comment.unanswered", locator="c-1")
    act(told, "reopen", reason="答复质量差")
    comment(told, "week-3")
    assert len(lines(told)) == 1
    comment(told, "week-4")
    assert len(lines(told)) == 2
    answered(told, MONDAY, check="comment.unanswered", locator="c-1")
    told.until("2026-03-05 10:00")
    comment(told, "week-5")
    answered(told, "2026-03-05 10:00", check="comment.unanswered", locator="c-1")
    assert [event["rounds"] for event in happened(told, "closed")] == [2, 2, 1]
