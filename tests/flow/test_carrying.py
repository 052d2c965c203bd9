"""Problems whose fingerprint was made by another recipe keep their tickets (rule D-14), and one place is one (D-1)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import orjson
import pytest

from streams.rules.intake.keying import identity_now
from streams.rules.intake.recipe_one import former_key
from streams.rules.state.identity import FORMER
from streams.rules.state.inputs import Carried
from streams.rules.state.recipe import keyed_by
from streams.rules.state.records import Problem
from streams.rules.tickets.grouping import group_key
from tests.support.world import World

AT = "2026-03-02 10:00"
PAGE = "https://kjj.example/%E9%80%9A%E7%9F%A5/"
SPELLINGS = ("https://kjj.example/%e9%80%9a%e7%9f%a5/", "https://kjj.example/通知/", f"{PAGE}#top")


def seen(at: str = AT, **fields: Any) -> dict[str, Any]:
    """One finding of one page."""
    observed_at = f"{at.replace(' ', 'T')}:00+08:00"
    return {"asset_id": "site", "check": "column.stale", "locator": PAGE, "observed_at": observed_at, **fields}


def made_before(*findings: dict[str, Any]) -> World:
    """A world in which each of these has a problem of its own, as recipe 1 had it; the ladder stands at 12:00."""
    world = World("2026-03-02 12:00")
    for number, finding in enumerate(findings):
        world.send({**finding, "fingerprint": f"own-{number}"})
    fields = {code: rule.discriminator for code, rule in world.policy.checks.items()}
    for place, problem in enumerate(world.problems):
        evidence = problem.facts["evidence"]
        key = former_key("site", problem.check, problem.locator, fields.get(problem.check), evidence)
        world.problems[place] = problem._replace(key=key, fingerprint=FORMER + key.hex())
    world.registry = replace(world.registry, keyed_by="")
    return world


def carry_all(world: World) -> None:
    """What workers and `rectify db rekey` do with each problem that has another identity by now."""
    inputs = [
        Carried("site", problem, identity)
        for problem in list(world.problems)
        if problem.current and (identity := identity_now(world.policy, "site", problem)) is not None
    ]
    for content in inputs:
        world.decide([content])
    world.registry = replace(world.registry, keyed_by=keyed_by(world.policy))


def current(world: World) -> list[Problem]:
    """The problems that there are now."""
    return [problem for problem in world.problems if problem.current]


def test_four_spellings_of_one_column_are_one_ticket() -> None:
    """D-1: by four producers, with one deadline; what one sees gone is gone for all."""
    world = World("2026-03-03 12:00")
    places = (PAGE, *SPELLINGS)
    world.send(*(seen(locator=place, source=name) for name, place in zip("abcd", places, strict=True)))
    assert (world.by_status(), [problem.count for problem in world.problems]) == ({"open": 1}, [4])
    world.send(
        {
            "type": "recheck", "asset_id": "site", "check": "column.stale", "locator": "https://KJJ.example:443/通知/",
            "source": "a", "outcome": "absent", "observed_at": "2026-03-03T11:00:00+08:00",
        }
    )  # fmt: skip
    assert world.by_status() == {"closed": 1}


def test_a_target_in_two_spellings_is_one_problem_and_one_group() -> None:
    """D-1, G-2: what holds for the locator holds for `evidence.target` and for a cause that names it."""
    world = World("2026-03-03 12:00")
    first = {"http_status": 404, "target": "https://fj.example/x"}
    world.send(
        seen(check="link.dead", evidence=first),
        seen(check="link.dead", evidence={**first, "target": "https://FJ.example:443/x#top"}),
        seen(check="link.dead", locator="https://kjj.example/q", evidence={**first, "target": "https://fj。example/x"}),
        seen(check="link.dead", locator="https://kjj.example/r", cause="target:https://fj.example/%78"),
    )
    assert [problem.count for problem in world.problems] == [2, 1, 1]
    assert (world.ticket().cause, world.ticket().problem_count) == ("target:https://fj.example/x", 3)


def test_session_ids_open_no_second_ticket() -> None:
    """D-13: a crawler without cookies gets another one with every run."""
    world = World("2026-03-03 12:00")
    page = "https://kjj.example/list.jsp;jsessionid={}?id=7"
    world.send(
        seen(check="function.broken", locator=page.format("8DBFC2FE"), source="a", run_id="mon"),
        seen("2026-03-03 09:00", check="function.broken", locator=page.format("77AA01BC"), source="a", run_id="tue"),
    )
    assert (world.by_status(), world.problems[0].count) == ({"open": 1}, 2)


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_finding_finds_its_problem_under_the_former_key(spelling: str) -> None:
    """D-14: the same ticket, counted on, under the fingerprint of today; its document follows."""
    world = made_before(seen(locator=spelling))
    before = world.ticket()
    world.send(seen("2026-03-02 11:00", locator=spelling))
    (problem,) = current(world)
    assert (problem.count, problem.fingerprint[:2], len(world.tickets)) == (2, "2-", 1)
    assert world.ticket().due_at == before.due_at
    world.send(seen("2026-03-02 11:30"))
    assert (current(world)[0].count, len(world.tickets)) == (3, 1)
    world.wait(30)
    assert world.published("rectify.tickets")[-1]["problems"][0]["fingerprint"] == problem.fingerprint


def test_whoever_names_the_former_fingerprint_still_means_it() -> None:
    """D-14, D-2: a recheck, a finding that quotes it, and a command that splits."""
    places = (PAGE, "https://kjj.example/%7Eb", "/c")
    world = made_before(*(seen(locator=at, source="a", **({"cause": "one"} if at != PAGE else {})) for at in places))
    names = [problem.fingerprint for problem in world.problems]
    carry_all(world)
    world.send(seen("2026-03-02 11:00", locator="elsewhere", fingerprint=names[0]))
    assert current(world)[0].count == 2
    both = next(ticket for ticket in world.tickets.values() if ticket.problem_count == 2)
    fields = {"action": "split", "asset_id": "site", "ticket_id": both.ticket_id, "fingerprints": [names[1]]}
    world.command(**fields, reason="两个单位办")
    assert (world.events("command_refused"), len(world.tickets)) == ([], 3)
    world.send(
        {
            "type": "recheck", "asset_id": "site", "fingerprint": names[0], "source": "a", "outcome": "absent",
            "observed_at": "2026-03-02T11:30:00+08:00",
        }
    )  # fmt: skip
    assert world.by_status() == {"open": 2, "closed": 1}


def test_a_request_is_answered_under_the_former_name() -> None:
    """D-14, R-30: asked before, answered after; nobody asks again."""
    world = made_before(seen(source="a"))
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已更新")
    (request,) = world.published("rectify.recheck-requests")
    carry_all(world)
    assert [ask.key for ask in world.requests.values()] == [current(world)[0].key]
    world.send(
        {
            "type": "recheck", "asset_id": "site", "fingerprint": request["fingerprint"], "source": "a",
            "request_id": request["request_id"], "outcome": "present", "observed_at": "2026-03-02T12:00:00+08:00",
        }
    )  # fmt: skip
    assert (world.requests, world.ticket().status) == ({}, "acknowledged")


def test_a_request_is_answered_in_the_batch_that_carries_its_problem_over() -> None:
    """D-14, R-30: the finding and the answer come in one fetch."""
    world = made_before(seen(source="a"))
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已更新")
    (request,) = world.published("rectify.recheck-requests")
    answer = {
        "type": "recheck", "asset_id": "site", "check": "column.stale", "locator": SPELLINGS[1], "source": "a",
        "request_id": request["request_id"], "outcome": "present", "observed_at": "2026-03-02T12:00:00+08:00",
    }  # fmt: skip
    world.send(seen("2026-03-02 11:00"), answer)
    assert (world.requests, world.ticket().status, len(current(world))) == ({}, "acknowledged", 1)


def test_the_sample_of_a_held_run_is_answered_under_the_former_names() -> None:
    """D-14, C-22: asked before, answered after by ticket's request; the run is accepted."""
    pages = [f"https://kjj.example/通知/{number}" for number in range(30)]
    world = made_before(*(seen(locator=page, source="crawler", run_id="r1") for page in pages))
    world.send(
        {
            "type": "run", "asset_id": "site", "source": "crawler", "run_id": "r2", "status": "complete",
            "checks": ["column.stale"], "found": 0, "finished_at": "2026-03-02T11:00:00+08:00",
        }
    )  # fmt: skip
    world.wait(1)
    requests = world.published("rectify.recheck-requests")
    assert len(requests) == 3
    carry_all(world)
    for request in requests:
        world.send(
            {
                "type": "recheck", "asset_id": "site", "fingerprint": request["fingerprint"], "source": "another",
                "request_id": request["request_id"], "outcome": "absent", "observed_at": "2026-03-02T11:30:00+08:00",
            }
        )  # fmt: skip
    assert [event["reason"] for event in world.events("run_accepted")] == ["sample_absent"]


