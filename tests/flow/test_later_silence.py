"""What is gone already, and what is said of it afterwards: late sightings are no relapses (C-41, C-42)."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
from typing import Any

import pytest

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
    assert proof(world) == ("r3", "13:00", "closed")


def proof(world: World) -> tuple[str | None, str, str]:
    """By which run, and as of when, the only ticket is closed."""
    (problem,) = world.problems
    ticket = world.ticket()
    assert problem.gone_at == ticket.evidence_at
    kept = json.loads(problem.gone_by_json or "{}")
    return kept["run_id"] if kept["kind"] == "run" else kept["source"], kept["observed_at"][11:16], ticket.status


def answer(outcome: str, hour: str, source: str = "crawler") -> dict[str, Any]:
    """Somebody has looked again."""
    return {"type": "recheck", **PLACE, "source": source, "outcome": outcome, "observed_at": at(hour)}


@pytest.mark.parametrize("later", [answer("absent", "12:00"), silent("r3", "12:00")], ids=["recheck", "run"])
def test_a_late_finding_of_the_closing_run_meets_later_evidence(later: dict[str, Any]) -> None:
    """D-9, C-41: the 11:00 run closes, another look at 12:00, then the run's own finding of 11:01: gone as of 12:00."""
    story = [seen("10:00", run_id="r1"), silent("r2", "11:00", found=None), later, seen("11:01", run_id="r2")]
    whose = later.get("run_id", "crawler")
    for order in itertools.permutations(story):
        known = [message for message in order if message is later or "type" not in message]
        if known[0].get("type") == "recheck":
            continue  # it names nothing yet
        world = World("2026-03-02 20:00")
        for message in order:
            world.send(message)
            world.wait(31)
        assert proof(world) == (whose, "12:00", "closed")


