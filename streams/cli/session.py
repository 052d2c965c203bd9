"""What every command works with: the clock, the login, how it runs. See `brokers.py` and `ledgers.py` for the rest."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Coroutine
from datetime import datetime
from getpass import getuser
from pathlib import Path
from typing import Any, TypeVar

from schemas.topics import Topics
from streams.cli.failure import Failure
from streams.clock import parse_clock
from streams.discretion import DiscreetFormatter
from streams.kafka.config import KafkaConfig
from streams.settings import Settings

T = TypeVar("T")


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's work to its end. Libraries stay silent: the command says what went wrong, once."""
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    if logging.lastResort is not None:
        logging.lastResort.setFormatter(DiscreetFormatter())
    structlog = sys.modules.get("structlog")
    if structlog is not None:  # otherwise nothing is there that would log, and it takes long to load
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
    return settings.kafka(broker_url(settings))


def broker_url(settings: Settings) -> str:
    """The broker of the settings; without one, the local Kafka that has last run on this data folder."""
    if settings.broker:
        return settings.broker
    port = broker_folder(settings) / "port"
    if not port.exists():
        msg = "没有设置 Kafka 地址 · no broker is set: RECTIFY_BROKER=kafka://host:port, or run `rectify up`"
        raise Failure(msg)
    return f"kafka://127.0.0.1:{port.read_text().strip()}"


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