def test_two_that_are_one_by_now_are_one_ticket() -> None:
    """D-14: the older stays, with the sightings of both; the other's ticket is closed as merged, and nobody is told."""
    older = seen("2026-03-02 09:00", locator=SPELLINGS[0], source="a")
    world = made_before(older, seen("2026-03-02 10:00", locator=SPELLINGS[1], source="b"))
    first, second = world.tickets.values()
    carry_all(world)
    (problem,) = current(world)
    assert (problem.count, problem.ticket_pk, sorted(orjson.loads(problem.seen_by_json))) == (2, first.pk, ["a", "b"])
    merged = world.tickets[second.pk]
    assert (merged.status, merged.close_reason, merged.merged_into) == ("closed", "merged", first.ticket_id)
    assert [event["rule"] for event in world.events("closed")] == ["D-14"]
    world.wait(30)
    assert (world.tickets[first.pk].occurrences, world.tickets[first.pk].status) == (2, "open")
    carry_all(world)
    assert len(current(world)) == 1


def test_some_of_one_ticket_are_one_place() -> None:
    """D-14: the ticket has one place and the sightings of all, at once and counted again; it closes with that one."""
    world = made_before(*(seen(locator=place, source="a", cause="template:head.jsp") for place in SPELLINGS))
    assert world.ticket().problem_count == 3
    carry_all(world)
    for _ in range(2):
        ticket = world.ticket()
        counted = (ticket.problem_count, ticket.open_problem_count, ticket.occurrences, ticket.status)
        assert counted == (1, 1, 3, "open")
        world.wait(30)
    world.send(
        {
            "type": "recheck", "asset_id": "site", "check": "column.stale", "locator": PAGE, "source": "a",
            "outcome": "absent", "observed_at": "2026-03-02T11:00:00+08:00",
        }
    )  # fmt: skip
    assert world.by_status() == {"closed": 1}


