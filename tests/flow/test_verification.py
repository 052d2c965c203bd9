"""Verification 核实: who looked later is believed, and problems that come and go."""

from __future__ import annotations

from typing import Any

from tests.support.world import POLICY, ZONE, World, local

PLACE: dict[str, Any] = {"asset_id": "site", "check": "column.blank", "locator": "公示"}
DAY = "2026-03-02"


def blank() -> World:
    """A blank column, found by `crawler` at 10:00; several others are trusted."""
    world = World(f"{DAY} 10:00", POLICY.model_copy(update={"trusted": ("linter", "third")}))
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


def test_one_says_present_and_another_absent() -> None:
    """C-31: present wins until somebody looks later, whoever it is; the proof says when that was observed."""
    world = blank()
    seen(world, "10:45", "linter")
    absent(world, "10:40", "third")
    assert world.events("recheck_ignored")[0]["reason"] == "older_than_last_sighting"
    assert world.ticket().status == "open"
    absent(world, "11:20", "third")
    (closed,) = world.events("closed")
    assert (closed["proof"]["source"], closed["proof"]["observed_at"]) == ("third", moment("11:20"))


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
    world = blank()
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
    world = blank()
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
    world = blank()
    for month in (4, 6, 8, 10, 12):
        for at, what in ((f"2026-{month - 1:02}-28 10:00", absent), (f"2026-{month:02}-20 10:00", seen)):
            world.until(at)
            what(world, at)
    assert [event.get("flapping") for event in world.events("reopened")] == [None] * 5


def test_a_late_finding_of_the_run_that_closed_it_is_no_return() -> None:
    """C-32, D-9: it was there all the while, so it does not count towards flapping."""
    world = blank()
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
    world = blank()
    world.now = local(f"{DAY} 10:00")
    comes_and_goes(world, 4)
    world.until("2026-03-04 10:00")
    absent(world, "2026-03-04 02:00")
    silent(world, "2026-03-04 08:00", "r9")
    seen(world, "2026-03-04 05:00")
    assert (world.ticket().status, world.events("reopened")[-1]["flapping"]) == ("open", 5)


def test_absence_that_a_sighting_has_overtaken_counts_for_nothing() -> None:
    """C-31, C-32: noted, seen again, noted anew: both are said, and the quiet day begins at the sighting."""
    world = blank()
    world.now = local(f"{DAY} 10:00")
    comes_and_goes(world, 4)
    for at, what in (("03 03:00", absent), ("03 09:00", seen), ("03 10:00", absent), ("04 03:00", absent)):
        world.until(f"2026-03-{at}")
        what(world, f"2026-03-{at}")
    assert (world.ticket().status, noted(world)) == ("open", ["flapping", "flapping"])
    world.until("2026-03-04 09:00")
    absent(world, "2026-03-04 09:00")
    assert world.ticket().status == "closed"


def test_a_run_that_a_person_has_accepted_closes_what_flaps() -> None:
    """C-32, K-20: a supervisor has looked at it."""
    world = blank()
    world.now = local(f"{DAY} 10:00")
    comes_and_goes(world, 4)
    world.until("2026-03-03 05:00")
    for number in range(30):
        seen(world, "2026-03-03 03:00", locator=f"{number}")
    silent(world, "2026-03-03 04:00", "r1")
    assert world.events("run_held")
    world.command(action="accept_run", asset_id="site", source="crawler", run_id="r1")
    world.wait(1)
    assert set(world.by_status()) == {"closed"}
