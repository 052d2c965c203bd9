"""`python -m tests.crash.rebalance`: workers come and go under load; how late tickets are, and how long nobody decides.

Both are read off the topics, by the broker's clock: from a finding to its ticket's `opened`, and between two of those.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from time import monotonic
from typing import Any, Final

import orjson
from aiokafka import AIOKafkaProducer
from aiokafka.admin import NewPartitions

from streams.kafka.admin import connected
from streams.kafka.publisher import OutMessage
from streams.ledger import upgrade
from tests.crash.play import inbound
from tests.crash.scene import own_scene
from tests.support.kafka import create_topics, topic_prefix
from tests.support.pipeline import Pipeline
from tests.support.worker_process import WorkerProcess

BEAT: Final = 0.1  # seconds between two sendings
REST: Final = 8.0  # seconds of load before, between and after
PATIENCE: Final = 180.0  # seconds
LATE_AIM: Final = 15.0  # seconds from a finding to its ticket, for 99 of 100
PAUSE_AIM: Final = 12.0  # seconds: the session
MANY: Final = 64
MORE: Final = 8  # partitions added


@dataclass(slots=True)
class Crew:
    """Workers under a steady load."""

    pipeline: Pipeline
    workers: list[WorkerProcess] = field(default_factory=list)
    sent: int = 0

    async def load(self, per_second: int) -> None:
        """Findings that are tickets of their own, until cancelled."""
        for _ in count():
            await self.send(int(per_second * BEAT))
            await asyncio.sleep(BEAT)

    async def send(self, number: int) -> None:
        """So many at once, spread over all partitions."""
        batch = []
        for _ in range(number):
            self.sent += 1
            batch.append(OutMessage(self.pipeline.topics.findings, None, orjson.dumps(finding(self.sent))))
        await self.pipeline.publish(batch)


def finding(number: int) -> dict[str, Any]:
    """One of its own."""
    return {
        "asset_id": f"site{number % 500:03}",
        "check": "check.kind",
        "locator": f"https://a.gov.cn/{number}",
        "observed_at": "2026-03-02T09:00:00+08:00",
    }


@asynccontextmanager
async def crew(partitions: int, workers: int, *, named: bool = True) -> AsyncIterator[Crew]:
    """An installation of its own with so many workers, ready."""
    with tempfile.TemporaryDirectory(prefix="rectify-crew-", ignore_cleanup_errors=True) as name:
        async with AsyncExitStack() as stack:
            scene = await stack.enter_async_context(own_scene(Path(name), "postgresql", brokers=1, workers=0))
            assert scene.cluster is not None
            await upgrade(scene.database_url)
            pipeline = Pipeline(Path(name), scene.cluster.bootstrap, topic_prefix(), scene.database_url)
            await create_topics(scene.cluster.bootstrap, [pipeline.topics.findings], partitions)
            await stack.enter_async_context(pipeline)
            one = Crew(pipeline)
            for number in range(workers):
                own = {"group_instance_id": f"w{number}"} if named else {}
                one.workers.append(await stack.enter_async_context(pipeline.process(f"w{number}", **own)))
            await asyncio.gather(*(worker.ready(seconds=PATIENCE) for worker in one.workers))
            yield one


async def restart_in_turn(workers: Sequence[WorkerProcess]) -> None:
    """SIGTERM, and the next one when this one is back."""
    for worker in workers:
        await worker.stop()
        await worker.start()
        await worker.ready()
        await asyncio.sleep(REST)


async def kill_in_turn(workers: Sequence[WorkerProcess]) -> None:
    """SIGKILL; a minute's third passes before somebody starts it again."""
    for worker in workers:
        await worker.kill()
        await asyncio.sleep(20)
        await worker.start()
        await worker.ready()
        await asyncio.sleep(REST)