@pytest.mark.parametrize("first", [0, 1])
def test_what_is_open_stays_open(first: int) -> None:
    """D-14: beside one that was dismissed, whichever is older; the verdict stays with its own ticket."""
    findings = [seen(locator=place) for place in SPELLINGS[:2]]
    world = made_before(*findings)
    judged = list(world.tickets.values())[first]
    world.command(action="dismiss", asset_id="site", ticket_id=judged.ticket_id, reason="误报")
    carry_all(world)
    assert [problem.status for problem in current(world)] == ["open"]
    assert world.by_status() == {"open": 1, "dismissed": 1}


def test_a_suspicion_joins_an_open_problem() -> None:
    """D-14: its sightings count there, and no ticket is touched."""
    bad = [seen(check="link.dead", locator=place, evidence={"http_status": status, "target": "https://t.example/"})
           for place, status in zip(SPELLINGS, (404, 503), strict=False)]  # fmt: skip
    world = made_before(*bad)
    assert sorted(problem.status for problem in world.problems) == ["open", "suspected"]
    carry_all(world)
    assert [(problem.status, problem.count) for problem in current(world)] == [("open", 2)]
    assert world.by_status() == {"open": 1}


def test_a_group_has_its_cause_in_one_spelling() -> None:
    """D-14, G-2: new problems of the target join the ticket that has it, however it was written."""
    dead: dict[str, Any] = {"check": "link.dead", "evidence": {"http_status": 404, "target": "https://FJ.example/x#a"}}
    world = made_before(seen(**dead))
    pk, ticket = next(iter(world.tickets.items()))
    cause = "target:https://FJ.example/x#a"
    world.tickets[pk] = ticket._replace(cause=cause, group_key=group_key("site", "link.dead", cause))
    carry_all(world)
    world.send(seen(check="link.dead", locator="/q", evidence={"http_status": 404, "target": "https://fj.example/x"}))
    assert (world.ticket().problem_count, world.ticket().cause) == (2, "target:https://fj.example/x")


def test_a_producers_own_name_is_left_alone() -> None:
    """D-14, D-2: also one that looks like a fingerprint of recipe 1."""
    world = World(AT)
    world.send(seen(fingerprint="1-" + "a" * 32), seen(locator="/b", fingerprint="sarif:1"))
    world.registry = replace(world.registry, keyed_by="")
    before = list(world.problems)
    carry_all(world)
    assert world.problems == before


def test_nothing_is_looked_for_once_all_are_carried_over() -> None:
    """D-14: where the ledger says that nothing is left, a finding is looked up under one key."""
    world = made_before(seen(locator=SPELLINGS[0]))
    world.registry = replace(world.registry, keyed_by=keyed_by(world.policy))
    world.send(seen(locator=SPELLINGS[0]))
    assert len(current(world)) == 2


def test_a_warning_stays_the_past_of_its_ticket() -> None:
    """D-14, D-11: warned of before, opened after."""
    world = made_before(seen(level="warning"))
    carry_all(world)
    assert [problem.status for problem in current(world)] == ["warned"]
    world.send(seen("2026-03-02 11:00"))
    assert "warned_at" in world.events("opened")[0]
