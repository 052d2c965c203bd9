"""A worker stopped for longer than its session (SIGSTOP, SIGCONT): it decides nothing more, and only repeats."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select

from streams.ledger.tables import tickets
from streams.local.kafka import LocalKafka
from tests.support.pipeline import Pipeline
from tests.support.worker_process import WorkerProcess

FINDINGS = 400
ASSETS = 40
HELD_UP = 58.0  # seconds: the transaction (20), the second one's start, a slow machine
TAKEN_OVER = 60.0  # seconds: the session (12), a transaction left open (20), an outbox left behind (20 to 25)


def findings(first: int, assets: int = ASSETS) -> list[dict[str, Any]]:
    """Different findings, each a ticket of its own."""
    return [
        {
            "asset_id": f"site-{number % assets}",
            "check": "check.kind",
            "locator": f"https://a.gov.cn/{number}",
            "observed_at": "2026-03-02T09:00:00+08:00",
        }
        for number in range(first, first + FINDINGS)
    ]


async def rows(url: str, query: str) -> Sequence[Any]:
    """What the server says, on a connection of its own."""
    connection = await asyncpg.connect(url)
    try:
        found: Sequence[Any] = await connection.fetch(query)
    finally:
        await connection.close()
    return found


async def everything(url: str) -> list[Sequence[Any]]:
    """Every row that a decision writes, with the number of the transaction that wrote it; of tickets what they say.

    A ticket gets a new version when its messages may have come out of order: it is published as it stands.
    """
    tables = ("source", "assets", "problems", "history", "notices", "outbox")
    found = [await rows(url, f"select xmin::text, t.* from {table} t order by t::text") for table in tables]  # noqa: S608
    return [*found, await rows(url, "select pk, status, due_at, occurrences, problem_count from tickets order by pk")]


async def frozen_before_publishing(pipeline: Pipeline, worker: WorkerProcess, url: str) -> int:
    """Stop it when something of its is committed and not yet published; how many findings that took."""
    left = f"select count(*) from outbox where owner like '%-{worker.pid}-%'"  # noqa: S608
    sent = 0
    while True:
        await pipeline.send(*findings(sent))
        sent += FINDINGS
        end = monotonic() + 10
        connection = await asyncpg.connect(url)
        while monotonic() < end and not await connection.fetchval(left):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0)
        worker.freeze()
        await asyncio.sleep(0.3)
        caught = await connection.fetchval(left)
        await connection.close()
        if caught:
            return sent
        worker.thaw()


async def nothing_owed(url: str) -> bool:
    """Whether nothing is to be published again within a minute; what is due later is for another test."""
    soon = "due_at < (extract(epoch from clock_timestamp()) + 60) * 1000000"
    return not await rows(url, f"select 1 from refreshes where {soon} limit 1")  # noqa: S608


async def superseded(pipeline: Pipeline) -> bool:
    """Whether the last message about each ticket is the one that counts."""
    stored = await pipeline.ledger.read(select(tickets.c.ticket_id, tickets.c.version))
    await pipeline.settled()
    messages = pipeline.seen.documents(pipeline.topics.tickets)
    last = {message["ticket_id"]: message["version"] for message in messages}
    return last == {row[0]: row[1] for row in stored}


async def test_a_zombie_writes_nothing_and_repeats_what_was_said(
    kafka: LocalKafka, topic_prefix: str, postgres_database: str, tmp_path: Path
) -> None:
    """While it is stopped the other one does its work; woken up, it decides nothing, and its events are known ones.

    What it repeats about tickets is superseded: the highest version, and the last one on the topic, is the ledger's.
    """
    async with (
        Pipeline(tmp_path, kafka.bootstrap, topic_prefix, postgres_database) as pipeline,
        pipeline.process("w1") as zombie,
        pipeline.process("w2") as other,
    ):
        await zombie.ready()
        await other.ready()
        sent = await frozen_before_publishing(pipeline, zombie, postgres_database)
        await pipeline.send(*findings(sent))
        sent += FINDINGS
        await pipeline.settled(TAKEN_OVER)
        await pipeline.eventually(partial(nothing_owed, postgres_database), TAKEN_OVER)
        await pipeline.settled(TAKEN_OVER)
        assert await pipeline.problems() == (sent, sent)
        said = {event["id"] for event in pipeline.seen.events()}
        assert len(pipeline.seen.events("opened")) == sent
        before = await everything(postgres_database)

        zombie.thaw()
        await zombie.ready()
        await asyncio.sleep(3)
        await pipeline.settled()
        assert await everything(postgres_database) == before
        records = pipeline.seen.records[pipeline.topics.events]
        assert len({record.value for record in records}) == len(said) <= len(records)
        assert {event["id"] for event in pipeline.seen.events()} == said
        await pipeline.eventually(partial(superseded, pipeline), TAKEN_OVER)

        await pipeline.send(*findings(sent))  # it is a worker like any other again
        await pipeline.settled()
        assert await pipeline.problems() == (sent + FINDINGS, sent + FINDINGS)


@pytest.mark.long("waits for sessions and leases to end, in real time")
async def test_a_zombie_that_dies_before_it_can_delete(
    kafka: LocalKafka, topic_prefix: str, postgres_database: str, tmp_path: Path
) -> None:
    """Woken up, it repeats what was on its way, and is killed while the outbox is locked: nobody can see what it did.

    Ten minutes after the takeover the tickets are published once more, and the last message about each is its newest.
    """
    async with (
        Pipeline(tmp_path, kafka.bootstrap, topic_prefix, postgres_database) as pipeline,
        pipeline.process("w1") as zombie,
        pipeline.process("w2") as other,
    ):
        await zombie.ready()
        await other.ready()
        sent = await frozen_before_publishing(pipeline, zombie, postgres_database)
        await pipeline.settled(TAKEN_OVER)
        await pipeline.eventually(partial(nothing_owed, postgres_database), TAKEN_OVER)
        await pipeline.settled(TAKEN_OVER)
        assert await superseded(pipeline)

        lock = await asyncpg.connect(postgres_database)
        await lock.execute("begin")
        await lock.execute("lock table outbox in access exclusive mode")
        zombie.thaw()
        waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and query ilike '%outbox%'"
        await pipeline.eventually(partial(rows, postgres_database, waiting), TAKEN_OVER)
        await asyncio.sleep(1)
        await zombie.kill()
        await lock.close()
        await pipeline.hasten()
        await pipeline.eventually(partial(superseded, pipeline), TAKEN_OVER)
        assert await pipeline.problems() == (sent, sent)


@pytest.mark.long("waits for sessions and leases to end, in real time")
async def test_stopped_inside_its_transaction_it_does_not_hold_others_up(
    kafka: LocalKafka, topic_prefix: str, postgres_database: str, tmp_path: Path
) -> None:
    """The server ends the transaction, the next worker decides; woken up, the first one finds its work done."""
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, postgres_database) as pipeline:
        first, second = pipeline.process("w1"), pipeline.process("w2")
        async with first, asyncio.timeout(300):
            await first.ready()
            await pipeline.send(*findings(0, assets=1))
            await pipeline.settled()
            lock = await asyncpg.connect(postgres_database)
            await lock.execute("begin")
            await lock.execute("select 1 from assets for update")
            await pipeline.send(*findings(FINDINGS, assets=1))
            waiting = "select 1 from pg_stat_activity where wait_event_type = 'Lock'"
            while not await rows(postgres_database, waiting):  # noqa: ASYNC110 - nobody tells us
                await asyncio.sleep(0.05)
            first.freeze()
            began = monotonic()
            await lock.close()
            async with second:
                await pipeline.settled(TAKEN_OVER)
                assert monotonic() - began < HELD_UP
                first.thaw()
                await first.ready()
                await pipeline.settled()
                assert await pipeline.problems() == (2 * FINDINGS, 2 * FINDINGS)
                assert len(pipeline.seen.events("opened")) == 2 * FINDINGS
