"""Messages and comments 留言、评论: received, answered, judged poor, answered again; lines crossed on the way."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pytest

from schemas.policy import Policy
from streams.policies import load_policy
from tests.support.world import POLICY, World, local

DUTY = [{"name": "李值守", "email": "duty@a.gov.cn"}]
MESSAGE = {"asset_id": "site", "check": "message.zhaocuo", "locator": "zc-1"}
MONDAY = "2026-03-02 10:00"


def world(at: str = MONDAY, policy: Policy = POLICY) -> World:
    """A site with its owner."""
    made = World(at, policy)
    made.unit("owner", "市科技局", contacts=DUTY)
    made.asset("site", "市科技局网站", unit_id="owner")
    return made


def rfc3339(text: str) -> str:
    """`2026-03-02 10:00` as messages carry it."""
    return f"{text.replace(' ', 'T')}:00+08:00"


def received(world: World, at: str, **fields: Any) -> None:
    """A citizen's message that reached the unit at `at`, and was found pending now."""
    seen = world.now.isoformat()
    world.send({**MESSAGE, "observed_at": seen, "received_at": rfc3339(at), **fields})


def answered(world: World, at: str, **fields: Any) -> None:
    """A recheck that saw the answer at `at`, and arrives now."""
    answer = {"type": "recheck", "outcome": "absent", "observed_at": rfc3339(at), "evidence": {"answer": "已更正"}}
    world.send({**MESSAGE, **answer, **fields})


def act(world: World, action: str, **fields: Any) -> None:
    """Somebody acts on the only ticket."""
    world.command(action=action, asset_id="site", ticket_id=world.ticket().ticket_id, **fields)


def timely(world: World) -> list[str]:
    """How timely each closing was, in order."""
    return [event["timeliness"] for event in world.events("closed")]


def lines(world: World) -> list[tuple[str, str, int, str]]:
    """The lines that were crossed: local time, kind, amount, unit."""
    crossed = ((event["at"][:16].replace("T", " "), event["line"]) for event in world.events("line_crossed"))
    return [(at, line["kind"], line["amount"], line["unit"]) for at, line in crossed]


def refusals(world: World) -> list[str]:
    """Why commands were refused, in order."""
    return [event["reason"] for event in world.events("command_refused")]


def test_the_clock_runs_from_receipt_and_the_receipt_stays_known() -> None:
    """M-1: found two days after it came in, counted from when it came in; a later finding without it keeps it."""
    told = world("2026-03-04 09:00")
    received(told, MONDAY, evidence={"received_at": "never"})
    assert told.ticket().due_at == local("2026-03-05 23:59:59")
    deadline = told.published("rectify.tickets")[-1]["deadline"]
    assert deadline["counted_from"] == rfc3339(MONDAY)
    told.until("2026-03-05 09:00")
    told.send({**MESSAGE, "observed_at": rfc3339("2026-03-05 09:00"), "title": "仍未答复"})
    (problem,) = told.problems
    facts = orjson.loads(problem.facts_json)
    assert (facts["received_at"], facts["title"], facts["evidence"]) == (rfc3339(MONDAY), "仍未答复", {})
    received(told, MONDAY, evidence={"received_at": "never"})
    facts = orjson.loads(told.problems[0].facts_json)
    assert (facts["received_at"], facts["evidence"]) == (rfc3339(MONDAY), {"received_at": "never"})


def test_other_tickets_carry_no_clock_of_their_own() -> None:
    """M-1: a check without lines keeps the deadline object that it had."""
    told = world()
    told.send({"asset_id": "site", "check": "column.blank", "observed_at": rfc3339(MONDAY)})
    assert "counted_from" not in told.published("rectify.tickets")[-1]["deadline"]


def test_a_month_and_three_months_are_lines_that_are_crossed_once() -> None:
    """M-2: a month and three months after receipt, whatever the ladder did; the ladder is what it was."""
    told = world()
    received(told, MONDAY)
    told.until("2026-04-30 09:00")
    told.send({**MESSAGE, "observed_at": told.now.isoformat(), "source": "crawler", "run_id": "r2"})
    told.until("2026-09-01 09:00")
    assert lines(told) == [("2026-04-03 00:00", "penalty", 1, "month"), ("2026-06-03 00:00", "veto", 3, "month")]
    penalty, veto = told.events("line_crossed")
    assert (penalty["rule"], penalty["reason"], veto["reason"]) == ("M-2", "penalty_line", "veto_line")
    assert "19号" in penalty["line"]["basis"]
    assert penalty["summary"] == "市科技局网站：「我为政府网站找错」留言超过1个月未办结，越过扣分线"
    assert [event["rung"] for event in told.events("escalated")] == ["urge", "supervise", "bulletin"]
    assert (len(told.events("overdue")), len(told.events("reminded"))) == (1, 1)
    assert told.ticket().next_review_at is None
    kept = [entry.type for entry in told.history if entry.ticket_pk == told.ticket().pk]
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
    (event,) = told.events("escalated")
    assert (event["rung"], event["missed"]) == ("bulletin", ["reminder", "urge", "supervise"])
    told.jump("2026-08-06 10:00")
    assert (len(lines(told)), len(told.events("escalated"))) == (2, 1)


