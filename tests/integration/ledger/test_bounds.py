"""What is loaded at once has an end (O-16): more is done in smaller parts, and everything is done."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from structlog.testing import capture_logs

from streams.ledger import Ledger
from streams.rules.scoring.derived import counting
from streams.rules.state.bounds import TooMuch
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import TOPICS

NUMBER = 400
CLOSED = 200
CAUSE = {"evidence": {"target": "https://b.cn/"}}
SEEN = "2026-03-02T09:00:00+08:00"


def finding(number: int, **fields: Any) -> dict[str, Any]:
    """One of so many problems, each with a ticket of its own."""
    return {"asset_id": f"site-{number % 20}", "check": "wording.serious", "locator": f"{number}", **fields}


async def test_large_problems_are_seen_again_in_parts(ledger: Ledger) -> None:
    """400 problems of 146 KB each are more than a transaction loads: small repeats of them are decided in halves."""
    processor = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    large = {"evidence": {"pad": "a" * 65_000}, "detail": "字" * 8_192}
    for begin in range(0, NUMBER, 100):
        await processor.send(*(finding(number, observed_at=SEEN, **large) for number in range(begin, begin + 100)))
        processor.published("")
    with capture_logs() as logs:
        await processor.send(*(finding(number, observed_at=SEEN) for number in range(NUMBER)))
    assert "batch_halved" in {line["event"] for line in logs}
    async with ledger.transaction() as tx:
        ((count, most),) = await tx._session.rows("select sum(count), max(count) from problems where current")
    assert (count, most) == (2 * NUMBER, 2)


def large(number: int, **fields: Any) -> dict[str, Any]:
    """A finding whose facts take 320 KB in memory, on one site; each place is a ticket of its own."""
    texts = {"evidence": {"pad": "a" * 65_000, "status": 404}, "detail": "\U0001f600" * 8_192, "title": "题" * 200}
    return {**finding(0), "locator": f"{number}", "observed_at": SEEN, "source": "crawler", **texts, **fields}


async def many_places(ledger: Ledger) -> tuple[ProcessorOnLedger, str]:
    """A ticket with 120 places of one cause, and its id."""
    processor = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    same = {"asset_id": "site", "check": "link.dead", "observed_at": SEEN, "source": "crawler", **CAUSE}
    await processor.send(*({**same, "locator": f"/{place}"} for place in range(120)))
    (ticket_id,) = processor.tickets()
    return processor, ticket_id


async def rows(ledger: Ledger, sql: str) -> Any:
    """What the tables have."""
    async with ledger.transaction() as tx:
        return await tx._session.rows(sql)


async def test_one_alone_has_more_room(ledger: Ledger) -> None:
    """What can be done in smaller parts is refused; of a single matter rows come without facts, and at last none."""
    rows_ = [("x" * 1_000_000,)] * 20
    async with ledger.transaction() as tx:
        room = tx._session.room
        tx.load_in_bounds(divisible=True)
        with pytest.raises(TooMuch):
            room.take(rows_ * 2, (0,), lambda _: ("short",))
        tx.load_in_bounds(divisible=False)
        taken = [room.take(rows_, (0,), lambda _: ("short",))[0] for _ in range(3)]
        assert [list(kept) for kept in taken] == [rows_, rows_, [("short",)] * 20]
        assert room.is_full
        for _ in range(5):
            assert room.take(rows_, (0,), None)[0] == rows_
        with pytest.raises(TooMuch, match="160 MiB"):
            room.take(rows_ * 2, (0,), None)


async def test_what_one_transaction_has_loaded_is_nothing_to_the_next(ledger: Ledger) -> None:
    """A dispatcher's transaction after a desk's that was full is not told that there is too much."""
    async with ledger.transaction() as tx:
        tx.load_in_bounds(divisible=True)
        tx._session.room.left = 0
    async with ledger.transaction() as tx:
        tx._session.room.take([("x",)], (0,), None)


async def done(processor: ProcessorOnLedger) -> None:
    """All that is due, published as it is decided."""
    while await processor.watch.once():
        processor.published("")


async def test_a_run_closes_more_than_can_be_loaded(ledger: Ledger) -> None:
    """200 tickets of one asset close at once; those without room are published later, each with all of its facts."""
    clock = StillClock("2026-03-02 10:00")
    processor = ProcessorOnLedger(ledger, clock)
    for begin in range(0, CLOSED, 50):
        await processor.send(*(large(number) for number in range(begin, begin + 50)))
        processor.published("")
    at = "2026-03-02T09:30:00+08:00"
    await processor.send(
        {
            "type": "run", "asset_id": "site-0", "run_id": "r2", "source": "crawler", "status": "complete",
            "started_at": at, "finished_at": at, "checks": ["wording.serious"],
        }
    )  # fmt: skip
    clock.real += timedelta(minutes=1)
    await done(processor)
    await processor.command(action="accept_run", asset_id="site-0", source="crawler", run_id="r2", reason="已核实")
    await done(processor)
    closed = [ticket for ticket in processor.tickets().values() if ticket["status"] == "closed"]
    assert len(processor.events("closed")) == CLOSED
    assert 0 < len(closed) < CLOSED
    clock.real += timedelta(seconds=31)
    await done(processor)
    tickets = processor.tickets().values()
    assert {ticket["status"] for ticket in tickets} == {"closed"}
    assert {len(ticket["problems"][0]["facts"]["evidence"]["pad"]) for ticket in tickets} == {65_000}
    assert await rows(ledger, "select count(*) from problems where length(facts_json) > 65000") == [(CLOSED,)]


async def test_one_answer_about_many_places(ledger: Ledger) -> None:
    """Long evidence is published and kept with 50 of them and with the last, which closes the ticket."""
    processor, ticket_id = await many_places(ledger)
    answer = {"type": "recheck", "asset_id": "site", "ticket_id": ticket_id, "outcome": "absent", "source": "crawler"}
    await processor.send({**answer, "observed_at": "2026-03-02T09:30:00+08:00", "evidence": {"pad": "a" * 60_000}})
    (closed,) = processor.events("closed")
    said = [event["proof"]["evidence"] for event in (*processor.events("problem_gone"), closed)]
    assert [len(evidence.get("pad", "")) for evidence in said] == [60_000] * 50 + [0] * 69 + [60_000]
    ((kept,),) = await rows(ledger, "select count(*) from problems where length(gone_by_json) > 60000")
    assert kept == 51


async def test_a_person_closes_many_places(ledger: Ledger) -> None:
    """What a person encloses is kept in full with 50 of the places and the last."""
    processor, ticket_id = await many_places(ledger)
    enclosed = {"pad": "a" * 60_000}
    await processor.command(action="close", asset_id="site", ticket_id=ticket_id, reason="已核实", evidence=enclosed)
    (closed,) = processor.events("closed")
    assert closed["proof"]["evidence"] == enclosed
    ((kept, all_of_them),) = await rows(
        ledger, "select sum(case when length(gone_by_json) > 60000 then 1 else 0 end), count(*) from problems"
    )
    assert (kept, all_of_them) == (51, 120)


async def test_tickets_with_many_places_are_published_in_parts(ledger: Ledger) -> None:
    """One place more in each of eight tickets of 50: what would be published together is more than 16 MiB."""
    processor = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    dead = {"check": "link.dead", "observed_at": SEEN}
    heavy = {**dead, "evidence": {"pad": "a" * 50_000, "target": "https://b.cn/"}}
    for asset in range(8):
        await processor.send(*({**finding(asset), **heavy, "locator": f"/{place}"} for place in range(50)))
        processor.published("")
    with capture_logs() as logs:
        await processor.send(*({**finding(asset), **dead, **CAUSE, "locator": "/new"} for asset in range(8)))
    (halved,) = [line["error"] for line in logs if line["event"] == "batch_halved"]
    assert "of messages" in halved
    assert {ticket["problem_count"] for ticket in processor.tickets().values()} == {51}


async def test_a_count_reads_what_it_counts(ledger: Ledger) -> None:
    """An asset with 150 large problems of a check that nobody counts is counted beside others."""
    processor = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    for begin in range(0, 150, 50):
        await processor.send(*(large(number) for number in range(begin, begin + 50)))
        processor.published("")
    await processor.send({**finding(0), "check": "column.stale", "locator": "/news", "observed_at": SEEN})
    async with ledger.transaction() as tx:
        tx.load_in_bounds(divisible=True)
        pks, snapshot = await tx.due.counts(
            processor.clock.now().at, 50, processor.processor.registry, counting(processor.processor.policy)
        )
    assert len(pks) == 1
    assert [problem.check for problem in snapshot.problems.values()] == ["column.stale"]


async def test_a_claim_asks_about_what_is_left_of_many(ledger: Ledger) -> None:
    """Of 120 places the first 60 are gone: a claim asks about 50 of the others, of which the ticket shows none."""
    processor, ticket_id = await many_places(ledger)
    async with ledger.transaction() as tx:
        await tx._session.run("update problems set status = 'gone', gone_at = last_seen_at where ordinal <= 60")
        await tx._session.run("update tickets set open_problem_count = 60")
    await processor.command(action="claim_fix", asset_id="site", ticket_id=ticket_id, measures="已改")
    (asked,) = processor.events("recheck_requested")
    assert len(asked["request_ids"]) == 50
    wanted = {message["locator"] for message in processor.published(TOPICS.recheck_requests)}
    assert wanted == {f"/{place}" for place in range(60, 110)}
