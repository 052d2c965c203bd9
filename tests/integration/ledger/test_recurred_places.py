"""Tickets of more places than their document shows, all of which have recurred elsewhere (T-2, C-6)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from streams.ledger import Ledger
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import TOPICS, local

CHECK = "column.stale"
DAY = 86_400  # seconds; within that counters are published (T-2)
PLACES = 60


def found(number: int, at: str, run: str | None = "r1", source: str = "crawler", check: str = CHECK) -> dict[str, Any]:
    """A finding of one of the places."""
    said: dict[str, Any] = {"asset_id": "a", "check": check, "locator": f"https://a.gov.cn/{number}", "observed_at": at}
    if check == "link.dead":
        said["evidence"] = {"http_status": 503}
    return {**said, "source": source} if run is None else {**said, "source": source, "run_id": run}


def looked(run: str, at: str, numbers: range, source: str = "crawler", check: str = CHECK) -> dict[str, Any]:
    """A complete run that names its places and has found nothing there."""
    return {
        "type": "run", "asset_id": "a", "run_id": run, "source": source, "status": "complete", "started_at": at,
        "finished_at": at, "checks": [check], "found": 0, "locators": [f"https://a.gov.cn/{n}" for n in numbers],
    }  # fmt: skip


async def pass_seconds(processor: ProcessorOnLedger, clock: StillClock, seconds: int) -> None:
    """Real time passes, and the due watch does what there is."""
    clock.real += timedelta(seconds=seconds)
    for _ in range(20):
        if not await processor.watch.once():
            break
    processor.published(TOPICS.events)


def large(processor: ProcessorOnLedger) -> list[dict[str, Any]]:
    """The tickets of all places, the oldest first."""
    return [document for document in processor.tickets().values() if document["problem_count"] > 50]


async def test_two_crawlers_see_every_place_again(ledger: Ledger) -> None:
    """60 links answer 503, are mended, answer 503 six weeks later: no sighting is lost, none counted twice."""
    clock = StillClock("2026-03-02 10:05")
    processor = ProcessorOnLedger(ledger, clock)
    numbers = range(PLACES)
    for source, time in (("one", "10:00"), ("two", "10:01")):
        at = f"2026-03-02T{time}:00+08:00"
        await processor.send(*(found(n, at, "r1", source, "link.dead") for n in numbers))
        processor.published(TOPICS.events)
    (old,) = large(processor)
    clock.at = local("2026-03-02 12:05")
    for number, part in enumerate((range(20), range(20, 40), range(40, PLACES))):
        await processor.send(looked(f"c{number}", "2026-03-02T12:00:00+08:00", part, "one", "link.dead"))
        await pass_seconds(processor, clock, 60)
    (old,) = large(processor)
    assert (old["status"], old["occurrences"]) == ("closed", 2 * PLACES)
    clock.at = local("2026-04-20 10:05")
    for source, time in (("one", "10:00"), ("two", "10:01")):
        at = f"2026-04-20T{time}:00+08:00"
        await processor.send(*(found(n, at, "r9", source, "link.dead") for n in numbers))
        processor.published(TOPICS.events)
    await pass_seconds(processor, clock, DAY)
    old, new = large(processor)
    assert (old["status"], old["occurrences"], old["open_problem_count"]) == ("closed", 3 * PLACES, 0)
    assert (new["status"], new["occurrences"], new["open_problem_count"]) == ("open", PLACES, PLACES)


async def test_one_producer_dates_its_own_observations(ledger: Ledger) -> None:
    """Seventy days within minutes: found, gone by three runs, one late sighting of then, and all of them today."""
    clock = StillClock("2026-03-20 10:05")
    processor = ProcessorOnLedger(ledger, clock)
    then, today = "2026-01-05T10:00:00+08:00", "2026-03-20T10:00:00+08:00"
    await processor.send(*(found(n, then) for n in range(51)))
    processor.published(TOPICS.events)
    for number, part in enumerate((range(20), range(20, 40), range(40, 51))):
        await processor.send(looked(f"c{number}", "2026-01-06T10:00:00+08:00", part))
        await pass_seconds(processor, clock, 60)
    await processor.send(found(0, then, None), *(found(n, today, "r9") for n in range(51)))
    processor.published(TOPICS.events)
    await pass_seconds(processor, clock, DAY)
    old, new = large(processor)
    assert (old["status"], old["occurrences"]) == ("closed", 52)
    assert (new["status"], new["occurrences"]) == ("open", 51)


async def test_places_that_recur_one_after_the_other(ledger: Ledger) -> None:
    """A ticket's count stays what it was found as, however few of its places are still its own."""
    clock = StillClock("2026-03-02 10:05")
    processor = ProcessorOnLedger(ledger, clock)
    cause = {"cause": "cms"}
    await processor.send(*({**found(n, "2026-03-02T10:00:00+08:00"), **cause} for n in range(3)))
    (old,) = processor.tickets()
    clock.at = local("2026-03-02 12:00")
    await processor.command(action="close", asset_id="a", ticket_id=old, reason="核实", command_id="c1")
    clock.at = local("2026-05-06 10:00")
    for number in range(3):
        again = found(number, "2026-05-06T09:55:00+08:00", "r9")
        late = found(2, "2026-03-02T10:01:00+08:00", None)
        await processor.send({**again, **cause}, *([{**late, **cause}] if number < 2 else []))
        await pass_seconds(processor, clock, DAY)
    documents = processor.tickets()
    assert documents[old]["occurrences"] == 5
    assert sorted(document["occurrences"] for document in documents.values()) == [3, 5]