def test_found_after_the_line_it_is_said_at_the_opening() -> None:
    """M-2: a message that is two months old when it is found has crossed the first line."""
    told = world("2026-05-11 10:00")
    received(told, MONDAY)
    assert told.ticket().next_review_at == told.now
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
    assert [event["rung"] for event in told.events("escalated")][-1] == "bulletin"


def test_a_provisional_deadline_that_becomes_firm_keeps_its_lines() -> None:
    """M-3: counted again over the new year's arrangement, the lines are still there, by the same arrangement."""
    told = world("2026-12-30 10:00")
    received(told, "2026-12-30 10:00")
    assert '"provisional":true' in told.ticket().deadline_json
    days = {local(f"2027-02-{day:02} 12:00").date(): True for day in range(1, 6)}
    arrangement = {local("2027-01-01 12:00").date(): True, **days}
    told.registry = replace(told.registry, calendar=told.registry.calendar.with_year(2027, arrangement))
    told.until("2027-02-10 09:00")
    assert [event["reason"] for event in told.events("deadline_changed")] == ["calendar_published"]
    assert lines(told) == [("2027-02-09 00:00", "penalty", 1, "month")]


def test_answered_before_the_deadline_is_on_time_though_the_news_is_late() -> None:
    """M-5: what counts is when the answer was seen, not when we heard of it; the extended deadline is the deadline."""
    told = world()
    received(told, MONDAY)
    told.until("2026-03-09 10:00")
    answered(told, "2026-03-05 23:59")
    assert timely(told) == ["on_time"]
    told = world()
    received(told, MONDAY)
    act(told, "extend", working_days=2, reason="需核实")
    told.until("2026-03-09 10:00")
    answered(told, "2026-03-09 10:00")
    assert timely(told) == ["on_time"]


@pytest.mark.parametrize(
    ("at", "word"),
    [
        ("2026-03-05 18:00", "on_time"),
        ("2026-03-06 00:00", "late"),
        ("2026-04-02 23:59", "late"),
        ("2026-04-03 00:00", "penalty"),
        ("2026-06-02 23:59", "penalty"),
        ("2026-06-03 00:00", "veto"),
    ],
)
def test_how_timely_a_zhaocuo_is_answered(at: str, word: str) -> None:
    """M-5: three working days, a month, three months."""
    told = world()
    received(told, MONDAY)
    told.until(at)
    answered(told, at)
    assert timely(told) == [word]


@pytest.mark.parametrize(
    ("at", "word"), [("2026-03-03 23:59", "good"), ("2026-03-04 00:00", "on_time"), ("2026-03-10 00:00", "late")]
)
def test_a_simple_question_has_one_and_five_working_days(at: str, word: str) -> None:
    """M-5: within one working day is good 即时, within five on time."""
    told = world()
    received(told, MONDAY, check="message.unanswered", evidence={"message_kind": "simple"})
    told.until(at)
    answered(told, at, check="message.unanswered")
    assert timely(told) == [word]


def test_of_several_problems_the_latest_proof_counts() -> None:
    """M-5: two messages in one ticket, one answered in time and one not; the order of arrival does not matter."""
    told = world()
    for place in ("zc-1", "zc-2"):
        received(told, MONDAY, locator=place, cause="同一页面")
    told.until("2026-03-09 10:00")
    answered(told, "2026-03-09 09:00", locator="zc-1")
    answered(told, "2026-03-03 09:00", locator="zc-2")
    assert (timely(told), told.ticket().status) == (["late"], "closed")


def test_any_closing_says_how_timely_it_was() -> None:
    """M-5: a check without lines knows on time and late; a merged ticket was not settled and says nothing."""
    told = world()
    for place in range(51):
        blank = {"asset_id": "site", "check": "column.blank", "locator": f"c{place}", "source": "s", "run_id": "r"}
        told.send({**blank, "observed_at": rfc3339(MONDAY)})
    assert {event["reason"] for event in told.events("closed")} == {"merged"}
    assert [event for event in told.events("closed") if "timeliness" in event] == []
    told = world()
    told.send({"asset_id": "site", "check": "column.blank", "observed_at": rfc3339(MONDAY)})
    act(told, "close", reason="已核实")
    (closed,) = told.events("closed")
    assert (closed["timeliness"], closed["said"], "rounds" in closed) == ("on_time", "已核实", False)


