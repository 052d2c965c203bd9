"""A repeat loads its ticket where the sighting is news, and no other (T-3)."""

from __future__ import annotations

from typing import Any

from streams.ledger import Ledger
from tests.support.processors import ProcessorOnLedger, StillClock


def finding(place: str, run_id: str) -> dict[str, Any]:
    """One place of a site, as a run reports it."""
    seen = {"asset_id": "site", "check": "text.typo", "locator": place, "source": "crawler", "run_id": run_id}
    return {**seen, "observed_at": "2026-03-02T10:00:00+08:00"}


async def test_of_many_tickets_the_one_that_somebody_takes_care_of(ledger: Ledger) -> None:
    """Three tickets, one acknowledged: the next run says that it is still there, once, and touches no other."""
    processor = ProcessorOnLedger(ledger, StillClock("2026-03-02 10:05"))
    await processor.send(*(finding(f"/{number}", "r1") for number in range(3)))
    taken = sorted(processor.tickets())[1]
    await processor.command(action="acknowledge", asset_id="site", ticket_id=taken, command_id="c1")
    versions = {ticket_id: document["version"] for ticket_id, document in processor.tickets().items()}
    for run_id in ("r2", "r3"):
        await processor.send(*(finding(f"/{number}", run_id) for number in range(3)))
    (said,) = processor.events("seen_again")
    assert (said["ticket_id"], said["run_id"], said["occurrences"]) == (taken, "r2", 2)
    now = {ticket_id: document["version"] for ticket_id, document in processor.tickets().items()}
    assert now == {**versions, taken: versions[taken] + 1}
