"""Broker and database go away under load and come back: the worker goes on by itself, and nothing is lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from streams.kafka.admin import end_offsets
from streams.ledger import open_ledger, upgrade
from streams.local.kafka import LocalKafka
from tests.support.pipeline import Pipeline
from tests.support.postgres import Postgres
from tests.support.worker_process import WorkerProcess

FINDINGS, CHUNK = 4_200, 60
A_MOMENT = 3.0  # seconds
QUICKLY = 25.0  # seconds; Kubernetes kills after 30


def findings(start: int) -> list[dict[str, Any]]:
    """A chunk of findings: of every problem, two sightings come in different chunks."""
    return [
        {
            "asset_id": f"site{n % 20}",
            "check": "text.typo",
            "locator": f"栏目{n % (FINDINGS // 2)}",
            "observed_at": "2026-03-02T09:00:00+08:00",
        }
        for n in range(start, start + CHUNK)
    ]


async def load(pipeline: Pipeline) -> None:
    """Everything, a chunk at a time; what cannot be published waits for the broker."""
    for start in range(0, FINDINGS, CHUNK):
        await pipeline.send(*findings(start))
        await asyncio.sleep(0.05)


async def everything_has_arrived(pipeline: Pipeline) -> None:
    """Counted to the last, published once in effect."""
    ends = await end_offsets(pipeline.config, [pipeline.topics.findings])
    # A producer whose broker died before it answered may have published a chunk twice: what lies there counts.
    pipeline.published[pipeline.topics.findings] = sum(ends.values())
    await pipeline.settled(120)
    problems, sightings = await pipeline.problems()
    assert (problems, sightings) == (FINDINGS // 2, sum(pipeline.published.values()))
    assert await pipeline.by_status() == {"open": FINDINGS // 2}
    assert len(pipeline.seen.events("opened")) == len(pipeline.seen.tickets) == FINDINGS // 2
    assert pipeline.seen.dead_letters == []


def said_once(worker: WorkerProcess, event: str, *, surely: bool) -> None:
    """The log names the outage if it met any work (`surely`), and does not repeat it for as long as it lasts."""
    assert int(surely) <= len(worker.logged(event)) <= 3
    loud = [line for line in worker.output.splitlines() if '"level":"info"' not in line]
    assert len(loud) < 40, "\n".join(loud)


@pytest.fixture
async def own_kafka(kafka_folder: Path) -> AsyncIterator[LocalKafka]:
    """Return a broker that may be killed."""
    broker = LocalKafka(kafka_folder, brief=True)
    await broker.start()
    yield broker
    await broker.stop()


async def test_the_broker_is_killed_under_load(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """SIGKILL of Kafka on SQLite: not ready meanwhile, ready again when it is back, every finding counted."""
    database = f"sqlite:///{tmp_path / 'rectify.db'}"
    await upgrade(database)
    async with Pipeline(tmp_path, own_kafka.bootstrap, "outage", database) as pipeline, pipeline.process() as worker:
        await worker.ready()
        loading = asyncio.create_task(load(pipeline))
        await pipeline.until(lambda: pipeline.seen.events("opened"))
        own_kafka.kill()
        await worker.ready(503)
        assert await worker.page("/healthz") == 200
        await own_kafka.start()
        await worker.ready()
        await loading
        await everything_has_arrived(pipeline)
        # Nothing comes from a broker that is away: whether something was on its way to it is a matter of luck.
        said_once(worker, "kafka_publishing_stalled", surely=False)
        assert len(worker.logged("worker_started")) == 1


@pytest.mark.long("a database server of its own that dies under load")
async def test_the_database_stops_under_load(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> None:
    """Immediate shutdown of PostgreSQL: not ready meanwhile, ready again when it is back, every finding counted."""
    server = Postgres()
    server.start()
    try:
        database = server.create_database()
        await upgrade(database)
        async with (
            Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as pipeline,
            pipeline.process() as worker,
        ):
            await worker.ready()
            loading = asyncio.create_task(load(pipeline))
            await pipeline.until(lambda: pipeline.seen.events("opened"))
            server.stop(immediate=True)
            await worker.ready(503)
            assert await worker.page("/healthz") == 200
            server.start()
            await worker.ready()
            await loading
            await everything_has_arrived(pipeline)
            said_once(worker, "database_unavailable", surely=True)
            assert len(worker.logged("worker_started")) == 1
    finally:
        server.remove()


@pytest.mark.long("a database server of its own that dies under load")
async def test_stopped_while_the_database_is_away(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> None:
    """SIGTERM with a batch in hand that cannot be committed: it ends all the same, and the batch is not lost."""
    server = Postgres()
    server.start()
    try:
        database = server.create_database()
        await upgrade(database)
        async with (
            Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as pipeline,
            pipeline.process() as worker,
        ):
            await worker.ready()
            server.stop(immediate=True)
            await pipeline.send(*findings(0))
            await worker.ready(503)
            await asyncio.sleep(A_MOMENT)  # the batch has been fetched by now, and waits
            code, seconds = await worker.stop()
            assert (code, seconds < QUICKLY) == (0, True), f"{code} after {seconds:.1f} s"
            server.start()
            await worker.start()
            await pipeline.settled(120)
            assert await pipeline.problems() == (CHUNK, CHUNK)
    finally:
        server.remove()


@pytest.mark.long("a Kafka of its own that dies")
async def test_stopped_while_the_broker_is_away(own_kafka: LocalKafka, tmp_path: Path) -> None:
    """SIGTERM with more decided than can be published: it ends all the same; the outbox keeps what is left."""
    database = f"sqlite:///{tmp_path / 'rectify.db'}"
    await upgrade(database)
    async with Pipeline(tmp_path, own_kafka.bootstrap, "outage", database) as pipeline, pipeline.process() as worker:
        await pipeline.send(*findings(0))
        await pipeline.settled()
        own_kafka.kill()
        async with pipeline.ledger.transaction() as tx:  # work that needs no broker to come in
            await tx.refreshes.note_named(list(pipeline.seen.tickets), pipeline.clock.now().real)
        await pipeline.until(lambda: worker.logged("kafka_publishing_stalled"))
        code, seconds = await worker.stop()
        assert (code, seconds < QUICKLY) == (0, True), f"{code} after {seconds:.1f} s"
    ledger = await open_ledger(database)
    async with ledger.transaction() as tx:
        assert await tx.outbox.count()
    await ledger.close()
