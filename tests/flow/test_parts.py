"""Parts of a ticket: problems close one by one, others join, and every proof is kept."""

from __future__ import annotations

import json
from typing import Any

from streams.presentation.ticket.evidence import evidence_lines, evidence_of
from streams.rules.intake.fingerprint import named
from tests.support.world import POLICY, TRUSTING, ZONE, World, local

CAUSE: dict[str, Any] = {"asset_id": "site", "check": "column.blank", "cause": "模板", "source": "crawler"}
MONDAY = "2026-03-02 10:00"


def seen(world: World, locator: str, **fields: Any) -> None:
    """One place of the cause is found now."""
    world.send({**CAUSE, "locator": locator, "observed_at": world.now.isoformat(), **fields})


def recheck(world: World, locator: str, outcome: str = "absent", **fields: Any) -> None:
    """Somebody has looked at this place now."""
    answer = {"type": "recheck", "asset_id": "site", "check": "column.blank", "locator": locator, "outcome": outcome}
    given = {"source": "linter", "evidence": {"url": f"http://site/{locator}"}, **fields}
    world.send({**answer, "observed_at": world.now.isoformat(), **given})


def two_places(at: str = MONDAY, policy: Any = TRUSTING) -> World:
    """Two places of one cause in one ticket."""
    world = World(at, policy)
    world.unit("owner", "市科技局", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    seen(world, "甲")
    seen(world, "乙")
    return world


def test_problems_close_one_by_one_and_the_ticket_with_the_last() -> None:
    """C-1: also when a third joins in between; the ticket closes as of the latest proof."""
    world = two_places()
    world.until("2026-03-03 10:00")
    recheck(world, "甲")
    seen(world, "丙")
    assert (world.ticket().status, world.ticket().problem_count, world.ticket().open_problem_count) == ("open", 3, 2)
    world.until("2026-03-04 10:00")
    recheck(world, "丙")
    recheck(world, "乙", observed_at="2026-03-02T11:00:00+08:00")  # older than other proofs
    ticket = world.ticket()
    assert (ticket.status, ticket.open_problem_count, ticket.evidence_at) == ("closed", 0, local("2026-03-04 10:00"))
    assert [event["locator"] for event in world.events("problem_gone")] == ["甲", "丙"]


def test_who_joins_moves_no_deadline_backwards_or_forwards() -> None:
    """T-4: whether its own deadline would be earlier or later, whether the ticket is claimed already."""
    world = two_places()
    due = world.ticket().due_at
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已更新")
    seen(world, "丙", due_by="2026-03-03")
    world.until("2026-03-05 10:00")
    seen(world, "丁")
    assert (world.ticket().due_at, world.ticket().problem_count, world.ticket().status) == (due, 4, "claimed")
    for locator in ("甲", "乙", "丙"):
        recheck(world, locator)
    assert world.ticket().status == "claimed"
    recheck(world, "丁")
    assert world.ticket().status == "closed"


def test_a_part_that_is_back_reopens_alone() -> None:
    """C-5: the other stays gone with its proof; the relapse is the ticket's."""
    world = two_places()
    world.until("2026-03-03 10:00")
    recheck(world, "甲")
    recheck(world, "乙")
    world.until("2026-03-04 10:00")
    recheck(world, "甲", "present")
    ticket = world.ticket()
    assert (ticket.status, ticket.open_problem_count, ticket.reopen_count) == ("open", 1, 1)
    assert [problem.status for problem in world.problems] == ["open", "gone"]
    assert world.events("reopened")[0]["evidence"] == {"url": "http://site/甲"}
    recheck(world, "乙", "present")
    assert world.ticket().open_problem_count == 2
    assert world.events("seen_again")[-1]["reason"] == "problem_back"


def test_presence_is_kept_with_its_evidence() -> None:
    """C-33: a recheck that still sees it is an event with source, time and evidence; of a claim, `recheck_failed`."""
    world = two_places()
    world.until("2026-03-03 10:00")
    recheck(world, "甲", "present", request_id="q-1")
    (event,) = world.events("seen_again")
    assert (event["rule"], event["reason"], event["locator"]) == ("C-33", "recheck_present", "甲")
    assert (event["source"], event["request_id"], event["evidence"]) == ("linter", "q-1", {"url": "http://site/甲"})
    assert event["id"] in {entry.event_id for entry in world.history}
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已更新")
    recheck(world, "乙", "present")
    assert world.events("recheck_failed")[0]["evidence"] == {"url": "http://site/乙"}
    assert len(world.events("seen_again")) == 1


def test_every_proof_is_shown_with_its_problem() -> None:
    """C-33: who saw it last, and who no longer did, each with its evidence, and when."""
    world = two_places()
    seen(world, "甲", run_id="r1", evidence={"snippet": "暂无内容"})
    world.until("2026-03-03 10:00")
    recheck(world, "甲")
    first, second = (evidence_of(problem, ZONE) for problem in world.problems)
    assert (first["present"]["run_id"], first["present"]["evidence"]) == ("r1", {"snippet": "暂无内容"})
    (proof,) = first["absent"]
    assert (proof["source"], proof["evidence"]) == ("linter", {"url": "http://site/甲"})
    assert proof["observed_at"] == "2026-03-03T10:00:00+08:00"
    assert second["absent"] == []
    told = list(evidence_lines(world.problems[0], ZONE))
    assert told[0] == '检出证据 crawler 巡检 r1  {"snippet":"暂无内容"}'
    assert told[1] == '消除证据 2026-03-03 10:00 linter  {"url":"http://site/甲"}'


def test_what_is_set_aside_stays_quiet_over_rechecks_and_says_so() -> None:
    """D-8, C-33: neither answer changes anything; `present` is answered as set aside, with its evidence."""
    world = two_places()
    world.command(action="dismiss", asset_id="site", ticket_id=world.ticket().ticket_id, reason="原样如此")
    world.until("2026-03-03 10:00")
    recheck(world, "甲", "present")
    recheck(world, "乙")
    assert (world.ticket().status, [problem.status for problem in world.problems]) == ("dismissed", ["dismissed"] * 2)
    (event,) = world.events("recheck_ignored")
    assert (event["reason"], event["evidence"]) == ("set_aside", {"url": "http://site/甲"})


def test_the_recheck_at_the_end_of_a_waiver_opens_the_ticket_again() -> None:
    """E-6: asked for at its end; `present` after it reopens, before it does not."""
    world = two_places()
    ticket_id = world.ticket().ticket_id
    world.command(action="waive", asset_id="site", ticket_id=ticket_id, until="2026-03-20", reason="改版")
    world.until("2026-03-20 12:00")
    recheck(world, "甲", "present")
    assert world.ticket().status == "dismissed"
    world.until("2026-03-21 10:00")
    requests = world.published("rectify.recheck-requests")
    assert [request["reason"] for request in requests] == ["waiver_ended"] * 2
    for request in requests:
        key = named("site", request["fingerprint"]).key
        locator = next(problem.locator for problem in world.problems if problem.key == key)
        recheck(world, locator, "present", fingerprint=request["fingerprint"])
    (event,) = world.events("reopened")
    assert (event["rule"], event["reason"], world.ticket().open_problem_count) == ("E-6", "waiver_ended", 2)
    assert world.told()[-1][1] == "reopened"


def test_a_closing_is_told_unless_the_policy_says_otherwise() -> None:
    """C-39: by mail to the duty contacts, also of clock hours; a pack may leave it out."""
    silent = POLICY.sending.closed.model_copy(update={"mail": False})
    sending = POLICY.sending.model_copy(update={"closed": silent})
    for policy, told in ((TRUSTING, [("closed", "email")]), (TRUSTING.model_copy(update={"sending": sending}), [])):
        world = two_places(policy=policy)
        world.until("2026-03-03 10:00")
        recheck(world, "甲")
        recheck(world, "乙")
        assert [(kind, channel) for _, kind, channel, _ in world.told() if kind == "closed"] == told
    assert json.loads(world.history[-1].body_json)["proof"]["source"] == "linter"
