"""A ticket closes on evidence, and only on evidence: runs, coverage, the brake, late findings, relapse."""

from __future__ import annotations

import random
from typing import Any

import pytest

from tests.support.world import World, local

AT = "2026-03-02T10:00:00+08:00"


def findings(number: int, run: str = "r1", source: str = "crawler", **fields: Any) -> list[dict[str, Any]]:
    """One finding a page, spread over ten checks so that no check explodes."""
    return [
        {
            "asset_id": "site",
            "check": f"check.kind{i % 100}",
            "locator": f"https://a.gov.cn/{i}",
            "observed_at": AT,
            "source": source,
            "run_id": run,
            **fields,
        }
        for i in range(number)
    ]


def ended(run: str, status: str = "complete", source: str = "crawler", **fields: Any) -> dict[str, Any]:
    """The run's last word."""
    return {
        "type": "run",
        "asset_id": "site",
        "run_id": run,
        "source": source,
        "status": status,
        "started_at": "2026-03-02T11:00:00+08:00",
        "finished_at": "2026-03-02T11:30:00+08:00",
        "checks": [f"check.kind{i}" for i in range(100)],
        **fields,
    }


def later(items: list[dict[str, Any]], run: str) -> list[dict[str, Any]]:
    """The same findings, seen by a later run."""
    return [{**item, "run_id": run, "observed_at": "2026-03-02T11:10:00+08:00"} for item in items]


def world_with(number: int) -> World:
    """A world with so many open problems."""
    world = World("2026-03-02 11:30")
    world.send(*findings(number))
    return world


def test_empty_failed_run_closes_nothing() -> None:
    """An empty failed run after 2,000 open problems: 0 closed."""
    world = world_with(2_000)
    world.send(ended("r2", "failed", found=0))
    world.wait(3_600)
    assert world.by_status() == {"open": 2_000}


def test_empty_complete_run_is_held() -> None:
    """A complete run that sees nothing of 2,000 problems is held, and a supervisor decides."""
    world = world_with(2_000)
    world.send(ended("r2", found=0))
    world.wait(1)
    assert world.by_status() == {"open": 2_000}
    (held,) = world.events("run_held")
    assert held["would_close"] == 2_000
    (told,) = world.published("rectify.escalations.supervise")
    assert told["type"] == "run_held"
    world.command(action="accept_run", asset_id="site", source="crawler", run_id="r2", reason="网站已下线")
    world.wait(1)
    assert world.by_status() == {"closed": 2_000}


def test_rejected_run_closes_nothing() -> None:
    """A held run that a supervisor rejects stays without effect, and cannot be accepted later."""
    world = world_with(100)
    world.send(ended("r2", found=0))
    world.wait(1)
    world.command(action="reject_run", asset_id="site", source="crawler", run_id="r2", reason="爬虫故障")
    world.command(action="accept_run", asset_id="site", source="crawler", run_id="r2", reason="误操作")
    world.wait(3_600)
    assert world.by_status() == {"open": 100}
    assert [event["reason"] for event in world.events("command_refused")] == ["run_not_held"]


def test_complete_run_closes_what_it_does_not_see() -> None:
    """A complete run that sees 1,990 of 2,000: 10 closed, as of the moment it started."""
    world = world_with(2_000)
    world.send(*later(findings(1_990), "r2"), ended("r2", found=1_990))
    world.wait(1)
    assert world.by_status() == {"open": 1_990, "closed": 10}
    closed = next(ticket for ticket in world.tickets.values() if ticket.status == "closed")
    assert closed.close_reason == "run_absent"
    assert closed.evidence_at is not None
    assert closed.evidence_at == local("2026-03-02 11:00")


def test_absence_waits_for_the_promised_findings() -> None:
    """The run's message overtakes its findings: nothing is judged until all have arrived."""
    world = world_with(10)
    world.send(ended("r2", found=9))
    world.wait(60)
    assert world.by_status() == {"open": 10}
    world.send(*later(findings(9), "r2"))
    world.wait(1)
    assert world.by_status() == {"open": 9, "closed": 1}


