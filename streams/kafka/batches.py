"""Messages put together in the batches that a producer sends, and where they have come to lie."""

from __future__ import annotations

from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from aiokafka.producer.message_accumulator import BatchBuilder

from streams.rules.state.records import OutMessage


class MessagePlace(NamedTuple):
    """Where a message has come to lie."""

    topic: str
    partition: int
    offset: int


class Slot(NamedTuple):
    """A message and its place in the caller's list."""

    place: int
    message: OutMessage


def fill(producer: AIOKafkaProducer, slots: list[Slot], start: int, limit: int) -> tuple[BatchBuilder, int]:
    """Fill a batch from ``start``; return it and where it ends. The first message always fits."""
    batch = producer.create_batch()
    end = start
    while end < limit:
        message = slots[end].message
        if batch.append(timestamp=None, key=message.key, value=message.value, headers=list(message.headers)) is None:
            break
        end += 1
    batch.close()
    return batch, end


def size_of(message: OutMessage) -> int:
    """Bytes of key, value and headers."""
    size = len(message.key or b"") + len(message.value or b"")
    for name, value in message.headers:
        size += len(name) + len(value or b"")
    return size
