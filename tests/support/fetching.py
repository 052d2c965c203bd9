"""Reading topics through the worker's own Faust app, and past it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any, NoReturn

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from streams.kafka.admin import end_offsets
from streams.kafka.config import KafkaConfig
from streams.kafka.consuming.faust_app import FetchApp, Handler, build_app, run_app
from streams.kafka.consuming.fetches import Fetch


class BatchProcessor:
    """A handler that remembers what it was given."""

    def __init__(self) -> None:
        self.batches: list[Sequence[Fetch]] = []

    @property
    def fetches(self) -> list[Fetch]:
        """All fetches in the order of arrival."""
        return [fetch for fetches in self.batches for fetch in fetches]

    async def __call__(self, fetches: Sequence[Fetch]) -> None:
        self.batches.append(fetches)

    @property
    def records(self) -> list[ConsumerRecord[bytes | None, bytes | None]]:
        """All records in the order of arrival."""
        return [record for fetch in self.fetches for record in fetch.records]

    @property
    def offsets(self) -> dict[int, list[int]]:
        """Offsets by partition in the order of arrival."""
        offsets: dict[int, list[int]] = {}
        for record in self.records:
            offsets.setdefault(record.partition, []).append(record.offset)
        return offsets

    def __len__(self) -> int:
        return sum(len(fetch.records) for fetch in self.fetches)


class Fatal:
    """Takes the place of ending the process."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def __call__(self, error: BaseException) -> NoReturn:
        self.errors.append(error)
        raise error


async def until(condition: Callable[[], object], seconds: float = 30.0) -> None:
    """Return once the condition holds; fail when it takes too long."""
    deadline = monotonic() + seconds
    while not condition():
        assert monotonic() < deadline, "it did not happen in time"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def reading(
    config: KafkaConfig, group: str, handlers: Mapping[str, Handler], **options: Any
) -> AsyncIterator[FetchApp]:
    """Run an app that has joined the group, and stop it in order."""
    app = build_app(config, group, handlers, **options)
    running = asyncio.create_task(run_app(app))
    try:
        await until(lambda: app.group.joined or running.done())
        yield app
    finally:
        await app.stop()
        await running


async def committed(config: KafkaConfig, group: str, topic: str) -> dict[int, int]:
    """Return what the group has committed, by partition; nothing for those without."""
    consumer = AIOKafkaConsumer(**config.aiokafka_options(), group_id=group, enable_auto_commit=False)
    await consumer.start()
    try:
        ends = await end_offsets(config, [topic])
        found = {number: await consumer.committed(TopicPartition(name, number)) for name, number in ends}
    finally:
        await consumer.stop()
    return {number: offset for number, offset in found.items() if offset is not None}


async def read_all(config: KafkaConfig, topic: str) -> list[ConsumerRecord[bytes | None, bytes | None]]:
    """Return every record that is in the topic now, partition by partition."""
    ends = {TopicPartition(*tp): end for tp, end in (await end_offsets(config, [topic])).items() if end}
    records: list[ConsumerRecord[bytes | None, bytes | None]] = []
    if not ends:
        return records
    consumer = AIOKafkaConsumer(**config.aiokafka_options(), auto_offset_reset="earliest", enable_auto_commit=False)
    await consumer.start()
    try:
        consumer.assign(list(ends))
        await consumer.seek_to_beginning(*ends)
        while any([await consumer.position(tp) < end for tp, end in ends.items()]):
            for part in (await consumer.getmany(timeout_ms=500)).values():
                records.extend(part)
    finally:
        await consumer.stop()
    return sorted(records, key=lambda record: (record.partition, record.offset))
