"""A cause passes from ticket to ticket on a real ledger, where a unique index watches over it (C-40)."""

from __future__ import annotations

from typing import Any

from streams.ledger import Ledger
from tests.support.grouping import findings
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import local

CAUSE = {"cause": "broken-cms"}


def absent(number: int, at: str) -> dict[str, Any]:
    """Somebody looked again and the page is in order."""
    where = {"asset_id": "site", "check": "link.dead", "locator": f"https://a.gov.cn/{number}", "source": "crawler"}
    return {"type": "recheck", **where, "outcome": "absent", "observed_at": f"2026-03-02T{at}:00+08:00"}


def seen(number: int, run: str, at: str) -> dict[str, Any]:
    """One page has the problem."""
    (finding,) = findings(range(number, number + 1), {}, **CAUSE, run_id=run, observed_at=f"2026-03-02T{at}:00+08:00")
    return finding


def standing(worker: ProcessorOnLedger) -> list[tuple[str, int, int]]:
    """Status, problems and open problems of each ticket, in the order of opening."""
    return [(t["status"], t["problem_count"], t["open_problem_count"]) for t in worker.tickets().values()]


async def test_the_cause_passes_on(ledger: Ledger) -> None:
    """Closed, another ticket has the cause, the first is back beside it; then it passes on in one batch, and back."""
    worker = ProcessorOnLedger(ledger, "2026-03-02 12:00")
    await worker.send(seen(0, "r1", "10:00"))
    await worker.send(absent(0, "10:10"))
    await worker.send(seen(1, "r2", "10:20"))
    await worker.send(seen(0, "r3", "10:30"))
    await worker.send(seen(2, "r4", "10:40"))
    assert standing(worker) == [("open", 1, 1), ("open", 2, 2)]

    await worker.send(
        absent(0, "10:50"), absent(1, "10:50"), absent(2, "10:50"), seen(0, "r5", "10:55"), seen(3, "r5", "10:55")
    )
    assert standing(worker) == [("open", 2, 2), ("closed", 2, 0)]

    first, second = worker.tickets()
    await worker.command(action="close", asset_id="site", ticket_id=first, reason="已整改")
    await worker.command(action="reopen", asset_id="site", ticket_id=second, reason="仍未整改")
    await worker.command(action="reopen", asset_id="site", ticket_id=first, reason="仍未整改")
    await worker.send(seen(4, "r6", "11:00"))
    assert standing(worker) == [("open", 2, 2), ("open", 3, 3)]


async def test_a_ghost_of_many_places_is_not_reopened(ledger: Ledger) -> None:
    """K-19: 60 places of one run, closed, all back after the window in another ticket, which the refusal names."""
    clock = StillClock("2026-03-02 10:05")
    worker = ProcessorOnLedger(ledger, clock)
    await worker.send(*findings(range(60), {}, observed_at="2026-03-02T10:00:00+08:00", run_id="r1"))
    (old,) = [number for number, ticket in worker.tickets().items() if ticket["status"] == "open"]
    await worker.command(action="close", asset_id="site", ticket_id=old, reason="核实")
    clock.at = local("2026-05-06 10:00")
    await worker.send(*findings(range(60), {}, observed_at="2026-05-06T09:55:00+08:00", run_id="r9"))
    (new,) = [number for number, ticket in worker.tickets().items() if ticket["status"] == "open"]
    await worker.command(action="reopen", asset_id="site", ticket_id=old, reason="核实")
    (refused,) = worker.events("command_refused")
    assert (refused["reason"], new in refused["summary"]) == ("problem_has_another_ticket", True)
    assert [ticket["status"] for number, ticket in worker.tickets().items() if number == old] == ["closed"]
