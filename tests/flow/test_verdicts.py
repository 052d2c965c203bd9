"""Verdicts 判定: what a person has set aside stays quiet until its date, or until the content is another."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.world import World, local

PLACE: dict[str, Any] = {"asset_id": "site", "check": "text.typo", "locator": "/a", "evidence": {"word": "登陆"}}


def judged(action: str, content: str | None = "h1", **fields: Any) -> World:
    """A wrong word, found on Monday at 10:00 and set aside at 10:00."""
    world = World("2026-03-02 10:00")
    world.unit("owner", "市科技局", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    seen(world, content)
    ticket_id = world.ticket().ticket_id
    until = {"until": "2026-03-20"} if action == "waive" else {}
    world.command(action=action, asset_id="site", ticket_id=ticket_id, reason="原文如此", **until, **fields)
    return world


def seen(world: World, content: str | None, at: str | None = None, **fields: Any) -> None:
    """The word is found, now or at `at`, in content with this hash."""
    evidence = {**PLACE["evidence"], **({} if content is None else {"content_hash": content})}
    observed = local(at) if at else world.now
    world.send({**PLACE, "evidence": evidence, "observed_at": observed.isoformat(), **fields})


@pytest.mark.parametrize("action", ["dismiss", "waive"])
def test_a_verdict_ends_when_the_content_has_changed(action: str) -> None:
    """D-20: the same content stays quiet for days; another opens the ticket again, and the duty contact hears why."""
    world = judged(action)
    world.until("2026-03-04 10:00")
    seen(world, "h1")
    assert (world.ticket().status, world.events("reopened")) == ("dismissed", [])
    world.until("2026-03-05 10:00")
    seen(world, "h2", source="linter", run_id="r2")
    ticket = world.ticket()
    (event,) = world.events("reopened")
    assert (event["rule"], event["reason"], event["run_id"]) == ("D-20", "content_changed", "r2")
    assert "内容已变化，原判定不再适用" in event["summary"]
    assert (ticket.status, ticket.open_problem_count, ticket.reopen_count) == ("open", 1, 1)
    assert (world.problems[0].status, world.problems[0].gone_by_json) == ("open", None)
    assert world.told()[-1] == ("03-05 10:00", "reopened", "email", "李值守")


@pytest.mark.parametrize("action", ["dismiss", "waive"])
@pytest.mark.parametrize(
    ("before", "later"), [("h1", None), (None, "h2"), (None, None), ("h1", "h1"), ("h1", 7), ("h1", "")]
)
def test_without_both_hashes_or_with_the_same_it_stands(action: str, before: str | None, later: Any) -> None:
    """D-8, D-20: nothing to compare, nothing has changed."""
    world = judged(action, before)
    world.until("2026-03-05 10:00")
    seen(world, later)
    assert (world.ticket().status, world.problems[0].count, world.outcomes["quiet"]) == ("dismissed", 2, 1)


def test_compared_is_the_content_that_was_judged() -> None:
    """D-20: a quiet sighting without a hash in between makes nobody forget it."""
    world = judged("dismiss")
    for day, content in ((3, None), (4, "h1"), (5, None)):
        world.until(f"2026-03-{day:02} 10:00")
        seen(world, content)
    assert world.events("reopened") == []
    world.until("2026-03-06 10:00")
    seen(world, "h2")
    assert len(world.events("reopened")) == 1


def test_what_was_seen_before_the_verdict_ends_none() -> None:
    """D-20: an older page that arrives late is not a change; nor is a warning (D-7)."""
    world = judged("dismiss")
    world.until("2026-03-03 10:00")
    seen(world, "h0", "2026-03-01 10:00")
    seen(world, "h2", level="warning")
    assert (world.ticket().status, world.outcomes["quiet"]) == ("dismissed", 2)


def test_judged_again_the_new_content_is_the_one_that_counts() -> None:
    """D-20: dismissed, changed, dismissed again: now the second content stays quiet."""
    world = judged("dismiss")
    world.until("2026-03-03 10:00")
    seen(world, "h2")
    world.command(action="dismiss", asset_id="site", ticket_id=world.ticket().ticket_id, reason="仍是原文")
    world.until("2026-03-04 10:00")
    seen(world, "h2")
    assert (world.ticket().status, len(world.events("reopened"))) == ("dismissed", 1)
    world.until("2026-03-04 11:00")
    seen(world, "h1")
    assert (world.ticket().status, len(world.events("reopened"))) == ("open", 2)


def two_places(action: str, before: dict[str, str] | None = None) -> World:
    """Two words of one cause in one ticket, both set aside; `before`: what the unit had said by then."""
    world = World("2026-03-02 10:00")
    world.asset("site", "市科技局网站")
    for place in ("/a", "/b"):
        seen(world, "h1", locator=place, cause="模板")
    if before is not None:
        world.command(asset_id="site", ticket_id=world.ticket().ticket_id, **before)
        world.until("2026-03-02 11:00")
    until = {"until": "2026-03-20"} if action == "waive" else {}
    world.command(action=action, asset_id="site", ticket_id=world.ticket().ticket_id, reason="原文如此", **until)
    return world


def test_the_other_problems_of_the_ticket_stay_judged() -> None:
    """D-20: one of two places has changed: it alone is open; when the other changes too, it joins without a relapse."""
    world = two_places("dismiss")
    world.until("2026-03-03 10:00")
    seen(world, "h2", locator="/a", cause="模板")
    assert [problem.status for problem in world.problems] == ["open", "dismissed"]
    seen(world, "h2", locator="/b", cause="模板")
    ticket = world.ticket()
    assert (ticket.open_problem_count, ticket.reopen_count) == (2, 1)
    assert [event["reason"] for event in world.events("seen_again")] == ["content_changed"]


def test_a_waiver_keeps_its_date_when_another_problem_has_opened_the_ticket() -> None:
    """E-6: each problem is waived until the date that was given, and is back after it; in a closed ticket too."""
    for closed in (False, True):
        world = two_places("waive")
        world.until("2026-03-05 10:00")
        seen(world, "h2", locator="/a", cause="模板")
        if closed:
            answer = {"type": "recheck", "asset_id": "site", "check": "text.typo", "locator": "/a", "outcome": "absent"}
            fingerprint = world.problems[0].fingerprint
            world.send({**answer, "fingerprint": fingerprint, "observed_at": world.now.isoformat()})
        assert world.ticket().status == ("closed" if closed else "open")
        world.until("2026-03-20 23:00")
        seen(world, "h1", locator="/b", cause="模板")
        assert world.problems[1].status == "waived"
        world.until("2026-03-21 10:00")
        seen(world, "h1", locator="/b", cause="模板")
        ticket = world.ticket()
        assert (world.problems[1].status, ticket.status) == ("open", "open")
        assert ticket.open_problem_count == (1 if closed else 2)
        reopened = [event["reason"] for event in world.events("reopened")]
        assert reopened == (["content_changed", "waiver_ended"] if closed else ["content_changed"])


@pytest.mark.parametrize(
    ("verdict", "status"),
    [({"action": "dismiss"}, "dismissed"), ({"action": "waive", "until": "2026-03-20"}, "waived")],
)
def test_a_late_finding_of_a_run_meets_a_verdict(verdict: dict[str, str], status: str) -> None:
    """D-9: one of two problems is closed by a run, the rest judged; the run did see it after all: judged, too."""
    world = World("2026-03-02 11:30")
    seen = {"asset_id": "site", "check": "column.blank", "cause": "cms", "source": "crawler"}
    for place in ("a", "b"):
        world.send({**seen, "locator": place, "run_id": "r1", "observed_at": "2026-03-02T10:00:00+08:00"})
    late = {**seen, "locator": "a", "run_id": "r2", "observed_at": "2026-03-02T11:00:00+08:00"}
    run = {"type": "run", "asset_id": "site", "source": "crawler", "run_id": "r2", "status": "complete"}
    world.send(
        {**late, "locator": "b"}, {**run, "checks": ["column.blank"], "finished_at": "2026-03-02T11:10:00+08:00"}
    )
    world.wait(31)
    assert [problem.status for problem in world.problems] == ["gone", "open"]
    world.command(asset_id="site", ticket_id=world.ticket().ticket_id, reason="已核实", **verdict)
    world.send(late)
    assert [problem.status for problem in world.problems] == [status, status]
    assert (world.ticket().status, world.ticket().open_problem_count) == ("dismissed", 0)


def test_a_waiver_ends_after_now() -> None:
    """K-18: until this very moment is no waiver; a second more is one."""
    world = World("2026-03-02 10:00")
    world.asset("site", "市科技局网站")
    seen(world, "h1")
    about = {"action": "waive", "asset_id": "site", "ticket_id": world.ticket().ticket_id, "reason": "改版"}
    world.command(**about, until="2026-03-02T10:00:00+08:00")
    assert [event["reason"] for event in world.events("command_refused")] == ["until_passed"]
    world.command(**about, until="2026-03-02T10:00:01+08:00")
    assert world.ticket().status == "dismissed"
