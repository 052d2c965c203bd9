"""Asking for a recheck: one open request a problem, when it is to be looked at, and what nobody can answer."""

from __future__ import annotations

from typing import Any

from schemas.limits import Limits, RecheckCycle
from schemas.policy import Policy
from streams.files.policy.loading import load_policy
from tests.support.world import POLICY, ZONE, World, local

PLACE: dict[str, Any] = {"asset_id": "site", "check": "column.blank", "locator": "公示"}
REQUESTS = "rectify.recheck-requests"


def policy_with(**limits: Any) -> Policy:
    """The default pack with other limits."""
    return POLICY.model_copy(update={"limits": POLICY.limits.model_copy(update=limits)})


def opened(at: str = "2026-03-02 10:00", policy: Policy = POLICY) -> World:
    """A blank column that `crawler` has found; the owner has a supervisor."""
    world = World(at, policy)
    world.unit("city", "市政府办", contacts=[{"name": "王督查", "email": "wang@city.gov.cn"}])
    world.unit("owner", "市科技局", supervisor_id="city", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    found(world)
    return world


def found(world: World, source: str = "crawler", **fields: Any) -> None:
    """It is seen now."""
    world.send({**PLACE, "source": source, "observed_at": world.now.isoformat(), **fields})


def claim(world: World) -> None:
    """The unit says that it is put right."""
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已更新")


def send_back(world: World) -> None:
    """A person does not believe it."""
    world.command(action="send_back", asset_id="site", ticket_id=world.ticket().ticket_id, reason="未见更新")


def answer(world: World, outcome: str, at: str | None = None, source: str = "crawler", **fields: Any) -> None:
    """A producer has looked, now or then."""
    seen = (local(at) if at else world.now).astimezone(ZONE).isoformat()
    world.send({"type": "recheck", **PLACE, "source": source, "outcome": outcome, "observed_at": seen, **fields})


def asked(world: World) -> list[tuple[str, str]]:
    """The published requests: when they are to be looked at, and why."""
    return [(request["not_before"][5:16], request["reason"]) for request in world.published(REQUESTS)]


def test_who_asks_meanwhile_joins() -> None:
    """R-30: claimed, sent back, claimed again before anybody has looked: one request, and both events name it."""
    world = opened()
    claim(world)
    send_back(world)
    world.until("2026-03-02 11:00")
    claim(world)
    (request,) = world.published(REQUESTS)
    first, second = world.events("recheck_requested")
    assert (first["request_ids"], first["joined"]) == ([request["request_id"]], [])
    assert (second["request_ids"], second["joined"]) == ([request["request_id"]],) * 2
    answer(world, "absent", request_id=request["request_id"])
    assert (world.ticket().status, world.requests) == ("closed", {})


def test_after_an_answer_a_claim_asks_again() -> None:
    """R-30: the answered request is over, whatever id its answer named."""
    world = opened()
    claim(world)
    world.until("2026-03-02 10:30")
    answer(world, "present")
    world.until("2026-03-03 09:00")
    claim(world)
    assert asked(world) == [("03-02T10:00", "claim_fix"), ("03-03T09:00", "claim_fix")]
    assert len({request["request_id"] for request in world.published(REQUESTS)}) == 2


def test_an_older_look_is_no_answer() -> None:
    """R-33: somebody looked before the claim and tells it late: still there then, and the claim is looked at."""
    world = opened()
    world.until("2026-03-02 12:00")
    claim(world)
    answer(world, "present", "2026-03-02 11:00")
    assert len(world.requests) == 1


def test_reopened_it_is_asked_anew() -> None:
    """R-30: a request from before the closing is not joined: whoever has answered it saw something else."""
    world = opened()
    claim(world)
    run = {"type": "run", "asset_id": "site", "status": "complete", "checks": ["column.blank"], "found": 0}
    at = "2026-03-02T10:30:00+08:00"
    world.until("2026-03-02 10:30")
    world.send({**run, "source": "crawler", "run_id": "r2", "started_at": at, "finished_at": at})
    world.wait(1)
    assert (world.ticket().status, world.requests) == ("closed", {})  # the run has answered it
    world.until("2026-03-03 10:00")
    found(world)
    claim(world)
    assert asked(world) == [("03-02T10:00", "claim_fix"), ("03-03T10:00", "claim_fix")]


def test_reopened_by_a_person_it_is_asked_anew() -> None:
    """R-30: closed and reopened by hand before anybody has looked; the request of before says nothing of this claim."""
    world = opened()
    claim(world)
    about = {"asset_id": "site", "ticket_id": world.ticket().ticket_id, "reason": "核实"}
    world.until("2026-03-02 11:00")
    world.command(action="close", **about)
    world.until("2026-03-02 12:00")
    world.command(action="reopen", **about)
    claim(world)
    assert asked(world) == [("03-02T10:00", "claim_fix"), ("03-02T12:00", "claim_fix")]
    assert len(world.requests) == 1


def test_a_claim_waits_for_the_next_patrol() -> None:
    """R-31: 无锡 looks every Monday; claimed on a Wednesday it is looked at on Monday, and the request says so."""
    world = opened("2026-03-04 10:00", load_policy("wuxi"))
    claim(world)
    (request,) = world.published(REQUESTS)
    assert request["not_before"] == "2026-03-09T09:00:00+08:00"
    assert request["expires_at"] == "2026-03-10T09:00:00+08:00"
    (event,) = world.events("recheck_requested")
    assert event["summary"].endswith("2026-03-09 09:00 起复查")
    world.until("2026-03-10 08:00")
    assert len(world.published(REQUESTS)) == 1


def test_a_patrol_on_a_rest_day_moves() -> None:
    """R-31: Monday 2026-10-05 is a holiday, so its patrol is on the 8th; claimed on Tuesday it is still that one."""
    cycle = RecheckCycle(weekdays=(1,), time=POLICY.limits.recheck_cycle.time)
    world = opened("2026-10-06 10:00", policy_with(recheck_cycle=cycle))
    claim(world)
    assert asked(world) == [("10-08T09:00", "claim_fix")]


def test_on_the_day_itself_the_time_decides() -> None:
    """R-31: before nine it is today, at nine it is next week."""
    cycle = RecheckCycle(weekdays=(1,), time=POLICY.limits.recheck_cycle.time)
    for at, day in (("08:59", "03-09T09:00"), ("09:00", "03-16T09:00")):
        world = opened(f"2026-03-09 {at}", policy_with(recheck_cycle=cycle))
        claim(world)
        assert asked(world) == [(day, "claim_fix")]


def test_by_default_nobody_waits_for_a_patrol() -> None:
    """R-31: a pack without a cycle asks at once."""
    assert Limits.model_fields["recheck_cycle"].default.weekdays == ()
    world = opened()
    claim(world)
    assert asked(world) == [("03-02T10:00", "claim_fix")]


def test_so_many_looks_are_asked_for_as_the_ticket_shows() -> None:
    """R-5: of 59 places the claim asks about fifty."""
    world = opened()
    for number in range(59):
        found(world, locator=f"栏目{number}", cause="模板")
    shared = next(ticket for ticket in world.tickets.values() if ticket.problem_count == 59)
    world.command(action="claim_fix", asset_id="site", ticket_id=shared.ticket_id, measures="已更新")
    assert len(world.published(REQUESTS)) == len(world.requests) == 50


def test_what_nobody_can_answer_goes_to_a_person_at_once() -> None:
    """R-36: the only producer says that it cannot look again; supervisors hear it, and one of them approves."""
    world = opened()
    world.producer("crawler", checks=[])
    claim(world)
    assert (world.published(REQUESTS), world.events("recheck_requested"), world.requests) == ([], [], {})
    (event,) = world.events("recheck_unanswered")
    assert (event["rule"], event["reason"], event["request_ids"]) == ("R-36", "nobody_can_answer", [])
    (told,) = world.published("rectify.escalations.supervise")
    assert (told["id"], told["ticket"]["status"]) == (event["id"], "claimed")
    world.command(action="approve", asset_id="site", ticket_id=world.ticket().ticket_id, reason="现场核实")
    assert (world.ticket().status, world.ticket().close_reason) == ("closed", "approved")


def test_somebody_else_who_can_is_asked() -> None:
    """R-36: as long as one producer can answer, a person is not needed."""
    world = opened()
    world.producer("crawler", checks=[])
    world.producer("prober", checks=["column.*"])
    claim(world)
    assert [request["producers"] for request in world.published(REQUESTS)] == [["prober"]]
    assert world.events("recheck_unanswered") == []
