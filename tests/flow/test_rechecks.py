"""Rechecks: what an answer to "is it still there?" means, and what it does not."""

from __future__ import annotations

from typing import Any

from tests.support.world import World

PLACE = {"check": "column.blank", "locator": "公示"}


def opened() -> World:
    """A world with one open ticket, last seen at 10:00."""
    world = World("2026-03-02 10:00")
    world.send({"asset_id": "site", **PLACE, "observed_at": "2026-03-02T10:00:00+08:00"})
    return world


def claim(world: World) -> str:
    """The unit says that it is fixed; the number of the ticket."""
    ticket_id = world.ticket().ticket_id
    world.command(action="claim_fix", asset_id="site", ticket_id=ticket_id, measures="已更新")
    return ticket_id


def recheck(world: World, outcome: str, at: str = "2026-03-02T10:05:00+08:00", **fields: Any) -> None:
    """A producer answers."""
    world.send({"type": "recheck", "asset_id": "site", "outcome": outcome, "observed_at": at, **(fields or PLACE)})


def test_a_claim_closes_nothing_and_asks() -> None:
    """R-5: one request for each open problem, with the fingerprint to answer with."""
    world = opened()
    claim(world)
    (request,) = world.published("rectify.recheck-requests")
    assert (world.ticket().status, request["fingerprint"]) == ("claimed", world.problems[0].fingerprint)
    recheck(world, "absent", fingerprint=request["fingerprint"])
    assert world.ticket().status == "closed"


def test_an_absence_older_than_the_last_sighting_is_ignored() -> None:
    """R-6: and that is said."""
    world = opened()
    recheck(world, "absent", "2026-03-02T09:55:00+08:00")
    assert (world.ticket().status, world.events("recheck_ignored")[0]["reason"]) == ("open", "older_than_last_sighting")


def test_a_recheck_of_nothing_is_ignored() -> None:
    """R-6: nobody has found anything there."""
    world = opened()
    recheck(world, "absent", check="column.blank", locator="别处")
    assert (world.ticket().status, world.events("recheck_ignored")[0]["reason"]) == ("open", "nothing_to_recheck")


def test_present_sends_a_claimed_ticket_back_to_work() -> None:
    """R-7: claimed becomes acknowledged."""
    world = opened()
    claim(world)
    recheck(world, "present")
    (failed,) = world.events("recheck_failed")
    assert (world.ticket().status, failed["rule"], failed["reason"]) == ("acknowledged", "R-7", "present")


def test_present_after_the_proof_is_a_relapse() -> None:
    """R-7: a closed ticket opens again, and it counts."""
    world = opened()
    recheck(world, "absent")
    recheck(world, "present", "2026-03-02T10:08:00+08:00")
    assert (world.ticket().status, world.ticket().reopen_count) == ("open", 1)
    assert world.events("reopened")[0]["rule"] == "C-5"


def test_unverifiable_leaves_it_to_a_person() -> None:
    """R-8: nothing closes until somebody approves, with a reason."""
    world = opened()
    ticket_id = claim(world)
    recheck(world, "unverifiable")
    assert world.ticket().status == "claimed"
    world.command(action="approve", asset_id="site", ticket_id=ticket_id, reason="已电话核实")
    closed = world.events("closed")[0]
    assert (closed["rule"], closed["proof"]["reason"], closed["by"]) == ("K-12", "已电话核实", "张三")


def test_a_newer_absence_counts_for_what_is_gone_already() -> None:
    """R-6: what somebody saw between two proofs and tells late is no relapse."""
    world = opened()
    recheck(world, "absent", "2026-03-02T10:01:00+08:00")
    recheck(world, "absent", "2026-03-02T10:09:00+08:00")
    world.send({"asset_id": "site", **PLACE, "observed_at": "2026-03-02T10:05:00+08:00"})
    assert (world.ticket().status, world.ticket().reopen_count, world.problems[0].count) == ("closed", 0, 2)
    world.send({"asset_id": "site", **PLACE, "observed_at": "2026-03-02T10:09:30+08:00"})
    assert (world.ticket().status, world.ticket().reopen_count) == ("open", 1)


def test_two_rechecks_that_are_ignored_are_two_events() -> None:
    """R-6: two places, one moment: each message is answered under an id of its own, a repetition too."""
    world = opened()
    for place in ("甲", "乙", "乙"):
        recheck(world, "absent", check="column.blank", locator=place)
    first, second, again = [event["id"] for event in world.events("recheck_ignored")]
    assert len({first, second, again}) == 3


def recurring(**fields: Any) -> World:
    """A world with a ticket that closed on 2 March, two months ago."""
    world = World("2026-03-02 10:00")
    world.send({"asset_id": "site", **PLACE, "observed_at": "2026-03-02T10:00:00+08:00", "source": "crawler", **fields})
    recheck(world, "absent", "2026-03-02T10:05:00+08:00", **PLACE, source="crawler")
    world.until("2026-05-06 10:00")
    return world


def test_present_after_the_window_is_a_recurrence() -> None:
    """R-38: a new ticket that names the old one, with what the recheck has seen, as a finding would bring."""
    world = recurring(title="栏目空白", evidence={"column_kind": "news"})
    recheck(world, "present", "2026-05-06T09:00:00+08:00", **PLACE, source="prober", evidence={"url": "https://a/1"})
    old, new = world.tickets.values()
    assert (old.status, new.status, new.recurrence_of) == ("closed", "open", old.ticket_id)
    (problem,) = [problem for problem in world.problems if problem.current]
    facts = problem.facts
    assert facts["evidence"] == {"column_kind": "news", "url": "https://a/1"}
    assert (facts["title"], facts["source"], problem.count) == ("栏目空白", "prober", 1)
    assert [event["reason"] for event in world.events("opened")] == ["new_problem", "recurrence"]


