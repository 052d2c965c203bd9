"""One problem, one ticket: whoever reports it, how often, in which order, under which key, to how many workers."""

from __future__ import annotations

import random
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from streams.kafka.publisher import OutMessage
from streams.ledger.tables import problems, runs
from tests.support.pipeline import Pipeline

CHECKS = 100  # so many that no check of one run explodes into one ticket


@pytest.fixture
async def running(pipeline: Pipeline) -> AsyncIterator[Pipeline]:
    """Return a pipeline at work: one worker on SQLite, two at once on PostgreSQL."""
    async with AsyncExitStack() as workers:
        for _ in range(1 if pipeline.ledger.dialect == "sqlite" else 2):
            await workers.enter_async_context(pipeline.working())
        await pipeline.until(
            lambda: (
                sum(len(w.app.group.partitions) for w in pipeline.workers)
                == len(pipeline.topics.inbound) * pipeline.partitions
            )
        )
        yield pipeline


def findings(number: int, run: str = "r1", source: str = "crawler", at: str = "09:00") -> list[dict[str, Any]]:
    """One finding a page, spread over many checks."""
    return [
        {
            "asset_id": "site",
            "check": f"check.kind{i % CHECKS}",
            "locator": f"https://a.gov.cn/{i}",
            "observed_at": f"2026-03-02T{at}:00+08:00",
            "source": source,
            "run_id": run,
        }
        for i in range(number)
    ]


def ended(run: str, status: str = "complete", **fields: Any) -> dict[str, Any]:
    """The run's last word."""
    return {
        "type": "run",
        "asset_id": "site",
        "run_id": run,
        "source": "crawler",
        "status": status,
        "started_at": "2026-03-02T09:30:00+08:00",
        "finished_at": "2026-03-02T09:50:00+08:00",
        "checks": [f"check.kind{i}" for i in range(CHECKS)],
        **fields,
    }


async def test_two_producers_in_two_runs_in_any_order(running: Pipeline) -> None:
    """The same 500 findings from two producers, shuffled, under any key and none: 500 tickets, each seen twice."""
    chance = random.Random(20230224)  # noqa: S311 - a seed, so that it can be repeated
    messages = findings(500, "a1", "crawler") + findings(500, "b1", "linter")
    chance.shuffle(messages)
    keys = [b"site", None, b"another", None]
    out = [OutMessage(running.topics.findings, chance.choice(keys), orjson.dumps(message)) for message in messages]
    for start in range(0, 1000, 125):  # several fetches, so that the workers meet
        await running.publish(out[start : start + 125])
    await running.settled()

    assert await running.problems() == (500, 1000)
    assert await running.by_status() == {"open": 500}
    assert await running.number(select(func.count()).where(problems.c.count != 2)) == 0
    counted = await running.ledger.read(select(runs.c.source, runs.c.counted))
    assert {(row[0], row[1]) for row in counted} == {("crawler", 500), ("linter", 500)}
    assert len(running.seen.events("opened")) == 500
    assert len(running.seen.tickets) == 500


async def test_runs_close_only_what_they_prove_gone(running: Pipeline) -> None:
    """2,000 open problems: an empty failed run closes none of them, a complete one that sees 1,990 closes 10."""
    await running.send(*findings(2_000))
    await running.send(ended("r2", "failed", found=0))
    await running.settled()
    assert await running.by_status() == {"open": 2_000}
    assert running.seen.events("closed", "run_held") == []

    await running.send(ended("r3", found=1_990), *findings(1_990, "r3", at="09:40"))
    await running.until(lambda: len(running.seen.events("closed")) == 10)
    await running.settled()
    assert await running.by_status() == {"open": 1_990, "closed": 10}
    assert {event["reason"] for event in running.seen.events("closed")} == {"run_absent"}
    assert running.seen.events("run_held", "run_incomplete") == []
