"""Reading a topic without a group: from its beginning to where it now ends, or from its end onwards."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from streams.kafka.admin import end_offsets
from streams.kafka.config import KafkaConfig
from streams.services.failure import Failure

POLL_MS: Final = 500


class TopicRecord(NamedTuple):
    """One record as it lies on the topic."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]

    @property
    def document(self) -> Any:
        """The value as JSON; None when it is none."""
        try:
            return orjson.loads(self.value or b"null")
        except orjson.JSONDecodeError:
            return None


class Reader:
    """A consumer at its starting place. `ends` is where the partitions ended when it was opened."""

    def __init__(self, consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> None:
        """Comes from `open_reader`."""
        self._consumer = consumer
        self._ends = ends

    async def follow(self) -> AsyncIterator[TopicRecord]:
        """Every record from here on, without end."""
        while True:
            for record in await self._poll():
                yield record

    async def to_the_end(self) -> AsyncIterator[TopicRecord]:
        """Every record up to where the topics ended when the reader was opened."""
        while await self._behind():
            for record in await self._poll():
                if record.offset < self._ends[TopicPartition(record.topic, record.partition)]:
                    yield record

    async def _behind(self) -> bool:
        for partition, end in self._ends.items():
            if await self._consumer.position(partition) < end:
                return True
        return False

    async def _poll(self) -> list[TopicRecord]:
        fetched = await self._consumer.getmany(timeout_ms=POLL_MS)
        return [
            TopicRecord(found.topic, found.partition, found.offset, found.key, found.value, tuple(found.headers))
            for records in fetched.values()
            for found in records
        ]


@asynccontextmanager
async def open_reader(
    config: KafkaConfig, topics: Iterable[str], *, from_beginning: bool = False
) -> AsyncIterator[Reader]:
    """Stand at the beginning or at the end of the topics; raises Failure when one does not exist."""
    wanted = list(topics)
    offsets = await end_offsets(config, wanted)
    missing = sorted(set(wanted) - {topic for topic, _ in offsets})
    if missing:
        msg = f"主题不存在 · no such topic: {', '.join(missing)} (`rectify topics create` makes those of the contract)"
        raise Failure(msg)
    ends = {TopicPartition(topic, number): offset for (topic, number), offset in offsets.items()}
    consumer = AIOKafkaConsumer(**config.aiokafka_options(), enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(list(ends))
        if from_beginning:
            await consumer.seek_to_beginning(*ends)
        else:
            for partition, end in ends.items():
                consumer.seek(partition, end)
        yield Reader(consumer, ends)
    finally:
        await consumer.stop()
