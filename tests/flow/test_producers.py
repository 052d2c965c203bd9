"""Producers: who can look again at what, by what the registry says and by what they have reported."""

from __future__ import annotations

from typing import Any

from tests.flow.test_closing import ended, world_with
from tests.flow.test_held_runs import answer as answer_sample
from tests.flow.test_requesting import REQUESTS, claim, found, opened
from tests.support.world import World


def named(world: World) -> list[list[str]]:
    """Whom each request names."""
    return [request["producers"] for request in world.published(REQUESTS)]


def test_whoever_has_found_it_can_look_again() -> None:
    """R-35: without any declaration."""
    world = opened()
    claim(world)
    assert named(world) == [["crawler"]]


def test_what_the_registry_says_counts_before_what_was_seen() -> None:
    """R-35: a producer that says what it can recheck is asked for that alone; its reporters come first."""
    world = opened()
    found(world, source="another")
    world.producer("another", checks=["link.*"])
    world.producer("prober", checks=["column.blank"])
    claim(world)
    assert named(world) == [["crawler", "prober"]]


def test_without_a_source_anybody_may_answer() -> None:
    """R-35: somebody without a name has found it: nobody is named, and it is asked for all the same."""
    world = opened()
    world.send({"asset_id": "site", "check": "text.typo", "locator": "x", "observed_at": world.now.isoformat()})
    typo = next(ticket for ticket in world.tickets.values() if ticket.check == "text.typo")
    world.command(action="claim_fix", asset_id="site", ticket_id=typo.ticket_id, measures="已改")
    assert named(world) == [[]]


def held_with_another() -> tuple[World, list[dict[str, Any]]]:
    """A held run of `crawler`, and a prober that can look at the same."""
    world = world_with(100)
    world.producer("prober", checks=["*"])
    world.send(ended("r2", found=0))
    world.wait(1)
    return world, world.published(REQUESTS)


def test_another_producer_is_asked_about_a_held_run() -> None:
    """R-37: the crawler that may be broken is not named, and its own `absent` closes one problem, not the rest."""
    world, requests = held_with_another()
    assert named(world) == [["prober"]] * 3
    for request in requests:
        answer_sample(world, request, "absent", source="crawler")
    assert (world.by_status(), world.events("run_accepted")) == ({"open": 97, "closed": 3}, [])
    for request in requests:
        answer_sample(world, request, "absent", source="prober")
    (accepted,) = world.events("run_accepted")
    assert (world.by_status(), accepted["answered_by_itself"]) == ({"closed": 100}, False)


def test_the_runs_own_answer_leaves_the_other_producer_asked() -> None:
    """R-37, R-32: three problems are closed by it; the prober is asked about them again, because the run waits."""
    world, requests = held_with_another()
    world.until("2026-03-02 12:00")
    for request in requests:
        answer_sample(world, request, "absent", "2026-03-02T11:50:00+08:00", source="crawler")
    world.until("2026-03-03 12:00")
    again = world.published(REQUESTS)[3:]
    assert {request["repeats"] for request in again} == {request["request_id"] for request in requests}
    assert {tuple(request["producers"]) for request in again} == {("prober",)}


def test_where_nobody_else_can_the_run_answers_for_itself() -> None:
    """R-37: and the event says so."""
    world = world_with(100)
    world.send(ended("r2", found=0))
    world.wait(1)
    assert named(world) == [["crawler"]] * 3
    for request in world.published(REQUESTS):
        answer_sample(world, request, "absent", source="crawler")
    (accepted,) = world.events("run_accepted")
    assert (world.by_status(), accepted["answered_by_itself"]) == ({"closed": 100}, True)
    assert "自行复查" in accepted["summary"]


def test_a_sample_joins_a_claim() -> None:
    """R-30: the claim's open request is one of the sample; its answer answers both, and repeats of it too.

    R-37: from then on only those are named who have not made the held run.
    """
    world = opened()
    world.producer("prober", checks=["*"])
    for number in range(30):
        found(world, check="text.typo", locator=f"https://a.gov.cn/{number}", run_id="r1")
    typos = [ticket for ticket in world.tickets.values() if ticket.check == "text.typo"]
    for ticket in typos[:25]:
        world.command(action="claim_fix", asset_id="site", ticket_id=ticket.ticket_id, measures="已改")
    for ticket in typos[:25]:
        world.command(action="send_back", asset_id="site", ticket_id=ticket.ticket_id, reason="未改")
    claims = len(world.published(REQUESTS))
    world.until("2026-03-02 11:00")
    at = world.now.isoformat()
    run_ = {"type": "run", "asset_id": "site", "status": "complete", "source": "crawler", "run_id": "r2", "found": 0}
    world.send({**run_, "checks": ["text.typo"], "started_at": at, "finished_at": at})
    world.wait(1)
    (held,) = world.events("run_held")
    known = {request["request_id"]: request for request in world.published(REQUESTS)}
    new = [one for one in held["request_ids"] if one.startswith("held-")]
    assert (len(held["request_ids"]), len(known) - claims) == (3, len(new))
    assert len(new) < 3
    world.until("2026-03-03 11:00")
    repeated = {request["repeats"] for request in world.published(REQUESTS) if request["repeats"]}
    assert repeated >= set(held["request_ids"]) - set(new)
    whom = {request["repeats"]: request["producers"] for request in world.published(REQUESTS)}
    assert [whom[request_id] for request_id in held["request_ids"]] == [["prober"]] * 3
    for request_id in held["request_ids"]:
        fingerprint = known[request_id]["fingerprint"]
        now = world.now.isoformat()
        world.send(
            {"type": "recheck", "asset_id": "site", "outcome": "absent", "observed_at": now, "source": "prober",
             "fingerprint": fingerprint, "request_id": f"{request_id}-2"}
        )  # fmt: skip
    assert [event["reason"] for event in world.events("run_accepted")] == ["sample_absent"]


def test_the_sample_of_a_held_run_is_asked_for_again() -> None:
    """R-32: as long as the run waits, and no longer."""
    world, requests = held_with_another()
    world.until("2026-03-03 12:00")
    again = [request["repeats"] for request in world.published(REQUESTS) if request["attempt"] == 2]
    assert sorted(again) == sorted(request["request_id"] for request in requests)
    world.command(action="reject_run", asset_id="site", source="crawler", run_id="r2", reason="采集故障")
    world.until("2026-03-31 12:00")
    assert {request["attempt"] for request in world.published(REQUESTS)} == {1, 2}
    assert (world.requests, world.events("recheck_unanswered")) == ({}, [])