def test_findings_that_never_come_make_the_run_incomplete() -> None:
    """After five minutes of real time the run is given up: `run_incomplete`, nothing closes."""
    world = world_with(10)
    world.send(*later(findings(4), "r2"), ended("r2", found=9))
    world.wait(299)
    assert world.events("run_incomplete") == []
    world.wait(2)
    assert [event["counted"] for event in world.events("run_incomplete")] == [4]
    world.send(*later(findings(9), "r2"))  # they come after all, too late
    world.wait(3_600)
    assert world.by_status() == {"open": 10}
    assert {run.state for run in world.runs.values() if run.run_id == "r2"} == {"incomplete"}


def test_without_found_absence_settles_after_thirty_seconds() -> None:
    """A run that does not say what it found is judged after 30 s of real time."""
    world = world_with(10)
    world.send(*later(findings(9), "r2"), ended("r2"))
    world.wait(29)
    assert world.by_status() == {"open": 10}
    world.wait(2)
    assert world.by_status() == {"open": 9, "closed": 1}


def test_only_own_reports_and_covered_checks() -> None:
    """Another source's problems, and checks that the run did not cover, stay open."""
    world = world_with(3)
    world.send(ended("r9", source="other", found=0))
    world.wait(1)
    assert world.by_status() == {"open": 3}
    world.send(ended("r2", checks=["check.kind0"], found=0))
    world.wait(1)
    assert world.by_status() == {"open": 2, "closed": 1}


def test_named_locators_are_covered_even_by_a_partial_run() -> None:
    """A partial run proves absence for the places that it names, and only there."""
    world = world_with(3)
    world.send(ended("r2", "partial", found=0))
    world.wait(1)
    assert world.by_status() == {"open": 3}
    world.send(ended("r3", "partial", source="other", locators=["https://A.gov.cn:443/1"], found=0))
    world.wait(1)
    assert world.by_status() == {"open": 2, "closed": 1}


def test_seen_after_the_run_began_is_not_absent() -> None:
    """What another producer saw during the run is not closed by the run's silence."""
    world = world_with(1)
    world.send({**findings(1, "x1", "other")[0], "observed_at": "2026-03-02T11:15:00+08:00"})
    world.send(ended("r2", found=0))
    world.wait(1)
    assert world.by_status() == {"open": 1}


def test_late_finding_takes_the_closing_back() -> None:
    """A finding of the very run that closed the ticket comes late: open again, no relapse, the old deadline."""
    world = world_with(1)
    due = world.ticket().due_at
    world.send(ended("r2"))
    world.wait(31)
    assert world.ticket().status == "closed"
    world.send(*later(findings(1), "r2"))
    assert (world.ticket().status, world.ticket().reopen_count, world.ticket().due_at) == ("open", 0, due)
    assert world.events("reopened")[-1]["reason"] == "late_finding"
    assert world.ticket().next_review_at is not None


def test_what_is_taken_back_is_acknowledged_as_before() -> None:
    """T-6: signed for, closed, taken back: signed for still, and the acknowledgement expires when it would have."""
    world = world_with(1)
    world.command(action="acknowledge", asset_id="site", ticket_id=world.ticket().ticket_id)
    before = world.ticket()
    world.send(ended("r2"))
    world.wait(31)
    world.send(*later(findings(1), "r2"))
    after = world.ticket()
    assert (after.status, after.acknowledged_at) == ("acknowledged", before.acknowledged_at)
    assert after.acknowledgement_expires_at == before.acknowledgement_expires_at
    assert after.next_review_at == before.next_review_at
    world.until("2026-03-09 10:00")
    assert [event["reason"] for event in world.events("acknowledgement_expired")] == ["no_claim_by_half_time"]
    assert world.ticket().status == "open"


def test_old_sighting_changes_only_the_record() -> None:
    """Observed before the proof, arriving after it: counted, nothing else."""
    world = world_with(1)
    world.send(ended("r2", found=0))
    world.wait(1)
    world.send({**findings(1, "r0")[0], "observed_at": "2026-03-02T09:00:00+08:00"})
    assert world.ticket().status == "closed"
    assert world.problems[0].count == 2


def test_relapse_reopens_with_half_the_time() -> None:
    """Seen after the close and within 30 days: the same ticket, a shorter deadline, counted as a relapse."""
    world = world_with(1)
    world.send(ended("r2", found=0))
    world.wait(1)
    world.until("2026-03-10 10:00")
    world.send({**findings(1, "r3")[0], "observed_at": "2026-03-10T09:00:00+08:00"})
    ticket = world.ticket()
    assert (ticket.status, ticket.reopen_count) == ("open", 1)
    assert ticket.due_at.isoformat() == "2026-03-12T15:59:59+00:00"
    assert world.events("reopened")[0]["reason"] == "relapse"


