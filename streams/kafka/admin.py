"""Topics, offsets and the cluster's identity. Every call connects, asks and leaves; without a broker it raises."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from time import monotonic
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import NoError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from schemas.topics import TopicSpec
from streams.kafka.config import KafkaConfig

BROKER_DEFAULT = -1
REQUEST_MS = 10_000
_NOBODY = -1  # a partition's leader
_A_MOMENT = 0.05  # seconds


class TopicRefusedError(Exception):
    """The broker would not create a topic; the message says which and why."""


async def create_topics(
    config: KafkaConfig, specs: Iterable[TopicSpec], *, partitions: int = 8, replication: int = BROKER_DEFAULT
) -> list[str]:
    """Create what is missing and return the names of the new ones; existing topics stay as they are.

    Returns when the broker knows them: a consumer that subscribed before would look again after minutes.
    """
    wanted = [_new_topic(spec, partitions, replication) for spec in specs]
    async with connected(config) as admin:
        answer = await admin.create_topics(wanted)
        created = []
        for name, code, reason in answer.topic_errors:
            error = for_code(code)
            if error is NoError:
                created.append(name)
            elif error is not TopicAlreadyExistsError:
                msg = f"{name}: {reason or error.__name__}"
                raise TopicRefusedError(msg)
        await until_known(admin, created)
    return created


async def until_known(admin: AIOKafkaAdminClient, names: Collection[str]) -> None:
    """Returns when each of these topics has its partitions, and each partition a leader; after 10 s in any case."""
    end = monotonic() + REQUEST_MS / 1000
    while names and monotonic() < end:
        described = await admin.describe_topics(list(names))
        leaders = [one["leader"] for topic in described for one in topic["partitions"]]
        if all(topic["partitions"] for topic in described) and min(leaders, default=_NOBODY) > _NOBODY:
            return
        await asyncio.sleep(_A_MOMENT)


def _new_topic(spec: TopicSpec, partitions: int, replication: int) -> NewTopic:
    settings = {"max.message.bytes": str(spec.max_message_bytes)}
    if spec.compacted:
        settings["cleanup.policy"] = "compact"
    # aiokafka lets the broker decide the replication only when assignments are given, be they none.
    assignments: dict[int, list[int]] | None = {} if replication == BROKER_DEFAULT else None
    return NewTopic(spec.name, partitions, replication, replica_assignments=assignments, topic_configs=settings)


async def list_topics(config: KafkaConfig, prefix: str = "") -> dict[str, int]:
    """Return the partition count of every topic whose name starts with ``prefix``."""
    async with connected(config) as admin:
        described = await admin.describe_topics()
    found = {topic["topic"]: len(topic["partitions"]) for topic in described if not topic["is_internal"]}
    return {name: count for name, count in sorted(found.items()) if name.startswith(prefix)}


async def cluster_id(config: KafkaConfig) -> str:
    """Return the id that the cluster has had since it was formatted."""
    async with connected(config) as admin:
        return str((await admin.describe_cluster())["cluster_id"])


async def end_offsets(config: KafkaConfig, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Return where each partition of the topics ends; a topic that does not exist is left out."""
    return await _offsets(config, topics, AIOKafkaConsumer.end_offsets)


async def beginning_offsets(config: KafkaConfig, topics: Iterable[str]) -> dict[tuple[str, int], int]:
    """Return where each partition of the topics begins; a topic that does not exist is left out."""
    return await _offsets(config, topics, AIOKafkaConsumer.beginning_offsets)


async def place_group(config: KafkaConfig, group: str, offsets: Mapping[tuple[str, int], int]) -> None:
    """Puts a group to these offsets. Only an empty one lets us: raises KafkaError while it has members."""
    async with _outside(config, group) as consumer:
        consumer.assign([TopicPartition(*place) for place in offsets])
        await consumer.commit({TopicPartition(*place): offset for place, offset in offsets.items()})


@asynccontextmanager
async def _outside(config: KafkaConfig, group: str) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer that may commit for a group without being a member of it."""
    consumer = AIOKafkaConsumer(
        **config.aiokafka_options(), group_id=group, enable_auto_commit=False, request_timeout_ms=REQUEST_MS
    )
    try:
        await consumer.start()
        yield consumer
    finally:
        await consumer.stop()


async def committed_offsets(
    config: KafkaConfig, group: str, places: Collection[tuple[str, int]]
) -> dict[tuple[str, int], int]:
    """What a group has committed of these partitions; 0 where that is nothing.

    Kafka's own offsets follow those of the database and never lead, unless the database comes from a backup.
    """
    if not places:
        return {}
    async with _outside(config, group) as consumer:
        consumer.assign([TopicPartition(*place) for place in places])
        return {place: await consumer.committed(TopicPartition(*place)) or 0 for place in places}


async def _offsets(
    config: KafkaConfig,
    topics: Iterable[str],
    ask: Callable[[AIOKafkaConsumer, list[TopicPartition]], Awaitable[Mapping[TopicPartition, int]]],
) -> dict[tuple[str, int], int]:
    async with connected(config) as admin:
        described = await admin.describe_topics(list(topics))
    partitions = [
        TopicPartition(topic["topic"], partition["partition"])
        for topic in described
        if for_code(topic["error_code"]) is not UnknownTopicOrPartitionError
        for partition in topic["partitions"]
    ]
    if not partitions:
        return {}
    consumer = AIOKafkaConsumer(**config.aiokafka_options(), enable_auto_commit=False, request_timeout_ms=REQUEST_MS)
    try:
        await consumer.start()
        offsets = await ask(consumer, partitions)
    finally:
        await consumer.stop()
    return {(tp.topic, tp.partition): offset for tp, offset in offsets.items()}


@asynccontextmanager
async def connected(config: KafkaConfig) -> AsyncIterator[Any]:
    """A connected admin client; raises KafkaConnectionError when no broker answers."""
    admin = AIOKafkaAdminClient(**config.aiokafka_options(), request_timeout_ms=REQUEST_MS)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
