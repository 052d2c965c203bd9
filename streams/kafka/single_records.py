"""One record by its place, and the dead letter of one, without a group."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from streams.kafka.admin import end_offsets
from streams.kafka.batches import MessagePlace
from streams.kafka.config import KafkaConfig

ANSWERS_WITHIN: Final = 10.0  # seconds
LOOKED_AT: Final = 20_000  # dead letters
_SKEW_MS: Final = 600_000  # clocks of producers and workers may differ by so much
_POLL_MS: Final = 500


class NoAnswer(Exception):
    """No broker answers in time."""


class Kept(NamedTuple):
    """A record as it lies on its topic."""

    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int  # ms


class RefusedAs(NamedTuple):
    """What a dead letter says."""

    code: str
    detail: str


async def record_at(config: KafkaConfig, place: MessagePlace) -> Kept | None:
    """The record at a place; None where there is none, or none any more. Raises NoAnswer."""
    partition = TopicPartition(place.topic, place.partition)
    async with _consumer(config, place.topic) as (consumer, ends):
        end = ends.get(partition, 0)
        if place.offset >= end or place.offset < (await consumer.beginning_offsets([partition]))[partition]:
            return None
        consumer.assign([partition])
        consumer.seek(partition, place.offset)
        while await consumer.position(partition) < end:
            for found in (await consumer.getmany(timeout_ms=_POLL_MS, max_records=1)).get(partition, ()):
                return (
                    Kept(found.value, tuple(found.headers), found.timestamp) if found.offset == place.offset else None
                )
    return None


async def dead_letter_of(config: KafkaConfig, topic: str, place: MessagePlace, since_ms: int) -> RefusedAs | None:
    """What the dead letter of this message says, among the first 20,000 since then. Raises NoAnswer."""
    async with _consumer(config, topic) as (consumer, ends):
        partitions = list(ends)
        consumer.assign(partitions)
        begins = await consumer.offsets_for_times(dict.fromkeys(partitions, max(0, since_ms - _SKEW_MS)))
        for partition, begin in begins.items():
            consumer.seek(partition, ends[partition] if begin is None else begin.offset)
        seen = 0
        while seen < LOOKED_AT and [one for one in partitions if await consumer.position(one) < ends[one]]:
            for records in (await consumer.getmany(timeout_ms=_POLL_MS)).values():
                seen += len(records)
                for record in records:
                    if (refused := _of(dict(record.headers), place)) is not None:
                        return refused
    return None


def _of(headers: dict[str, bytes], place: MessagePlace) -> RefusedAs | None:
    origin = [headers.get(f"rectify-origin-{name}", b"").decode() for name in ("topic", "partition", "offset")]
    if origin[:2] != [place.topic, str(place.partition)]:
        return None
    last = headers.get("rectify-origin-last-offset", b"").decode() or origin[2]
    if not int(origin[2]) <= place.offset <= int(last):
        return None
    words = [headers.get(name, b"").decode("utf-8", "replace") for name in ("rectify-error", "rectify-error-detail")]
    return RefusedAs(*words)


@asynccontextmanager
async def _consumer(config: KafkaConfig, topic: str) -> AsyncIterator[tuple[Any, dict[TopicPartition, int]]]:
    """A consumer that stands nowhere yet, and where the partitions of the topic end."""
    consumer = AIOKafkaConsumer(**config.aiokafka_options(), enable_auto_commit=False)
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            ends = await end_offsets(config, [topic])
            await consumer.start()
            await asyncio.sleep(0)  # its tasks begin: stopped before that, it looks as if we were cancelled
            yield consumer, {TopicPartition(*place): end for place, end in ends.items()}
    except (KafkaError, TimeoutError) as error:
        raise NoAnswer(str(error)) from None
    finally:
        await consumer.stop()