def test_recurrence_is_a_new_ticket() -> None:
    """Seen again after the window: a new ticket that names the old one."""
    world = world_with(1)
    world.send(ended("r2", found=0))
    world.wait(1)
    old = world.ticket().ticket_id
    world.until("2026-05-10 10:00")
    world.send({**findings(1, "r3")[0], "observed_at": "2026-05-10T09:00:00+08:00"})
    assert world.by_status() == {"closed": 1, "open": 1}
    new = next(ticket for ticket in world.tickets.values() if ticket.status == "open")
    assert new.recurrence_of == old
    opened = world.events("opened")[-1]
    assert (opened["reason"], opened["recurrence_of"], opened["reported_before"]) == ("recurrence", old, ["crawler"])


def test_a_recurrence_that_joins_names_its_former_ticket() -> None:
    """Months later it is back while another page of its cause is open: it joins that ticket, and says where it was."""
    world = world_with(0)
    one, two = findings(2, cause="cms", check="check.kind0")
    world.send(one)
    old = world.ticket().ticket_id
    world.send(ended("r2", found=0))
    world.wait(1)
    world.until("2026-05-10 10:00")
    late = {"observed_at": "2026-05-10T09:00:00+08:00", "run_id": "r3"}
    world.send({**two, **late}, {**one, **late})
    (joined,) = world.events("joined")
    assert (joined["recurrence_of"], joined["reported_before"], joined["problem_count"]) == (old, ["crawler"], 2)


@pytest.mark.parametrize("seed", range(5))
def test_two_producers_and_any_order_make_the_same_tickets(seed: int) -> None:
    """The same 500 findings from two producers, two runs, any order, any batches: 500 problems, counts right."""
    messages = findings(500, "a1", "crawler") + findings(500, "b1", "linter")
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    chance.shuffle(messages)
    world = World("2026-03-02 11:30")
    while messages:
        size = chance.randint(1, 200)
        world.send(*messages[:size])
        del messages[:size]
    assert len(world.problems) == 500
    assert world.by_status() == {"open": 500}
    assert {problem.count for problem in world.problems} == {2}
    world.wait(86_400)
    assert {ticket.occurrences for ticket in world.tickets.values()} == {2}
    assert {run.counted for run in world.runs.values()} == {500}


@pytest.mark.parametrize("seed", range(5))
def test_an_exploding_check_is_one_ticket_whatever_the_order(seed: int) -> None:
    """500 problems of one check on one asset, found by two runs at once: one ticket with 500 problems."""
    messages = findings(500, "a1", "crawler", check="link.dead") + findings(500, "b1", "linter", check="link.dead")
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    chance.shuffle(messages)
    world = World("2026-03-02 11:30")
    while messages:
        size = chance.randint(1, 200)
        world.send(*messages[:size])
        del messages[:size]
    open_tickets = [ticket for ticket in world.tickets.values() if ticket.status == "open"]
    assert [(t.problem_count, t.open_problem_count, t.occurrences) for t in open_tickets] == [(500, 500, 1_000)]
    assert sorted(p.ordinal for p in world.problems) == list(range(1, 501))
    assert {t.close_reason for t in world.tickets.values() if t.status == "closed"} == {"merged"}


def test_a_backlog_of_months_is_two_tickets() -> None:
    """In one batch: seen in January, absent in January, seen again in March. Two tickets with two numbers."""
    world = World("2026-03-02 11:30")
    (seen,) = findings(1)
    looked = {
        "type": "recheck",
        "asset_id": "site",
        "check": seen["check"],
        "locator": seen["locator"],
        "source": "crawler",
    }
    world.send(
        {**seen, "observed_at": "2026-01-05T10:00:00+08:00"},
        {**looked, "outcome": "absent", "observed_at": "2026-01-06T10:00:00+08:00"},
        {**seen, "run_id": "r2"},
    )
    first, second = world.tickets.values()
    assert [(ticket.status, ticket.recurrence_of) for ticket in (first, second)] == [
        ("closed", None),
        ("open", first.ticket_id),
    ]
    assert second.ticket_id != first.ticket_id
