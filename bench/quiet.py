"""What a finding costs in CPU, without Kafka: `python -m bench.quiet`, with --profile where it goes.

Everything between a fetch and its commit is here (reading, rules, a real SQLite or PostgreSQL ledger, the outbox with
a broker that acknowledges at once). Process CPU time hardly feels who else is on the machine, so that two versions can
be compared within a minute. It is no throughput: disk, Kafka's client and Faust come on top (`make bench`).
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import gc
import pstats
import tempfile
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from statistics import median
from time import monotonic, process_time
from typing import Any, NamedTuple, cast
from zlib import crc32

from aiokafka import ConsumerRecord

from bench.workload import phases, registry
from schemas.topics import Topics
from streams import ledger as ledgers
from streams.clock import Clock
from streams.files.policy.loading import load_policy
from streams.kafka.consuming.faust_app import BATCH_RECORDS
from streams.kafka.fetch import Fetch
from streams.kafka.publisher import Publisher, PublishError
from streams.rules.state.records import OutMessage
from streams.settings.model import Settings
from streams.worker.intake.batch_processor import BatchProcessor
from streams.worker.intake.reading import Reader, finding_reader
from streams.worker.intake.registrar import registry_reader
from streams.worker.metrics import Metrics
from streams.worker.relay import Relay
from tests.support.postgres import Postgres

MAX_BYTES = 1_048_576
PARTITIONS = 4


class AtOnce:
    """A broker that acknowledges everything."""

    async def publish(self, messages: Sequence[OutMessage]) -> list[PublishError]:
        """Nothing is refused."""
        del messages
        return []


class Cost(NamedTuple):
    """Microseconds for one finding."""

    cpu: float
    wall: float


def fetches(messages: Sequence[OutMessage], offsets: list[count[int]]) -> list[Fetch]:
    """As the broker would hand them over in a backlog: partition by partition, so many at once."""
    parts: list[list[Any]] = [[] for _ in range(PARTITIONS)]
    for topic, key, value, headers in messages:
        number = crc32(key or b"") % PARTITIONS
        record = ConsumerRecord(topic, number, next(offsets[number]), 0, 0, key, value, None, -1, -1, tuple(headers))
        parts[number].append(record)
    return [
        Fetch(part[0].topic, part[0].partition, part[first : first + BATCH_RECORDS])
        for part in parts
        for first in range(0, len(part), BATCH_RECORDS)
    ]


async def play(processor: BatchProcessor, taken: Sequence[Fetch], reader: Reader) -> Cost:
    """Every fetch through the batch processor, until it is committed and out of the outbox."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000, 20, 50)
    wall, cpu = monotonic(), process_time()
    for fetch in taken:
        await processor.take([fetch], reader)
    await processor.relay.drain(60)
    wall, cpu = monotonic() - wall, process_time() - cpu
    many = sum(len(fetch.records) for fetch in taken)
    return Cost(1e6 * cpu / many, 1e6 * wall / many)


async def once(url: str, messages: int, profiled: str | None) -> dict[str, Cost]:
    """All phases on one new ledger."""
    settings = Settings(database_url=url)
    await ledgers.upgrade(url)
    ledger = await ledgers.open_ledger(url, owner="bench")
    topics, clock, policy = Topics(), Clock(), load_policy(settings.policy)
    async with ledger.transaction() as tx:
        known = await tx.registry.load(settings.zone)
    relay = Relay(ledger, cast("Publisher", AtOnce()), clock, topics)
    processor = BatchProcessor(ledger, relay, clock, policy, topics, known, Metrics())
    reader = finding_reader(policy, MAX_BYTES)
    publishing = asyncio.create_task(relay.run())
    costs = {}
    try:
        entries = fetches(registry(topics.registry, messages), [count() for _ in range(PARTITIONS)])
        await play(processor, entries, registry_reader(MAX_BYTES))
        offsets = [count() for _ in range(PARTITIONS)]
        for phase, found in phases(topics.findings, messages, datetime.now(UTC)).items():
            taken = fetches(found, offsets)
            profile = cProfile.Profile() if profiled == phase else None
            if profile:
                profile.enable()
            costs[phase] = await play(processor, taken, reader)
            if profile:
                profile.disable()
                pstats.Stats(profile).sort_stats("tottime").print_stats(45)
    finally:
        publishing.cancel()
        await ledger.close()
    return costs


async def main(options: argparse.Namespace) -> None:
    """Rounds, and their medians."""
    found: dict[str, list[Cost]] = {}
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rectify-quiet-")))
        postgres = None
        if options.postgres:
            postgres = await asyncio.to_thread(Postgres)
            stack.callback(postgres.remove)
            postgres.start()
        for number in range(options.rounds):
            url = postgres.create_database() if postgres else f"sqlite:///{folder / f'{number}.db'}"
            for phase, cost in (await once(url, options.messages, options.profile)).items():
                found.setdefault(phase, []).append(cost)
    print(f"{'phase':10} {'CPU µs':>8} {'least':>8} {'wall µs':>8}")
    for phase, costs in found.items():
        cpus = [cost.cpu for cost in costs]
        print(f"{phase:10} {median(cpus):8.1f} {min(cpus):8.1f} {median(cost.wall for cost in costs):8.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.quiet", description=__doc__)
    parser.add_argument("--messages", type=int, default=40_000, help="findings a phase (default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead of SQLite")
    parser.add_argument("--profile", metavar="PHASE", help="profile this phase")
    asyncio.run(main(parser.parse_args()))
