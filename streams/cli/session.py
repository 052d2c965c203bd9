"""What a command works with: the broker, the clock, the login; and how it runs. The ledger is in `ledgers.py`."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import Any, Final, TypeVar

import structlog
from aiokafka.errors import KafkaConnectionError

from schemas.topics import Topics
from streams.cli.failure import Failure
from streams.clock import parse_clock
from streams.kafka.admin import cluster_id
from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import Publisher
from streams.settings import Settings

T = TypeVar("T")
ANSWERS_WITHIN: Final = 10.0  # seconds for a broker to say that it is there


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end. Libraries stay silent: the command says what went wrong, once."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    return asyncio.run(work)


def broker_folder(settings: Settings) -> Path:
    """Where the local Kafka of `rectify broker` and `rectify up` keeps its data."""
    return settings.data_dir / "kafka"


def kafka_config(settings: Settings) -> KafkaConfig:
    """The broker of the settings; without one, the local Kafka that has last run on this data folder."""
    if settings.broker:
        return settings.kafka()
    port = broker_folder(settings) / "port"
    if not port.exists():
        msg = "没有设置 Kafka 地址 · no broker is set: RECTIFY_BROKER=kafka://host:port, or run `rectify up`"
        raise Failure(msg)
    return settings.kafka(f"kafka://127.0.0.1:{port.read_text().strip()}")


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


def topics_of(settings: Settings) -> Topics:
    """The names of the topics."""
    return Topics(settings.topic_prefix)


def domain_now(settings: Settings) -> datetime:
    """What the one clock shows, in the unit's zone."""
    return parse_clock(settings.clock).now().at.astimezone(settings.zone)


def login() -> str:
    """The user's login, recorded as the one who acts."""
    try:
        return getuser()
    except (KeyError, OSError):  # a container's user may have no name
        return "unknown"