def test_a_poor_answer_is_a_second_round_with_its_own_clock() -> None:
    """M-6: answered on day 2, sent back for a poor answer on day 10, the duty contact hears why, answered in time."""
    told = world()
    received(told, MONDAY)
    act(told, "acknowledge")
    told.until("2026-03-04 15:00")
    answered(told, "2026-03-04 14:00")
    told.until("2026-03-16 09:00")
    act(told, "reopen", reason="答复质量差")
    (event,) = told.events("reopened")
    assert (event["said"], event["rule"], event["by"]) == ("答复质量差", "K-19", "张三")
    assert event["summary"].startswith("市科技局网站：重开：答复质量差，整改单重新打开，时限 2026-03-17")
    assert told.told()[-1] == ("03-16 09:00", "reopened", "email", "李值守")
    deadline = told.published("rectify.tickets")[-1]["deadline"]
    assert (deadline["counted_from"], deadline["rule"]) == (rfc3339("2026-03-16 09:00"), "message.zhaocuo/reopened")
    told.until("2026-03-17 11:00")
    answered(told, "2026-03-17 10:00")
    assert (timely(told), told.ticket().reopen_count, lines(told)) == (["on_time", "on_time"], 1, [])


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


def test_a_claimed_answer_is_sent_back_and_answered_again() -> None:
    """K-14: claimed, judged poor, at work again, told why, answered; the clock was never stopped."""
    told = world()
    received(told, MONDAY)
    act(told, "acknowledge")
    act(told, "claim_fix", measures="已答复")
    act(told, "send_back", reason="答非所问")
    assert (told.ticket().status, told.told()[-1][1]) == ("acknowledged", "sent_back")
    told.until("2026-03-06 10:00")
    answered(told, "2026-03-06 09:00")
    assert timely(told) == ["late"]


def test_a_message_is_extended_to_fifteen_working_days_in_all() -> None:
    """K-30: 7 working days from receipt; 8 more are granted, the ninth is not, nor one more later."""
    told = world()
    received(told, MONDAY, check="message.unanswered")
    act(told, "extend", working_days=9, reason="情况复杂")
    act(told, "extend", working_days=8, reason="情况复杂")
    assert told.ticket().due_at == local("2026-03-23 23:59:59")
    act(told, "extend", working_days=1, reason="仍需时间")
    act(told, "extend", due_at="2026-03-24T12:00:00+08:00", reason="仍需时间")
    assert refusals(told) == ["extend_to_exceeded"] * 3
    assert "最长期限" in told.events("command_refused")[0]["summary"]


def test_a_simple_question_is_not_extended() -> None:
    """K-30: five working days are hard."""
    told = world()
    received(told, MONDAY, check="message.unanswered", evidence={"message_kind": "simple"})
    act(told, "extend", working_days=1, reason="情况复杂")
    assert refusals(told) == ["extend_to_exceeded"]


def pack(folder: Path, text: str) -> Policy:
    """A pack of one's own."""
    path = folder / "own.yaml"
    path.write_text("extends: default\npack: own\nversion: 1\ntitle: 本市\n" + text, "utf-8")
    return load_policy(path)


def test_the_row_is_the_tickets_own_and_not_what_the_evidence_says_today(tmp_path: Path) -> None:
    """K-30: opened as a complaint; a row that a later pack no longer has leaves the general limits."""
    told = world()
    received(told, MONDAY, check="message.unanswered", evidence={"message_kind": "complaint"})
    told.policy = pack(
        tmp_path,
        """
checks:
  message.unanswered:
    variants:
      - when: {message_kind: complaint}
        deadline: 3 working days
        extend_to: 4 working days
""",
    )
    act(told, "extend", working_days=8, reason="情况复杂")
    assert refusals(told) == []
    told = world()
    received(told, MONDAY, check="message.unanswered", evidence={"message_kind": "simple"})
    told.policy = pack(tmp_path, "checks: {message.unanswered: {variants: []}}")
    act(told, "extend", working_days=10, reason="情况复杂")
    assert refusals(told) == []


def test_a_date_set_by_a_notice_knows_no_longest_time() -> None:
    """K-30: an official date has replaced the row; the lines still count from receipt."""
    told = world()
    received(told, MONDAY, check="message.unanswered", due_by="2026-03-20")
    act(told, "extend", working_days=10, reason="情况复杂")
    assert refusals(told) == []
    told.until("2026-06-03 00:00")
    assert [line[1] for line in lines(told)] == ["veto"]


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
    (event,) = told.events("line_crossed")
    assert (event["rule"], event["summary"]) == ("M-4", "市科技局网站：评论未回应超过1轮未办结，越过扣分线")
    answered(told, "2026-03-16 10:00", check="comment.unanswered", locator="c-1")
    (closed,) = told.events("closed")
    assert (closed["timeliness"], closed["rounds"]) == ("penalty", 3)


def test_answered_in_the_first_round(tmp_path: Path) -> None:
    """M-4, M-5: nobody saw it a second time."""
    told = world(policy=pack(tmp_path, ROUNDS))
    comment(told, "week-1")
    answered(told, MONDAY, check="comment.unanswered", locator="c-1")
    (closed,) = told.events("closed")
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
    assert [event["rounds"] for event in told.events("closed")] == [2, 2, 1]
