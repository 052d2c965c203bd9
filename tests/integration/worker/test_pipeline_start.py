"""`rectify worker` starts only where it can do its work, stops in order, and goes on where it stood."""

from __future__ import annotations

import asyncio
from typing import Any

from sqlalchemy import func, select

from streams.ledger.tables import source
from tests.support.fetching import committed
from tests.support.pipeline import Pipeline

QUICKLY = 8.0  # seconds
FINDINGS = 12_000


def findings(number: int, start: int = 0) -> list[dict[str, Any]]:
    """One finding a place."""
    return [
        {
            "asset_id": f"site{n % 20}",
            "check": "text.typo",
            "locator": f"栏目{n}",
            "observed_at": "2026-03-02T09:00:00+08:00",
        }
        for n in range(start, start + number)
    ]


async def test_stopped_in_mid_flow_it_goes_on_where_it_stood(pipeline: Pipeline) -> None:
    """SIGTERM while findings flow: ended in seconds, nothing lost or published twice, nothing to read again."""
    topic = pipeline.topics.findings
    async with pipeline.process() as worker:
        await worker.ready()
        flowing = asyncio.create_task(pipeline.send(*findings(FINDINGS)))
        await pipeline.until(lambda: pipeline.seen.events("opened"))
        code, seconds = await worker.stop()
        assert (code, seconds < QUICKLY) == (0, True), f"{code} after {seconds:.1f} s"
        await flowing
        await worker.start()
        await pipeline.settled()
        assert (await worker.stop())[0] == 0
    stored = await pipeline.number(select(func.sum(source.c.next_offset)).where(source.c.topic == topic))
    marked = await committed(pipeline.config, pipeline.settings.group_id, topic)
    assert sum(marked.values()) == stored == FINDINGS  # the next worker reads nothing again
    assert await pipeline.problems() == (FINDINGS, FINDINGS)
    assert await pipeline.by_status() == {"open": FINDINGS}
    ids = [event["id"] for event in pipeline.seen.documents(pipeline.topics.events) if event["type"] == "opened"]
    assert len(ids) == len(set(ids)) == FINDINGS


async def test_refused_without_topics(pipeline: Pipeline) -> None:
    """Topics that do not exist are named, and the command that creates them: in one sentence, with exit code 1."""
    async with pipeline.process("refused", topic_prefix=f"{pipeline.topics.prefix}x") as worker:
        assert await worker.ended() == 1, worker.output
    (said,) = [line for line in worker.output.splitlines() if not line.startswith("{")]
    assert said == await pipeline.refusal(topic_prefix=f"{pipeline.topics.prefix}x")
    assert " · " in said
    assert f"{pipeline.topics.prefix}x.findings" in said
    assert "rectify topics create" in said


async def test_refused_on_a_database_of_another_version(pipeline: Pipeline) -> None:
    """Newer than the program, as after a step back to an older release: what it is, and what to install."""
    async with pipeline.ledger.transaction() as tx:
        await tx._session.run("update alembic_version set version_num = '9999'")
    said = await pipeline.refusal()
    assert "newer (version 9999)" in said
    assert "install a newer release" in said


async def test_refused_on_a_database_without_tables(pipeline: Pipeline) -> None:
    """Never upgraded: what to run."""
    async with pipeline.ledger.transaction() as tx:
        await tx._session.run("delete from alembic_version")
    assert "run `rectify db upgrade`" in await pipeline.refusal()


async def test_refused_on_a_database_of_another_cluster(pipeline: Pipeline) -> None:
    """Its offsets mean nothing here: refused, with both clusters named."""
    async with pipeline.ledger.transaction() as tx:
        await tx.logs.bind_cluster("the-other-cluster")
    said = await pipeline.refusal()
    assert "belongs to the Kafka cluster the-other-cluster" in said
    assert "rectify db adopt-cluster" in said
