"""The servers of a benchmark, for as long as it lasts: a Kafka and a PostgreSQL of its own in a temporary folder."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import asyncpg

from schemas.topics import Topics
from streams import ledger
from streams.kafka.admin import create_topics, end_offsets
from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import Publisher
from streams.local.kafka import LocalKafka
from streams.rules.state.records import OutMessage
from tests.support.postgres import Postgres

PARTITIONS = 4
HEAP_MB = 1_024
CHUNK = 20_000  # messages published at once


@dataclass(frozen=True, slots=True)
class Servers:
    """What the contenders share."""

    folder: Path
    kafka: KafkaConfig
    postgres: Postgres
    publisher: Publisher
    postgres_version: str
    kafka_pid: int

    async def make_topics(self, prefix: str) -> Topics:
        """Every topic of the contract below this prefix."""
        topics = Topics(prefix)
        await create_topics(self.kafka, topics.specs(), partitions=PARTITIONS)
        return topics

    async def make_database(self, kind: str, folder: Path) -> str:
        """The URL of a new database with all tables; nothing for who needs none."""
        if kind == "none":
            return ""
        url = self.postgres.create_database() if kind == "postgresql" else f"sqlite:///{folder / 'rectify.db'}"
        await ledger.upgrade(url)
        return url

    async def publish(self, messages: Sequence[OutMessage]) -> None:
        """Publishes and waits until the broker has everything."""
        for first in range(0, len(messages), CHUNK):
            refused = await self.publisher.publish(messages[first : first + CHUNK])
            assert not refused, refused

    async def ends(self, topic: str) -> dict[int, int]:
        """Where each partition of a topic ends."""
        return {partition: end for (_, partition), end in (await end_offsets(self.kafka, [topic])).items()}

    async def count(self, topic: str) -> int:
        """How many messages a topic has ever got."""
        return sum((await self.ends(topic)).values())


@asynccontextmanager
async def servers(say: Callable[[str], None], **settings: str) -> AsyncIterator[Servers]:
    """Starts both, PostgreSQL with these settings; at the end both are stopped and everything is deleted."""
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="rectify-bench-")))
        broker = LocalKafka(folder / "kafka", heap_mb=HEAP_MB)
        stack.push_async_callback(broker.stop)
        await broker.start(say)
        say("starting PostgreSQL")
        postgres = await asyncio.to_thread(lambda: Postgres(**settings))
        stack.callback(postgres.remove)
        postgres.start()
        kafka = KafkaConfig(broker.bootstrap)
        publisher = Publisher(kafka)
        await publisher.start()
        stack.push_async_callback(publisher.stop)
        yield Servers(folder, kafka, postgres, publisher, await _version(postgres), broker.pid or 0)


async def _version(postgres: Postgres) -> str:
    connection = await asyncpg.connect(postgres.create_database())
    try:
        return str(connection.get_settings().server_version)
    finally:
        await connection.close()