def test_a_finding_that_comes_after_the_run_which_no_longer_sees_it() -> None:
    """C-41: told in the wrong order the ticket opens and closes at once, and nobody is written to."""
    world = World("2026-03-02 20:00")
    world.unit("owner", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", unit_id="owner")
    for message in (silent("r2", "11:00"), seen("10:00", run_id="r1")):
        world.send(message)
        world.wait(1)
    assert proof(world) == ("r2", "11:00", "closed")
    assert [event["type"] for event in world.events()] == ["run_settled", "opened", "closed"]
    assert not world.notices


def test_who_reports_it_late_may_have_looked_later_already() -> None:
    """C-41, C-3: the linter's silence of 12:00 says nothing before it is known that the linter has reported it."""
    world = played(seen("10:00"), silent("l2", "12:00", "linter"))
    assert world.ticket().status == "open"
    world.send(seen("11:00", "linter", run_id="l1"))
    assert proof(world) == ("l2", "12:00", "closed")


def test_an_earlier_absence_that_arrives_late_is_the_proof() -> None:
    """C-41: gone as of 11:00 and not of 13:00, for the unit's sake; the ticket and its history say so."""
    world = played(seen("10:00"), silent("r3", "13:00"), answer("absent", "12:00"))
    assert proof(world) == ("crawler", "12:00", "closed")
    world.send(silent("r1", "11:00"))
    world.wait(1)
    assert proof(world) == ("r1", "11:00", "closed")
    assert [event["reason"] for event in world.events("problem_gone")] == ["other_proof"] * 2
    assert world.ticket().close_reason == "run_absent"


def test_a_recheck_of_the_earliest_versions_makes_room_for_the_earlier_run() -> None:
    """Its moment stands with the problem alone: it is kept beside the new proof, as of then."""
    world = played(seen("10:00"), answer("absent", "12:00"))
    (old,) = world.problems
    kept = {name: value for name, value in json.loads(old.gone_by_json or "").items() if name != "observed_at"}
    world.problems = [old._replace(gone_by_json=json.dumps(kept))]
    world.send(silent("r1", "11:00"))
    world.wait(1)
    assert proof(world) == ("r1", "11:00", "closed")
    assert [one["observed_at"] for one in json.loads(world.problems[0].gone_by_json or "")["later"]] == [at("12:00")]


def test_a_bad_moment_makes_no_relapse_of_an_older_sighting() -> None:
    """C-41: bad moment at 14:00, silent run of 13:00, late sighting of 12:00: closed in both orders, and suspected."""
    bad = seen("14:00", check="link.dead", evidence={"http_status": 503})
    first, late = (seen(hour, check="link.dead", evidence={"http_status": 404}) for hour in ("10:00", "12:00"))
    run: dict[str, Any] = {"checks": ["link.dead"]}
    for end in ([bad, late], [late, bad]):
        world = played(first, silent("r1", "11:00", **run), silent("r3", "13:00", **run), *end)
        assert (world.ticket().status, world.ticket().reopen_count) == ("closed", 0)
        assert world.problems[0].suspicion_json == '{"seen":[["2026-03-02T06:00:00+00:00","crawler"]]}'


def test_a_stranger_s_absence_is_noted_and_proves_nothing() -> None:
    """C-50: nobody asked, and it has never reported the place; that it says so is said."""
    world = played(seen("10:00"), answer("absent", "12:00", "stranger"))
    assert world.ticket().status == "open"
    (noted,) = world.events("absence_noted")
    assert (noted["rule"], noted["reason"], noted["proof"]["source"]) == ("C-50", "nobody_asked", "stranger")
    world.send(seen("11:00", "stranger"))  # now it is one of those who have seen it
    assert proof(world) == ("stranger", "12:00", "closed")


def test_asked_or_trusted_a_stranger_is_believed() -> None:
    """C-50: an answer to a claim, a source of the pack's `trusted`, and what answers a citizen's message."""
    world = played(seen("10:00"))
    world.command(action="claim_fix", asset_id="site", ticket_id=world.ticket().ticket_id)
    world.send(answer("absent", "19:00", "stranger"))
    assert world.ticket().status == "closed"
    trusting = POLICY.model_copy(update={"trusted": ("stranger",)})
    assert played(seen("10:00"), answer("absent", "12:00", "stranger"), policy=trusting).ticket().status == "closed"
    message = {"check": "message.unanswered", "locator": "m-1"}
    world = played(seen("10:00", "mailbox", **message), answer("absent", "12:00", "stranger") | message)
    assert world.ticket().status == "closed"


@pytest.mark.parametrize("parts", [2, 4, 8, 9, 20, 50])
@pytest.mark.parametrize("says_start", [True, False], ids=["with a beginning", "without"])
def test_a_run_closes_nothing_that_it_has_reported(parts: int, says_start: bool) -> None:  # noqa: FBT001
    """C-49: a crawler in parts, all at once, all of which have seen the place; one by one they end."""
    world = World("2026-03-02 20:00")
    world.send(seen("09:00", run_id="old"))
    for part in range(parts):
        world.send(seen(f"10:{part:02}", run_id=f"p{part}"))
    for part in range(parts):
        end = silent(f"p{part}", "10:59", found=1)
        if says_start:
            end["started_at"] = at("10:00")
        else:
            del end["started_at"]
        world.send(end)
    world.wait(40)
    assert (world.ticket().status, world.events("closed")) == ("open", [])


def test_forgetting_makes_no_run_a_stranger_for_good() -> None:
    """C-49: of a place that thirty nightly runs have seen, the next one's silence is believed; also of dates of old."""
    for day_of_list in ("2026-03-02", "2026-01-01"):  # what a list says: when it was looked at, or since when it is so
        world = World("2026-03-02 20:00")
        for night in range(30):
            world.real += timedelta(days=1)
            other = {**PLACE, "locator": "其他", "source": "crawler", "run_id": f"n{night}"}
            world.send({**other, "observed_at": f"{day_of_list}T10:00:00+08:00"})
            if night < 29:
                world.send({**other, **PLACE, "observed_at": f"{day_of_list}T10:00:00+08:00"})
            world.send(silent(f"n{night}", "11:00", found=1 + (night < 29)))
            world.wait(1)
        assert world.by_status() == {"open": 1, "closed": 1}


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


def test_a_run_over_far_fewer_pages_than_usual_overtakes_nothing() -> None:
    """R-21: it would have been held, had there been anything to close."""
    usual = [silent(f"u{n}", "10:30", pages=100) for n in range(3)]
    world = played(*GONE, *usual, silent("r3", "13:00", pages=10), seen("12:00", run_id="r2"))
    assert (world.ticket().status, world.ticket().reopen_count) == ("open", 1)


def test_a_later_absent_is_kept_with_who_said_it() -> None:
    """R-6: it stands beside the proof, and takes its place when a sighting turns up between them."""
    world = played(*GONE, answer("absent", "13:00"))
    assert proof(world) == ("r1", "11:00", "closed")
    assert '"later":[{"kind":"recheck","source":"crawler"' in (world.problems[0].gone_by_json or "")
    world.send(seen("12:00", run_id="r2"))
    assert proof(world) == ("crawler", "13:00", "closed")


@pytest.mark.parametrize("hour", ["10:30", "12:00"], ids=["before the proof", "before a later one"])
def test_what_is_only_recorded_is_published_with_the_closed_ticket(hour: str) -> None:
    """C-42: within a day the ticket says that it was found twice, and is as closed as before."""
    world = played(*GONE, silent("r3", "13:00"), seen(hour, run_id="r2"))
    world.wait(86_400)
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
    assert (proof(world), world.problems[0].count) == (("r3", "13:00", "closed"), 3)
