"""kill -9 of workers in mid-flow: afterwards everything is counted once, and nothing is lost or left over."""

from __future__ import annotations

import asyncio
import random
from collections import Counter, defaultdict
from collections.abc import Iterable
from contextlib import AsyncExitStack

import orjson
from sqlalchemy import func, select

from streams.kafka.publisher import OutMessage
from streams.ledger.tables import problems, refreshes, runs, source, tickets
from tests.support.pipeline import Pipeline
from tests.support.subscriber import Record
from tests.support.worker_process import WorkerProcess

SEED = 20230306
ASSETS, CHECKS, RUNS = 50, 20, 5
PROBLEMS, FINDINGS = ASSETS * CHECKS, ASSETS * CHECKS * RUNS
CHUNK = 100  # findings published at once
KILLS = 3


def findings(chance: random.Random) -> list[OutMessage]:
    """Every problem seen by five runs, in any order, under its asset's key, another one or none."""
    out = []
    for run in range(RUNS):
        for asset in range(ASSETS):
            for check in range(CHECKS):
                finding = {
                    "asset_id": f"site{asset}",
                    "check": f"check.kind{check}",
                    "locator": "https://a.gov.cn/",
                    "observed_at": f"2026-03-02T09:{run:02}:00+08:00",
                    "source": "crawler",
                    "run_id": f"r{run}",
                }
                key = chance.choice([f"site{asset}".encode(), b"another", None])
                out.append(OutMessage("", key, orjson.dumps(finding)))
    chance.shuffle(out)
    return out


async def test_killed_three_times_while_findings_flow(pipeline: Pipeline) -> None:
    """One worker on SQLite, two on PostgreSQL: counts exact, tickets single, each message once in effect."""
    chance = random.Random(SEED)  # noqa: S311 - a seed, so that it can be repeated
    # A fixed name lets a restarted worker take its place at once; for the other one the group waits and rebalances.
    workers = [pipeline.process("w1", group_instance_id="w1")]
    if pipeline.ledger.dialect == "postgresql":
        workers.append(pipeline.process("w2"))
    async with AsyncExitStack() as stack:
        for worker in workers:
            await stack.enter_async_context(worker)
        for worker in workers:
            await worker.ready()
        flowing = asyncio.create_task(flow(pipeline, findings(chance)))
        for number in range(KILLS):
            await kill_in_mid_flow(pipeline, chance, workers, (number + chance.uniform(0.2, 0.8)) / KILLS)
        await flowing
        await pipeline.settled(180)
        await pipeline.eventually(lambda: nothing_to_refresh(pipeline), 60)
        await pipeline.settled()
    await everything_is_counted_once(pipeline)
    await the_topics_say_what_the_ledger_says(pipeline)


async def flow(pipeline: Pipeline, messages: list[OutMessage]) -> None:
    """Publish, a chunk at a time, never far ahead of the workers: they are killed at work, not at rest."""
    for start in range(0, len(messages), CHUNK):
        await pipeline.publish(m._replace(topic=pipeline.topics.findings) for m in messages[start : start + CHUNK])
        await asyncio.sleep(0.05)


async def kill_in_mid_flow(
    pipeline: Pipeline, chance: random.Random, workers: list[WorkerProcess], share: float
) -> None:
    """Kill one of the workers, or all, when so much has been committed and a little later; start them again."""

    async def so_far() -> bool:
        return await pipeline.number(select(func.sum(source.c.next_offset))) >= FINDINGS * share

    await pipeline.eventually(so_far, 120)
    await asyncio.sleep(chance.uniform(0, 0.1))
    victims = chance.sample(workers, chance.randint(1, len(workers)))
    for worker in victims:
        assert worker.alive, worker.output[-2000:]
        await worker.kill()
    for worker in victims:
        await worker.start()


async def nothing_to_refresh(pipeline: Pipeline) -> bool:
    """Whether every ticket's counters have been published."""
    await pipeline.hasten()
    return not await pipeline.number(select(func.count()).select_from(refreshes))


async def everything_is_counted_once(pipeline: Pipeline) -> None:
    """The ledger, to the last sighting."""
    assert await pipeline.problems() == (PROBLEMS, FINDINGS)
    assert await pipeline.number(select(func.count()).where(problems.c.count != RUNS)) == 0
    assert await pipeline.by_status() == {"open": PROBLEMS}
    assert await pipeline.number(select(func.count(func.distinct(problems.c.ticket_pk)))) == PROBLEMS
    assert await pipeline.number(select(func.count()).where(tickets.c.occurrences != RUNS)) == 0
    assert await pipeline.number(select(func.count()).select_from(runs)) == ASSETS * RUNS
    assert await pipeline.number(select(func.count()).where(runs.c.counted != CHECKS)) == 0


async def the_topics_say_what_the_ledger_says(pipeline: Pipeline) -> None:
    """Repeats are repeats to the byte; who drops them sees each effect once; the last version is the ledger's."""
    seen, topics = pipeline.seen, pipeline.topics
    assert not ambiguous(seen.records[topics.events], "id")
    assert not ambiguous(seen.records[topics.tickets], "ticket_id", "version")
    assert Counter(event["type"] for event in seen.events()) == {"opened": PROBLEMS}  # repeats are counted (T-3)
    assert len({event["ticket_id"] for event in seen.events("opened")}) == PROBLEMS
    rows = await pipeline.ledger.read(select(tickets.c.ticket_id, tickets.c.version, tickets.c.occurrences))
    published = {ticket["ticket_id"]: (ticket["version"], ticket["occurrences"]) for ticket in seen.tickets.values()}
    assert published == {row[0]: (row[1], row[2]) for row in rows}


def ambiguous(records: Iterable[Record], *fields: str) -> list[tuple[object, ...]]:
    """The identities under which different messages were published."""
    values: defaultdict[tuple[object, ...], set[bytes | None]] = defaultdict(set)
    for record in records:
        document = orjson.loads(record.value or b"null")
        values[tuple(document[field] for field in fields)].add(record.value)
    return [identity for identity, different in values.items() if len(different) > 1]