async def under_load(
    what: str, act: Callable[[Sequence[WorkerProcess]], Awaitable[None]], *, named: bool, per_second: int
) -> bool:
    """Act on three workers under load; say what came of it, and whether that is good."""
    async with crew(16, 3, named=named) as one:
        loading = asyncio.create_task(one.load(per_second))
        await asyncio.sleep(REST)
        await act(one.workers)
        loading.cancel()
        await asyncio.gather(loading, return_exceptions=True)
        await one.pipeline.settled(PATIENCE)
        late, pause, opened = await measured(one.pipeline)
    lost = one.sent - opened
    good = lost == 0 and late[1] < LATE_AIM and pause <= PAUSE_AIM
    say(
        f"{what}: {one.sent} findings, {lost} without a ticket; finding to ticket p50 {late[0]:.2f} s,"
        f" p99 {late[1]:.2f} s, longest {late[2]:.2f} s; longest pause of all {pause:.2f} s"
    )
    return good


async def measured(pipeline: Pipeline) -> tuple[tuple[float, float, float], float, int]:
    """From finding to ticket (p50, p99, longest), the longest time in which no ticket was opened, and how many were."""
    came: dict[str, int] = {}
    for record in await inbound(pipeline):
        locator = orjson.loads(record.value or b"")["locator"]
        came.setdefault(locator, record.timestamp)
    opened: dict[str, int] = {}
    for record in pipeline.seen.records[pipeline.topics.tickets]:
        ticket = orjson.loads(record.value or b"")
        opened.setdefault(ticket["problems"][0]["locator"], record.timestamp)
    late = sorted((at - came[locator]) / 1000 for locator, at in opened.items())
    pause = max((b - a) / 1000 for a, b in pairwise(sorted(opened.values())))
    return (late[len(late) // 2], late[int(len(late) * 0.99)], late[-1]), pause, len(opened)


async def partitions(number: int, workers: int) -> bool:
    """All of it is decided, once; partitions that are added while they work are noticed."""
    async with crew(number, workers, named=False) as one:
        await one.send(4_000)
        await one.pipeline.settled(PATIENCE)
        right = await one.pipeline.problems() == (one.sent, one.sent)
        topic = one.pipeline.topics.findings
        async with connected(one.pipeline.config) as admin:
            await admin.create_partitions({topic: NewPartitions(number + MORE)})
        began = monotonic()
        async with AIOKafkaProducer(**one.pipeline.config.aiokafka_options()) as producer:
            for new in range(number, number + MORE):
                one.sent += 1
                await producer.send_and_wait(topic, orjson.dumps(finding(one.sent)), partition=new)
        one.pipeline.published[topic] += MORE
        await one.pipeline.settled(PATIENCE)
        noticed = monotonic() - began
        right = right and await one.pipeline.problems() == (one.sent, one.sent)
    say(
        f"{number} partition(s), {workers} workers: {one.sent} findings, {'each once' if right else 'NOT each once'};"
        f" {MORE} more partitions were read {noticed:.0f} s after they were made"
    )
    return right


def say(line: str) -> None:
    """Tell at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def main(per_second: int, wanted: Sequence[str]) -> int:
    """All of them, or those that are wanted."""
    plays: dict[str, Callable[[], Awaitable[bool]]] = {
        "restart": lambda: under_load("restarted in turn", restart_in_turn, named=False, per_second=per_second),
        "named": lambda: under_load(
            "restarted in turn, with fixed names", restart_in_turn, named=True, per_second=per_second
        ),
        "kill": lambda: under_load("killed in turn", kill_in_turn, named=False, per_second=per_second),
        "one": lambda: partitions(1, 3),
        "many": lambda: partitions(MANY, 3),
    }
    good = [await plays[name]() for name in wanted or plays]
    return 0 if all(good) else 1


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m tests.crash.rebalance", description=__doc__)
    parser.add_argument("--per-second", type=int, default=200, help="findings, each a ticket of its own")
    parser.add_argument("play", nargs="*", choices=("restart", "named", "kill", "one", "many", []))
    given = parser.parse_args()
    sys.exit(asyncio.run(main(given.per_second, given.play)))
