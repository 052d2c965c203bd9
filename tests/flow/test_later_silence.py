"""What is gone already, and what is said of it afterwards: late sightings are no relapses (C-41, C-42)."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

from schemas.check_rule import Verification
from tests.support.world import POLICY, World

PLACE: dict[str, Any] = {"asset_id": "site", "check": "column.blank", "locator": "公示"}


def at(hour: str) -> str:
    """A time of the day as messages carry it."""
    return f"2026-03-02T{hour}:00+08:00"


def seen(hour: str, source: str = "crawler", **fields: Any) -> dict[str, Any]:
    """The column is blank."""
    return {**PLACE, "source": source, "observed_at": at(hour), **fields}


def silent(run_id: str, hour: str, source: str = "crawler", **fields: Any) -> dict[str, Any]:
    """A complete run that began then has found nothing."""
    run = {"type": "run", "asset_id": "site", "status": "complete", "checks": ["column.blank"], "found": 0}
    times = {"started_at": at(hour), "finished_at": at(hour)}
    return {**run, "source": source, "run_id": run_id, **times, **fields}


def played(*messages: dict[str, Any], policy: Any = POLICY) -> World:
    """In the afternoon the messages arrive one by one, and runs are judged in between."""
    world = World("2026-03-02 20:00", policy)
    for message in messages:
        world.send(message)
        world.wait(1)
    return world


GONE = (seen("10:00"), silent("r1", "11:00"))


def test_a_sighting_that_a_later_run_has_overtaken_is_no_relapse() -> None:
    """Gone at 11:00; the 13:00 run sees nothing either; what was seen at 12:00 arrives last and counts, no more."""
    world = played(*GONE, silent("r3", "13:00"), seen("12:00", run_id="r2"))
    assert (world.ticket().status, world.ticket().reopen_count) == ("closed", 0)
    (problem,) = world.problems
    assert (problem.count, world.outcomes["recorded"]) == (2, 1)
    assert problem.gone_by_json is not None
    assert '"later":{"kind":"run","source":"crawler","run_id":"r3"' in problem.gone_by_json


def test_any_order_of_arrival_ends_the_same() -> None:
    """Two sightings and two silent runs, in all 24 orders that begin with the first sighting or not: closed."""
    story = [seen("10:00", run_id="r0"), silent("r1", "11:00"), seen("12:00", run_id="r2"), silent("r3", "13:00")]
    ends = set()
    for order in itertools.permutations(story):
        world = played(*order, silent("r4", "14:00"))
        ends.add((world.by_status()["open"], world.problems[-1].status))
    assert ends == {(0, "gone")}


@pytest.mark.parametrize(
    "run",
    [
        silent("r3", "11:30"),  # it began before the sighting
        silent("r3", "13:00", source="linter"),  # another producer
        silent("r3", "13:00", checks=["link.dead"]),  # another check
        silent("r3", "13:00", status="partial"),
        silent("r3", "13:00", status="failed"),
        silent("r3", "13:00", found=1),  # its findings have not come
        silent("r3", "13:00", locators=["其他"]),
    ],
)
def test_what_does_not_speak_of_the_place_overtakes_nothing(run: dict[str, Any]) -> None:
    """Then the late sighting is a relapse, as C-5 says."""
    world = played(*GONE, run, seen("12:00", run_id="r2"))
    assert (world.ticket().status, world.ticket().reopen_count) == ("open", 1)


def test_a_run_that_names_the_place_speaks_for_everybody() -> None:
    """C-3: whoever has looked at just this place may say that it is in order."""
    world = played(*GONE, silent("r3", "13:00", source="linter", locators=["公示"]), seen("12:00", run_id="r2"))
    assert world.ticket().status == "closed"


def test_its_own_late_finding_is_never_overtaken_by_the_run() -> None:
    """The 13:00 run has seen it after all: a relapse."""
    world = played(*GONE, silent("r3", "13:00"), seen("13:00", run_id="r3"))
    assert (world.ticket().status, world.ticket().reopen_count) == ("open", 1)


def test_a_recheck_that_looked_earlier_than_the_run_is_overtaken_too() -> None:
    """`present` of 12:00 after the silence of 13:00 changes nothing; one of 14:00 is a relapse."""
    there = {"type": "recheck", **PLACE, "source": "prober", "outcome": "present"}
    world = played(*GONE, silent("r3", "13:00"), there | {"observed_at": at("12:00")})
    assert world.ticket().status == "closed"
    world.send(there | {"observed_at": at("14:00")})
    assert (world.ticket().status, world.ticket().reopen_count) == ("open", 1)


def test_where_one_look_does_not_suffice_one_run_overtakes_nothing() -> None:
    """C-30: two in a row closed it, and one silence after the late sighting would not close it again."""
    rule = POLICY.rule("column.blank").model_copy(update={"verify": Verification(by="two_in_a_row")})
    policy = POLICY.model_copy(update={"checks": {**POLICY.checks, "column.blank": rule}})
    twice = (seen("08:00"), silent("r0", "09:00"), silent("r1", "11:00"))
    world = played(*twice, silent("r3", "13:00"), seen("12:00", run_id="r2"), policy=policy)
    assert world.ticket().status == "open"


def test_a_run_over_far_fewer_pages_than_usual_overtakes_nothing() -> None:
    """R-21: it would have been held, had there been anything to close."""
    usual = [silent(f"u{n}", "10:30", pages=100) for n in range(3)]
    world = played(*GONE, *usual, silent("r3", "13:00", pages=10), seen("12:00", run_id="r2"))
    assert (world.ticket().status, world.ticket().reopen_count) == ("open", 1)


def test_a_later_absent_is_kept_with_who_said_it() -> None:
    """R-6: it is the newer proof, and what closed the ticket stays what it was."""
    answer = {"type": "recheck", **PLACE, "source": "prober", "outcome": "absent", "observed_at": at("13:00")}
    world = played(*GONE, answer, seen("12:00", run_id="r2"))
    (problem,) = world.problems
    assert problem.gone_by_json is not None
    assert '"run_id":"r1"' in problem.gone_by_json
    assert '"later":{"kind":"recheck","source":"prober"' in problem.gone_by_json
    assert world.ticket().status == "closed"


@pytest.mark.parametrize("hour", ["10:30", "12:00"], ids=["before the proof", "before a later one"])
def test_what_is_only_recorded_is_published_with_the_closed_ticket(hour: str) -> None:
    """C-42: half a minute later the ticket says that it was found twice, and is as closed as before."""
    world = played(*GONE, silent("r3", "13:00"), seen(hour, run_id="r2"))
    world.wait(31)
    last = world.published("rectify.tickets")[-1]
    assert (last["occurrences"], last["status"], last["version"]) == (2, "closed", world.ticket().version)


def test_it_began_at_the_very_moment_of_the_sighting() -> None:
    """C-41, C-3: as for closing, a run speaks from its beginning on."""
    world = played(*GONE, silent("r3", "12:00"), seen("12:00", run_id="r2"))
    assert world.ticket().status == "closed"


def test_the_silence_about_another_site_overtakes_nothing() -> None:
    """C-41: the same producer and check, in one batch with it."""
    other = {"asset_id": "other"}
    world = played(*GONE, seen("10:00", **other), silent("r3", "13:00", **other), seen("12:00", run_id="r2"))
    assert [ticket.status for ticket in world.tickets.values()] == ["open", "closed"]


def test_the_proof_kept_is_later_than_every_sighting() -> None:
    """C-41: seen at 12:00 and at 12:30, told in the wrong order: what stands is the 13:00 run, not the one between."""
    runs = (silent("between", "12:10"), silent("r3", "13:00"))
    world = played(*GONE, *runs, seen("12:30", run_id="r2"), seen("12:00", run_id="r2"))
    (problem,) = world.problems
    assert (world.ticket().status, problem.count) == ("closed", 3)
    assert '"later":{"kind":"run","source":"crawler","run_id":"r3"' in (problem.gone_by_json or "")
