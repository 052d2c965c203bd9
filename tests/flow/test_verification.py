"""Verification 核实: checks that one look does not close, and problems that come and go."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from schemas.check_rule import Verification
from tests.support.world import POLICY, ZONE, World, local

PLACE: dict[str, Any] = {"asset_id": "site", "check": "column.blank", "locator": "公示"}
DAY = "2026-03-02"


def world_with(by: str | None = None, **fields: Any) -> World:
    """A blank column, found by `crawler` at 10:00; its check is verified `by`."""
    rule = POLICY.rule("column.blank")
    if by is not None:
        rule = rule.model_copy(update={"verify": Verification.model_validate({"by": by, **fields})})
    world = World(
        f"{DAY} 10:00",
        POLICY.model_copy(
            update={"trusted": ("linter", "third", "a", "b", "c"), "checks": {**POLICY.checks, "column.blank": rule}}
        ),
    )
    world.unit("owner", "市科技局", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    seen(world, "10:00")
    world.now = local(f"{DAY} 20:00")
    return world


def seen(world: World, at: str, source: str = "crawler", **fields: Any) -> None:
    """The column is blank at this time of the day (or this moment)."""
    world.send({**PLACE, "source": source, "observed_at": moment(at), **fields})


def absent(world: World, at: str, source: str = "crawler", outcome: str = "absent", **fields: Any) -> None:
    """Somebody looked again at this time."""
    answer = {"type": "recheck", **PLACE, "source": source, "outcome": outcome, "observed_at": moment(at)}
    world.send({**answer, "evidence": {"url": f"http://{source}/{at}"}, **fields})


def silent(world: World, at: str, run_id: str, source: str = "crawler") -> None:
    """A complete run that covers the check has found nothing."""
    run = {"type": "run", "asset_id": "site", "status": "complete", "checks": ["column.blank"], "found": 0}
    world.send({**run, "source": source, "run_id": run_id, "started_at": moment(at), "finished_at": moment(at)})
    world.wait(1)


def moment(at: str) -> str:
    """A time of the day as messages carry it."""
    return local(at if " " in at else f"{DAY} {at}").astimezone(ZONE).isoformat()


def noted(world: World) -> list[str]:
    """Why absence did not suffice, in order."""
    return [event["reason"] for event in world.events("absence_noted")]


def test_one_observation_is_enough_unless_the_policy_says_otherwise() -> None:
    """C-30: the default; and the proof says when it was observed."""
    world = world_with()
    absent(world, "10:30")
    (closed,) = world.events("closed")
    assert (world.ticket().status, noted(world)) == ("closed", [])
    assert closed["proof"]["observed_at"] == moment("10:30")


def test_two_in_a_row() -> None:
    """C-30: the first is kept and said once, a retry of it is no second one, the second closes and names both."""
    world = world_with("two_in_a_row")
    absent(world, "10:30")
    absent(world, "10:30")
    absent(world, "10:31", "linter")
    assert (world.ticket().status, noted(world)) == ("open", ["second_needed"])
    silent(world, "11:00", "r2")
    (closed,) = world.events("closed")
    proof = closed["proof"]
    assert (proof["verified"], proof["kind"], proof["run_id"]) == ("two_in_a_row", "run", "r2")
    assert [also["observed_at"] for also in proof["also"]] == [moment("10:30"), moment("10:31")]
    assert (world.ticket().evidence_at, world.problems[0].gone_at) == (local(f"{DAY} 11:00"),) * 2


def test_two_sources() -> None:
    """C-30: one source may look as often as it likes; another one closes."""
    world = world_with("two_sources")
    for at in ("10:30", "11:30", "12:30", "13:30", "14:30", "15:30"):
        absent(world, at)
    assert (world.ticket().status, noted(world)) == ("open", ["other_source_needed"])
    absent(world, "15:31", "linter")
    assert world.ticket().status == "closed"
    assert len(world.events("closed")[0]["proof"]["also"]) == 3  # of too many, the latest are kept


def test_of_a_claim_another_recheck_is_asked_for() -> None:
    """C-30: once after each sighting, so that the unit does not wait for a patrol to be believed."""
    world = world_with("two_in_a_row")
    world.now = local(f"{DAY} 10:15")
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id, measures="已更新")
    world.now = local(f"{DAY} 20:00")
    for at in ("10:30", "10:31", "10:32"):
        absent(world, at)
    requests = world.published("rectify.recheck-requests")
    assert [request["reason"] for request in requests] == ["claim_fix", "verify"]
    assert [event["reason"] for event in world.events("recheck_requested")] == ["claim_fix", "verify"]
    absent(world, "11:00", fingerprint=requests[-1]["fingerprint"], request_id=requests[-1]["request_id"])
    assert world.ticket().status == "closed"


def test_a_person() -> None:
    """C-30: what producers say is shown to the person who approves, and kept with the approval."""
    world = world_with("person")
    ticket_id = world.ticket().ticket_id
    world.command(action="claim_fix", asset_id="site", ticket_id=ticket_id, measures="已更新")
    world.command(action="approve", asset_id="site", ticket_id=ticket_id, reason="看过了")
    assert world.events("command_refused")[0]["reason"] == "not_unverifiable"
    absent(world, "10:30")
    assert (world.ticket().status, noted(world)) == ("claimed", ["person_needed"])
    world.command(action="approve", asset_id="site", ticket_id=ticket_id, reason="看过了")
    assert world.ticket().status == "closed"
    assert '"observed_at":"2026-03-02T10:30:00+08:00"' in (world.problems[0].gone_by_json or "")


def test_a_run_that_a_person_has_accepted_suffices() -> None:
    """C-30, K-20: a supervisor has looked at it."""
    world = world_with("person")
    for number in range(30):
        seen(world, "10:00", locator=f"{number}")
    silent(world, "11:00", "r1")
    assert world.events("run_held")
    world.command(action="accept_run", asset_id="site", source="crawler", run_id="r1")
    world.wait(1)
    assert set(world.by_status()) == {"closed"}


def test_one_says_present_and_another_absent() -> None:
    """C-31: present wins until somebody looks later, whoever it is; in a row means without a sighting in between."""
    world = world_with("two_in_a_row")
    absent(world, "10:30")
    seen(world, "10:45", "linter")
    absent(world, "11:00")
    assert (world.ticket().status, noted(world)) == ("open", ["second_needed", "second_needed"])
    absent(world, "10:40", "third")  # older than the sighting
    assert world.events("recheck_ignored")[0]["reason"] == "older_than_last_sighting"
    assert world.ticket().status == "open"
    absent(world, "11:20", "third")
    assert world.ticket().status == "closed"


@pytest.mark.parametrize("order", list(itertools.permutations(("absent 10:30", "seen 10:45", "absent 11:00"))))
@pytest.mark.parametrize("by", ["two_in_a_row", "two_sources"])
def test_any_order_of_arrival_ends_the_same(by: str, order: tuple[str, ...]) -> None:
    """C-31: whatever comes first, one absence after the sighting is not enough, and no relapse is counted."""
    world = world_with(by)
    for step in order:
        what, at = step.split()
        if what == "seen":
            seen(world, at, "linter")
        else:
            absent(world, at, "a" if at == "10:30" else "b")
    ticket = world.ticket()
    assert (ticket.status, ticket.reopen_count, ticket.open_problem_count) == ("open", 0, 1)
    absent(world, "11:30", "c")
    assert (world.ticket().status, world.ticket().evidence_at) == ("closed", local(f"{DAY} 11:30"))


def test_a_late_sighting_takes_the_closing_back_with_the_deadline_it_had() -> None:
    """C-31: between two observations that closed together; said so, nobody is told of a relapse."""
    world = world_with("two_in_a_row")
    due = world.ticket().due_at
    absent(world, "10:30")
    absent(world, "11:00")
    seen(world, "10:20", "linter")  # before both: the record only
    assert world.ticket().status == "closed"
    absent(world, "10:45", "linter", outcome="present")
    (event,) = world.events("reopened")
    assert (event["rule"], event["reason"], world.ticket().due_at) == ("C-31", "late_sighting", due)
    assert [kind for _, kind, _, _ in world.told()] == ["opened"]


def test_a_late_sighting_takes_no_persons_closing_back() -> None:
    """C-31, K-13: what a supervisor has closed stays closed, a part that was proved gone before included."""
    world = world_with("two_in_a_row")
    world.tickets.clear()
    world.problems.clear()
    for locator in ("甲", "乙"):
        seen(world, "10:00", locator=locator, cause="模板")
    for at in ("10:30", "11:00"):
        absent(world, at, locator="甲")
    world.command(action="close", asset_id="site", ticket_id=world.ticket().ticket_id, reason="现场核实")
    seen(world, "10:45", "linter", locator="甲", cause="模板")
    assert (world.ticket().status, world.problems[0].status) == ("closed", "gone")


def comes_and_goes(world: World, times: int) -> None:
    """Gone and back, so many times, every two hours."""
    for number in range(times):
        day, hour = divmod(12 + 4 * number, 24)
        world.until(f"2026-03-{2 + day:02} {hour:02}:00")
        absent(world, f"2026-03-{2 + day:02} {hour:02}:00")
        world.until(f"2026-03-{2 + day:02} {hour + 2:02}:00")
        seen(world, f"2026-03-{2 + day:02} {hour + 2:02}:00")


def test_flapping_is_damped() -> None:
    """C-32: three returns are relapses; the fourth says that it flaps, and then only a day without it closes."""
    world = world_with()
    world.now = local(f"{DAY} 10:00")
    comes_and_goes(world, 4)
    reopened = world.events("reopened")
    assert [event.get("flapping") for event in reopened] == [None, None, None, 4]
    assert "时好时坏" in reopened[-1]["summary"]
    for at in ("2026-03-03 03:00", "2026-03-03 09:00", "2026-03-04 01:59"):
        world.until(at)
        absent(world, at)
    assert (world.ticket().status, noted(world)) == ("open", ["flapping"])
    world.until("2026-03-04 02:00")
    absent(world, "2026-03-04 02:00")
    assert world.ticket().status == "closed"


def test_a_flapping_problem_is_told_of_once() -> None:
    """C-32: closed after its quiet day and back again, nobody is mailed a fifth time; the ladder still runs."""
    world = world_with()
    world.now = local(f"{DAY} 10:00")
    comes_and_goes(world, 4)
    world.until("2026-03-04 10:00")
    absent(world, "2026-03-04 10:00")
    told = [kind for _, kind, _, _ in world.told()].count("reopened")
    world.until("2026-03-05 10:00")
    seen(world, "2026-03-05 10:00")
    assert (told, [kind for _, kind, _, _ in world.told()].count("reopened")) == (4, 4)
    assert (world.ticket().status, world.events("reopened")[-1]["flapping"]) == ("open", 5)
    assert world.ticket().next_review_at is not None


def test_what_comes_back_now_and_then_does_not_flap() -> None:
    """C-32: more than 30 days between them, they are forgotten; each is a relapse of its own."""
    world = world_with()
    for month in (4, 6, 8, 10, 12):
        for at, what in ((f"2026-{month - 1:02}-28 10:00", absent), (f"2026-{month:02}-20 10:00", seen)):
            world.until(at)
            what(world, at)
    assert [event.get("flapping") for event in world.events("reopened")] == [None] * 5


def test_a_person_approves_when_each_place_has_been_seen_absent() -> None:
    """C-30: of two places of one cause one is still there, as far as anybody knows."""
    world = world_with("person")
    for locator in ("甲", "乙"):
        seen(world, "10:00", locator=locator, cause="模板")
    shared = next(ticket for ticket in world.tickets.values() if ticket.problem_count == 2)
    about = {"asset_id": "site", "ticket_id": shared.ticket_id}
    world.command(action="claim_fix", **about, measures="已更新")
    absent(world, "10:30", locator="甲")
    world.command(action="approve", **about, reason="看过了")
    assert world.events("command_refused")[0]["reason"] == "not_unverifiable"
    absent(world, "10:30", locator="乙")
    world.command(action="approve", **about, reason="看过了")
    assert world.tickets[shared.pk].status == "closed"


def test_what_is_seen_at_the_moment_of_the_first_look_leaves_two_looks() -> None:
    """C-31: two in a row closed it; a sighting of the very moment of the first one is not between them."""
    world = world_with("two_in_a_row")
    absent(world, "10:30")
    absent(world, "11:00")
    seen(world, "10:30", "linter")
    assert (world.ticket().status, world.ticket().reopen_count) == ("closed", 0)


def test_a_late_finding_of_the_run_that_closed_it_is_no_return() -> None:
    """C-32, D-9: it was there all the while, so it does not count towards flapping."""
    world = world_with()
    world.now = local(f"{DAY} 10:00")
    comes_and_goes(world, 3)
    world.until("2026-03-02 23:30")
    silent(world, "23:00", "r9")
    seen(world, "22:50", run_id="r9")
    assert world.ticket().status == "open"
    absent(world, "23:20")
    world.until("2026-03-03 09:00")
    seen(world, "2026-03-03 09:00")
    assert [event["flapping"] for event in world.events("reopened") if event.get("flapping")] == [4]


def test_what_flaps_is_back_whatever_one_run_did_not_see() -> None:
    """C-32, C-41: closed after its quiet day; a sighting that arrives after the next silent run is a return."""
    world = world_with()
    world.now = local(f"{DAY} 10:00")
    comes_and_goes(world, 4)
    world.until("2026-03-04 10:00")
    absent(world, "2026-03-04 02:00")
    silent(world, "2026-03-04 08:00", "r9")
    seen(world, "2026-03-04 05:00")
    assert (world.ticket().status, world.events("reopened")[-1]["flapping"]) == ("open", 5)
