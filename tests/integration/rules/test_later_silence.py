"""A sighting that comes late, on a real ledger: the runs that may outdate it are looked up, and nothing else (C-41)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson

from streams.ledger import Ledger
from streams.ledger.reading.queries import each_problem
from streams.presentation.ticket.evidence import evidence_of
from tests.support.processors import TOPICS, ProcessorOnLedger, StillClock
from tests.support.world import POLICY, ZONE

PLACE = {"asset_id": "site", "check": "column.blank", "locator": "公示"}


def seen(hour: str, **fields: Any) -> dict[str, Any]:
    """The column is blank."""
    return {**PLACE, "source": "crawler", "observed_at": f"2026-03-02T{hour}:00+08:00", **fields}


def silent(run_id: str, hour: str) -> dict[str, Any]:
    """A complete run that has found nothing."""
    run = {"type": "run", "asset_id": "site", "source": "crawler", "status": "complete", "checks": ["column.blank"]}
    return {**run, "run_id": run_id, "found": 0, "finished_at": f"2026-03-02T{hour}:00+08:00"}


async def test_a_late_sighting_finds_the_run_that_overtakes_it(ledger: Ledger) -> None:
    """Gone at 11:00 and still at 13:00: the one of 12:00 is recorded and published; the one of 14:00 is a relapse."""
    clock = StillClock("2026-03-02 20:00")
    worker = ProcessorOnLedger(ledger, clock)
    for message in (seen("10:00"), silent("r1", "11:00"), silent("r3", "13:00"), seen("12:00", run_id="r2")):
        await worker.send(message)
        await worker.watch.once()
    (ticket,) = worker.tickets().values()
    assert (ticket["status"], worker.events("reopened")) == ("closed", [])
    (problem,) = [found async for found in each_problem(ledger, 1)]
    absent = evidence_of(problem, ZONE)["absent"]
    assert [(proof["run_id"], proof["observed_at"][11:16]) for proof in absent] == [("r3", "13:00")]
    clock.real += timedelta(seconds=31)
    await worker.watch.once()
    (ticket,) = worker.tickets().values()
    assert (ticket["status"], ticket["occurrences"]) == ("closed", 2)
    answer = {"type": "recheck", **PLACE, "outcome": "present", "source": "prober"}
    await worker.send(answer | {"observed_at": "2026-03-02T12:30:00+08:00"})
    assert worker.events("reopened") == []
    await worker.send(seen("14:00", run_id="r4"))
    assert [event["reason"] for event in worker.events("reopened")] == ["relapse"]
    assert orjson.loads(problem.gone_by_json or "")["run_id"] == "r3"


async def test_a_recheck_beside_a_repeat_of_what_it_is_about(ledger: Ledger) -> None:
    """One fetch holds a repeat, which needs no ticket, and the answer about the same place, which does: it closes."""
    worker = ProcessorOnLedger(ledger, "2026-03-02 20:00")
    await worker.send(seen("10:00", run_id="r1"))
    answer = {"type": "recheck", **PLACE, "outcome": "absent", "observed_at": "2026-03-02T12:30:00+08:00"}
    await worker.send(seen("10:00", run_id="r1"), answer | {"source": "crawler"})
    assert [ticket["status"] for ticket in worker.tickets().values()] == ["closed"]
    assert worker.published(TOPICS.dead_letters) == []


async def test_a_finding_finds_the_run_that_was_silent_before_it_came(ledger: Ledger) -> None:
    """C-41: the place is new, and the run that looked later is known; a late run is the earlier proof."""
    worker = ProcessorOnLedger(ledger, StillClock("2026-03-02 20:00"))
    for message in (silent("r3", "13:00"), seen("10:00", run_id="r1"), silent("r2", "11:00")):
        await worker.send(message)
        await worker.watch.once()
    (ticket,) = worker.tickets().values()
    assert (ticket["status"], ticket["evidence_at"][11:16]) == ("closed", "11:00")


async def test_who_reports_it_late_may_have_looked_already(ledger: Ledger) -> None:
    """C-41: an open problem has a new reporter, whose run has been silent since."""
    worker = ProcessorOnLedger(ledger, StillClock("2026-03-02 20:00"))
    for message in (seen("10:00"), silent("l2", "12:00") | {"source": "linter"}, seen("11:00", source="linter")):
        await worker.send(message)
        await worker.watch.once()
    assert [ticket["status"] for ticket in worker.tickets().values()] == ["closed"]


async def test_the_brake_is_there_for_rechecks(ledger: Ledger) -> None:
    """C-45: what a reporter says unasked is counted in the ledger, fetch after fetch, and is noted beyond the brake."""
    limits = POLICY.limits
    brake = limits.producer_brake.model_copy(update={"problems": 2})
    policy = POLICY.model_copy(update={"limits": limits.model_copy(update={"producer_brake": brake})})
    worker = ProcessorOnLedger(ledger, StillClock("2026-03-02 20:00"), policy)
    for site in range(4):
        await worker.send(seen("10:00", asset_id=f"site{site}"))
        worker.published("")
    for site in range(4):
        answer = {"type": "recheck", **PLACE, "outcome": "absent", "source": "crawler", "asset_id": f"site{site}"}
        await worker.send(answer | {"observed_at": "2026-03-02T12:30:00+08:00"})
    assert [ticket["status"] for ticket in worker.tickets().values()] == ["closed"] * 2 + ["open"] * 2
    assert {event["reason"] for event in worker.events("absence_noted")} == {"producer_closes_too_many"}
