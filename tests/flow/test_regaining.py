"""A ticket that is open again stands for its cause again (C-40)."""

from __future__ import annotations

from typing import Any

from tests.support.grouping import TARGET, findings, opened, place, world
from tests.support.world import World

CAUSE = {"cause": "broken-cms"}


def absent(made: World, number: int, at: str) -> None:
    """Somebody looked again and the page is in order."""
    where = {"asset_id": "site", "check": "link.dead", "locator": f"https://a.gov.cn/{number}", "source": "crawler"}
    made.send({"type": "recheck", **where, "outcome": "absent", "observed_at": at})


def closed_once(**fields: Any) -> World:
    """Page 0 had the cause's problem, and was put right by 11:00."""
    made = world("2026-03-02 12:00")
    made.send(*findings(range(1), {}, **fields))
    absent(made, 0, "2026-03-02T11:00:00+08:00")
    assert made.by_status() == {"closed": 1}
    return made


def test_new_problems_join_a_ticket_that_is_open_again() -> None:
    """Put right, back again, and then one page more: one cause, one ticket, one deadline."""
    made = closed_once(**CAUSE)
    made.send(*findings(range(1), {}, **CAUSE, observed_at="2026-03-02T11:30:00+08:00", run_id="r2"))
    due = made.ticket().due_at
    made.send(*findings(range(1, 2), {}, **CAUSE, observed_at="2026-03-02T11:40:00+08:00", run_id="r3"))
    assert (made.ticket().due_at, place(made, made.ticket())) == (due, ["0", "1"])
    assert [event["reason"] for event in made.events("joined")] == ["same_cause"]


def test_reopened_by_a_person_or_taken_back_it_is_the_same() -> None:
    """`reopen`, and a finding of the very run whose silence had closed it."""
    made = closed_once(**CAUSE)
    made.command(action="reopen", asset_id="site", ticket_id=made.ticket().ticket_id, reason="仍未整改")
    made.send(*findings(range(1, 2), {}, **CAUSE, run_id="r2"))
    assert place(made, made.ticket()) == ["0", "1"]

    made = world("2026-03-02 12:00")
    made.send(*findings(range(1), TARGET))
    run = {"type": "run", "asset_id": "site", "source": "crawler", "run_id": "r2", "status": "complete"}
    at = "2026-03-02T11:00:00+08:00"
    made.send({**run, "checks": ["link.dead"], "found": 0, "started_at": at, "finished_at": at})
    made.wait(1)
    assert made.by_status() == {"closed": 1}
    made.send(*findings(range(2), TARGET, run_id="r2", observed_at=at))
    assert (made.ticket().status, place(made, made.ticket())) == ("open", ["0", "1"])


def test_whoever_has_the_cause_meanwhile_keeps_it() -> None:
    """Page 1 opened a ticket while the first was closed; the first is back beside it, and page 2 joins the second."""
    made = closed_once(**CAUSE)
    made.send(*findings(range(1, 2), {}, **CAUSE, run_id="r2"))
    made.send(*findings(range(1), {}, **CAUSE, observed_at="2026-03-02T11:30:00+08:00", run_id="r3"))
    made.send(*findings(range(2, 3), {}, **CAUSE, run_id="r4"))
    assert [place(made, ticket) for ticket in opened(made)] == [["0"], ["1", "2"]]
    assert [ticket.group_key is None for ticket in opened(made)] == [True, False]


def test_the_cause_passes_on_when_its_ticket_closes() -> None:
    """In one batch the second ticket closes and the first is back: the cause is the first one's again."""
    made = closed_once(**CAUSE)
    made.send(*findings(range(1, 2), {}, **CAUSE, run_id="r2"))
    where = {"asset_id": "site", "check": "link.dead", "locator": "https://a.gov.cn/1", "source": "crawler"}
    made.send(
        {"type": "recheck", **where, "outcome": "absent", "observed_at": "2026-03-02T11:20:00+08:00"},
        *findings(range(1), {}, **CAUSE, observed_at="2026-03-02T11:30:00+08:00", run_id="r3"),
        *findings(range(2, 3), {}, **CAUSE, run_id="r4"),
    )
    assert [place(made, ticket) for ticket in opened(made)] == [["0", "2"]]


def test_an_exploded_check_goes_on_in_its_ticket() -> None:
    """Sixty pages were one ticket and were put right; one is back, and the next run explodes into the same ticket."""
    made = world("2026-03-02 12:00")
    made.send(*findings(range(60), {}))
    made.command(action="close", asset_id="site", ticket_id=opened(made)[0].ticket_id, reason="已整改")
    made.until("2026-03-03 12:00")
    made.send(*findings(range(1), {}, observed_at="2026-03-03T10:00:00+08:00", run_id="r2"))
    made.send(*findings(range(100, 160), {}, observed_at="2026-03-03T11:00:00+08:00", run_id="r3"))
    (ticket,) = opened(made)
    assert (ticket.cause, ticket.problem_count, ticket.open_problem_count) == ("run:r1", 120, 61)
