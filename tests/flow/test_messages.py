"""Messages 留言: received, answered, judged poor, answered again, extended; and how timely that was."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.inbox import (
    MESSAGE,
    MONDAY,
    act,
    answered,
    happened,
    lines,
    pack,
    received,
    refusals,
    rfc3339,
    ticket,
    timely,
    world,
)
from tests.support.world import World, local


def test_the_clock_runs_from_receipt_and_the_receipt_stays_known() -> None:
    """M-1: found two days after it came in, counted from when it came in; a later finding without it keeps it."""
    told = world("2026-03-04 09:00")
    received(told, MONDAY, evidence={"received_at": "never"})
    assert ticket(told).due_at == local("2026-03-05 23:59:59")
    deadline = told.published("rectify.tickets")[-1]["deadline"]
    assert deadline["counted_from"] == rfc3339(MONDAY)
    told.until("2026-03-05 09:00")
    told.send({**MESSAGE, "observed_at": rfc3339("2026-03-05 09:00"), "title": "仍未答复"})
    (problem,) = told.problems
    facts = problem.facts
    assert (facts["received_at"], facts["title"], facts["evidence"]) == (rfc3339(MONDAY), "仍未答复", {})
    received(told, MONDAY, evidence={"received_at": "never"})
    facts = told.problems[0].facts
    assert (facts["received_at"], facts["evidence"]) == (rfc3339(MONDAY), {"received_at": "never"})


def test_other_tickets_carry_no_clock_of_their_own() -> None:
    """M-1: a check without lines keeps the deadline object that it had."""
    told = world()
    told.send({"asset_id": "site", "check": "column.blank", "observed_at": rfc3339(MONDAY)})
    assert "counted_from" not in told.published("rectify.tickets")[-1]["deadline"]


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
    assert (timely(told), ticket(told).status) == (["late"], "closed")


def test_any_closing_says_how_timely_it_was() -> None:
    """M-5: a check without lines knows on time and late; a merged ticket was not settled and says nothing."""
    told = world()
    for place in range(51):
        blank = {"asset_id": "site", "check": "column.blank", "locator": f"c{place}", "source": "s", "run_id": "r"}
        told.send({**blank, "observed_at": rfc3339(MONDAY)})
    assert {event["reason"] for event in happened(told, "closed")} == {"merged"}
    assert [event for event in happened(told, "closed") if "timeliness" in event] == []
    told = world()
    told.send({"asset_id": "site", "check": "column.blank", "observed_at": rfc3339(MONDAY)})
    act(told, "close", reason="已核实")
    (closed,) = happened(told, "closed")
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
    (event,) = happened(told, "reopened")
    assert (event["said"], event["rule"], event["by"]) == ("答复质量差", "K-19", "张三")
    assert event["summary"].startswith("市科技局网站：重开：答复质量差，整改单重新打开，时限 2026-03-17")
    assert told.told()[-1] == ("03-16 09:00", "reopened", "email", "李值守")
    deadline = told.published("rectify.tickets")[-1]["deadline"]
    assert (deadline["counted_from"], deadline["rule"]) == (rfc3339("2026-03-16 09:00"), "message.zhaocuo/reopened")
    told.until("2026-03-17 11:00")
    answered(told, "2026-03-17 10:00")
    assert (timely(told), ticket(told).reopen_count, lines(told)) == (["on_time", "on_time"], 1, [])


def test_a_claimed_answer_is_sent_back_and_answered_again() -> None:
    """K-14: claimed, judged poor, at work again, told why, answered; the clock was never stopped."""
    told = world()
    received(told, MONDAY)
    act(told, "acknowledge")
    act(told, "claim_fix", measures="已答复")
    act(told, "send_back", reason="答非所问")
    assert (ticket(told).status, told.told()[-1][1]) == ("acknowledged", "sent_back")
    told.until("2026-03-06 10:00")
    answered(told, "2026-03-06 09:00")
    assert timely(told) == ["late"]


def test_a_message_is_extended_to_fifteen_working_days_in_all() -> None:
    """K-30: 7 working days from receipt; 8 more are granted, the ninth is not, nor one more later."""
    told = world()
    received(told, MONDAY, check="message.unanswered")
    act(told, "extend", working_days=9, reason="情况复杂")
    act(told, "extend", working_days=8, reason="情况复杂")
    assert ticket(told).due_at == local("2026-03-23 23:59:59")
    act(told, "extend", working_days=1, reason="仍需时间")
    act(told, "extend", due_at="2026-03-24T12:00:00+08:00", reason="仍需时间")
    assert refusals(told) == ["extend_to_exceeded"] * 3
    assert "最长期限" in happened(told, "command_refused")[0]["summary"]


def test_a_simple_question_is_not_extended() -> None:
    """K-30: five working days are hard."""
    told = world()
    received(told, MONDAY, check="message.unanswered", evidence={"message_kind": "simple"})
    act(told, "extend", working_days=1, reason="情况复杂")
    assert refusals(told) == ["extend_to_exceeded"]


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


def other_unit(told: World) -> None:
    """Another unit with a duty contact."""
    told.unit("other", "市教育局", contacts=[{"name": "赵值守", "email": "duty@b.gov.cn"}])


@pytest.mark.parametrize(
    ("code", "words"), [("withdrawn", "来信人撤回"), ("spam", "垃圾信息"), ("false_alarm", "误报")]
)
def test_a_message_that_needs_no_answer(code: str, words: str) -> None:
    """C-34: said as what it is, the ladder stops, and what the producer still sends stays quiet."""
    told = world()
    received(told, MONDAY)
    act(told, "dismiss", reason="来电说明", reason_code=code)
    (event,) = happened(told, "dismissed")
    assert (event["rule"], event["reason"], words in event["summary"]) == ("C-34", code, True)
    told.until("2026-03-03 10:00")
    received(told, MONDAY)
    found = ticket(told)
    assert (found.status, found.close_reason, found.next_review_at) == ("dismissed", code, None)
    assert (happened(told, "opened")[1:], happened(told, "overdue")) == ([], [])


def test_a_code_belongs_to_its_action() -> None:
    """C-34: `spam` is no reason to close."""
    told = world()
    received(told, MONDAY)
    act(told, "close", reason="垃圾", reason_code="spam")
    assert (ticket(told).status, [refusal.code for refusal in told.refused]) == ("open", ["invalid_field"])


def test_not_ours_keeps_the_deadline() -> None:
    """C-35: handed on, said as such; whoever sat on it has used the time."""
    told = world()
    other_unit(told)
    received(told, MONDAY)
    due = ticket(told).due_at
    told.until("2026-03-04 10:00")
    act(told, "reassign", unit_id="other", reason="不属科技局职责", reason_code="not_ours")
    (event,) = happened(told, "reassigned")
    assert (event["rule"], event["reason"], ticket(told).due_at) == ("C-35", "not_ours", due)
    assert happened(told, "deadline_changed") == []


def test_closed_because_the_site_is_gone() -> None:
    """C-36: only of an asset that the registry no longer has, or says is removed."""
    told = world()
    received(told, MONDAY)
    act(told, "close", reason="网站已关停", reason_code="asset_removed")
    assert refusals(told) == ["asset_registered"]
    told.delete_asset("site")
    act(told, "close", reason="网站已关停", reason_code="asset_removed")
    (event,) = happened(told, "closed")
    assert (event["rule"], ticket(told).close_reason) == ("C-36", "asset_removed")


def test_every_ticket_keeps_from_when_it_counts() -> None:
    """P-5: the receipt, the sighting that confirms a suspicion, the reopening; published only where M-1 says so."""
    told = World("2026-03-02 12:00")
    told.asset("www")
    for check, locator, at, fields in (
        ("message.zhaocuo", "m1", "09:00", {"received_at": "2026-02-28T16:00:00+08:00"}),
        ("column.blank", "/a", "09:10", {}),
        ("link.dead", "/b", "09:20", {"evidence": {"http_status": 503}}),
        ("link.dead", "/b", "09:50", {"evidence": {"http_status": 503}}),
        ("link.dead", "/b", "10:40", {"evidence": {"http_status": 503}}),
    ):
        seen = {"asset_id": "www", "check": check, "locator": locator, "observed_at": f"2026-03-02T{at}:00+08:00"}
        told.send({**seen, **fields})
    counted = {one.check: (one.counted_from, one.first_seen_at) for one in told.tickets.values()}
    assert counted == {
        "message.zhaocuo": (local("2026-02-28 16:00"), local("2026-03-02 09:00")),
        "column.blank": (local("2026-03-02 09:10"), local("2026-03-02 09:10")),
        "link.dead": (local("2026-03-02 10:40"), local("2026-03-02 09:20")),
    }
    blank = next(one for one in told.tickets.values() if one.check == "column.blank")
    told.command(action="close", asset_id="www", ticket_id=blank.ticket_id, reason="确认")
    told.until("2026-03-16 10:00")
    told.command(action="reopen", asset_id="www", ticket_id=blank.ticket_id, reason="抽查发现未改")
    assert told.tickets[blank.pk].counted_from == local("2026-03-16 10:00")
    shown = {one["check"]: one["deadline"].get("counted_from") for one in told.published("rectify.tickets")}
    assert shown == {"message.zhaocuo": "2026-02-28T16:00:00+08:00", "column.blank": None, "link.dead": None}
