"""The brokers, for a command that talks to them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Final

from aiokafka.errors import KafkaConnectionError

from streams.kafka.admin import cluster_id
from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import OutMessage, Publisher
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.settings.model import Settings

ANSWERS_WITHIN: Final = 10.0  # seconds for a broker to say that it is there


async def reachable(config: KafkaConfig) -> KafkaConfig:
    """Return the configuration once a broker has answered; raises Failure when none does."""
    try:
        async with asyncio.timeout(ANSWERS_WITHIN):
            await cluster_id(config)
    except (KafkaConnectionError, TimeoutError):
        msg = f"无法连接 Kafka · no Kafka answers at {config.bootstrap} (RECTIFY_BROKER)"
        raise Failure(msg) from None
    return config


@asynccontextmanager
async def publishing(config: KafkaConfig) -> AsyncIterator[Publisher]:
    """A publisher on a broker that answers."""
    publisher = Publisher(await reachable(config))
    await publisher.start()
    try:
        yield publisher
    finally:
        await publisher.stop()


async def publish(publisher: Publisher, *messages: OutMessage) -> None:
    """Returns once the broker has them all; raises Failure when it refuses one for good."""
    refused = await publisher.publish(messages)
    if refused:
        raise Failure(refused[0].detail)


async def publish_registry(settings: Settings, records: Mapping[str, bytes | None]) -> None:
    """Records of the registry by their keys (`asset:kjj-site`); None takes one out."""
    topic = topics_of(settings).registry
    async with publishing(kafka_config(settings)) as publisher:
        await publish(publisher, *(OutMessage(topic, key.encode(), value) for key, value in records.items()))
