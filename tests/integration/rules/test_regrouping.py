"""Grouping on a real ledger: a batch loads what it touches and no more, and that must be enough."""

from __future__ import annotations

from typing import Any

from streams.ledger import Ledger
from streams.ledger.reading.queries import each_problem, find_tickets
from tests.support.processors import ProcessorOnLedger

NUMBER = 120  # more than the 50 problems that come with a ticket


def findings(numbers: range, evidence: dict[str, Any]) -> list[dict[str, Any]]:
    """One finding a page."""
    return [
        {
            "asset_id": "site",
            "check": "link.dead",
            "locator": f"https://a.gov.cn/{i}",
            "observed_at": "2026-03-02T10:00:00+08:00",
            "source": "crawler",
            "run_id": "r1",
            "evidence": evidence,
        }
        for i in numbers
    ]


async def places(ledger: Ledger, ticket_id: str) -> list[int]:
    """Where the ticket's problems are, by their number."""
    ((ticket, _),) = await find_tickets(ledger, ticket_id)
    found = [problem async for problem in each_problem(ledger, ticket.pk, page=7)]
    assert [problem.ordinal for problem in found] == list(range(1, ticket.problem_count + 1))
    return [int(problem.locator.rpartition("/")[2]) for problem in found]


async def test_split_and_merged_with_more_problems_than_are_shown(ledger: Ledger) -> None:
    """All problems of both tickets move, are counted, and follow their own ticket afterwards."""
    worker = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    await worker.send(*findings(range(NUMBER), {"target": "https://x.gov.cn"}))
    (old,) = worker.tickets().values()
    fingerprints = [problem.fingerprint async for problem in each_problem(ledger, 1) if problem.ordinal % 2 == 0]
    base = {"asset_id": "site", "reason": "另有原因"}
    await worker.command(action="split", ticket_id=old["ticket_id"], fingerprints=fingerprints, **base)
    kept, part = worker.tickets().values()
    assert [(t["problem_count"], t["open_problem_count"], t["occurrences"]) for t in (kept, part)] == [(60, 60, 60)] * 2
    assert (part["due_at"], part["cause"]) == (old["due_at"], old["cause"])
    assert await places(ledger, part["ticket_id"]) == list(range(1, NUMBER, 2))

    again = [{**item, "run_id": "r2"} for item in findings(range(2), {"target": "https://x.gov.cn"})]
    await worker.send(*again, *findings(range(500, 501), {"target": "https://x.gov.cn"}))
    assert (await places(ledger, kept["ticket_id"]))[-1] == 500

    await worker.command(action="merge", ticket_id=part["ticket_id"], into=kept["ticket_id"], **base)
    kept, part = worker.tickets().values()
    assert (kept["problem_count"], kept["open_problem_count"], kept["occurrences"]) == (121, 121, 123)
    assert (part["status"], part["merged_into"], part["problem_count"]) == ("closed", kept["ticket_id"], 0)
    assert sorted(await places(ledger, kept["ticket_id"])) == [*range(NUMBER), 500]
    assert await places(ledger, part["ticket_id"]) == []


async def test_what_the_run_opened_is_gathered_by_any_of_its_problems(ledger: Ledger) -> None:
    """40 places in one fetch, 20 of one target in the next: the forty-first to gather them has a cause of its own."""
    worker = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    await worker.send(*findings(range(40), {}))
    await worker.send(*findings(range(40, 60), {"target": "https://x.gov.cn"}))
    opened = [ticket for ticket in worker.tickets().values() if ticket["status"] == "open"]
    assert sorted((t["cause"], t["problem_count"]) for t in opened) == [
        ("run:r1", 40),
        ("target:https://x.gov.cn/", 20),
    ]
    await worker.send(*findings(range(60, 70), {}))
    opened = [ticket for ticket in worker.tickets().values() if ticket["status"] == "open"]
    assert sorted(t["problem_count"] for t in opened) == [20, 50]
