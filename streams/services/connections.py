"""Where the settings say that the brokers are, and what the topics are called."""

from __future__ import annotations

from pathlib import Path

from schemas.topics import Topics
from streams.kafka.config import KafkaConfig
from streams.services.failure import Failure
from streams.settings.model import Settings


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