def test_present_within_the_window_is_still_a_relapse() -> None:
    """R-38: nothing else has changed: before the proof it changes the record only, within the window it reopens."""
    world = recurring()
    recheck(world, "present", "2026-03-02T10:04:00+08:00")
    assert (len(world.tickets), world.ticket().status) == (1, "closed")
    recheck(world, "present", "2026-03-30T10:00:00+08:00")
    assert (len(world.tickets), world.ticket().reopen_count) == (1, 1)


def test_a_bad_moment_is_no_recurrence_yet() -> None:
    """R-38, D-6: as a finding it waits for confirmation."""
    dead = {"check": "link.dead", "locator": "https://a.gov.cn/1"}
    world = World("2026-03-02 10:00")
    world.send(
        {"asset_id": "site", **dead, "observed_at": "2026-03-02T10:00:00+08:00", "evidence": {"http_status": 404}}
    )
    recheck(world, "absent", "2026-03-02T10:05:00+08:00", **dead)
    world.until("2026-05-06 10:00")
    recheck(world, "present", "2026-05-06T09:00:00+08:00", **dead, evidence={"http_status": 503})
    assert len(world.tickets) == 1
    recheck(world, "present", "2026-05-06T09:30:00+08:00", **dead, evidence={"http_status": 404})
    assert [ticket.status for ticket in world.tickets.values()] == ["closed", "open"]


def test_a_whole_ticket_recurs_as_one() -> None:
    """R-38: the recheck names the ticket; what it had in common the new one has, too."""
    world = World("2026-03-02 10:00")
    for number in range(60):
        world.send(
            {"asset_id": "site", "check": "text.typo", "locator": f"p{number}", "cause": "模板", "source": "crawler",
             "observed_at": "2026-03-02T10:00:00+08:00"}
        )  # fmt: skip
    ticket_id = world.ticket().ticket_id
    recheck(world, "absent", "2026-03-02T10:05:00+08:00", ticket_id=ticket_id, source="crawler")
    world.until("2026-05-06 10:00")
    recheck(world, "present", "2026-05-06T09:00:00+08:00", ticket_id=ticket_id)
    old, new = world.tickets.values()
    assert (new.recurrence_of, new.problem_count, new.cause) == (old.ticket_id, 60, "模板")


def test_a_recheck_speaks_of_its_own_site() -> None:
    """R-6: two sites have the same column blank, in one batch: neither a place nor a ticket's number reaches across."""
    world = World("2026-03-02 10:00")
    for asset_id in ("site", "other"):
        world.send({"asset_id": asset_id, **PLACE, "observed_at": "2026-03-02T10:00:00+08:00"})
    site, other = world.tickets
    recheck(world, "absent", ticket_id=world.tickets[other].ticket_id)
    assert world.by_status() == {"open": 2}
    recheck(world, "absent")
    assert (world.tickets[site].status, world.tickets[other].status) == ("closed", "open")


def test_unverifiable_says_nothing_of_what_is_closed() -> None:
    """R-8: the proof stands, and nobody has to judge it again."""
    world = opened()
    recheck(world, "absent")
    recheck(world, "unverifiable", "2026-03-02T10:08:00+08:00")
    assert (world.ticket().status, world.ticket().recheck_outcome) == ("closed", None)
    assert world.events("recheck_failed") == []


def test_a_late_presence_counts_as_no_sighting() -> None:
    """R-38, R-6: seen in April, told after an absence of May: neither a new ticket nor one more sighting."""
    world = opened()
    recheck(world, "absent")
    world.until("2026-05-06 10:00")
    recheck(world, "absent", "2026-05-06T09:00:00+08:00")
    recheck(world, "present", "2026-04-20T09:00:00+08:00")
    assert (world.by_status(), world.problems[0].count) == ({"closed": 1}, 1)


def test_a_late_presence_that_a_run_has_overtaken_counts_as_no_sighting() -> None:
    """R-38, C-41: after the relapse window as within it."""
    world = World("2026-03-02 10:00")
    world.send({"asset_id": "site", **PLACE, "source": "crawler", "observed_at": "2026-03-02T10:00:00+08:00"})
    recheck(world, "absent")
    world.until("2026-05-06 10:00")
    run = {"type": "run", "asset_id": "site", "source": "crawler", "run_id": "r2", "status": "complete"}
    at = "2026-05-06T09:00:00+08:00"
    world.send({**run, "checks": ["column.blank"], "found": 0, "started_at": at, "finished_at": at})
    world.wait(1)
    recheck(world, "present", "2026-04-20T09:00:00+08:00")
    assert (world.by_status(), world.problems[0].count) == ({"closed": 1}, 1)


def test_of_a_ticket_that_is_still_open_a_late_presence_counts_as_no_sighting_either() -> None:
    """R-38, C-41: one of two places is long gone, and a later run has not seen it."""
    world = World("2026-03-02 10:00")
    place = {"asset_id": "site", "check": "column.blank", "cause": "模板", "source": "crawler"}
    for locator in ("公示", "要闻"):
        world.send({**place, "locator": locator, "observed_at": "2026-03-02T10:00:00+08:00"})
    recheck(world, "absent")
    world.until("2026-05-06 10:00")
    run = {"type": "run", "asset_id": "site", "source": "crawler", "run_id": "r2", "status": "partial"}
    at = "2026-05-06T09:00:00+08:00"
    run |= {"started_at": at, "finished_at": at}
    world.send({**run, "checks": ["column.blank"], "locators": ["公示"], "found": 0})
    world.wait(1)
    recheck(world, "present", "2026-04-20T09:00:00+08:00")
    assert [(problem.status, problem.count) for problem in world.problems] == [("gone", 1), ("open", 1)]
