"""The topic reader: reads every outbound topic from its beginning, as any subscriber could, and keeps what it read."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Any, Final, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, TopicPartition

from schemas.topics import Topics
from streams.kafka.admin import beginning_offsets
from streams.kafka.config import KafkaConfig

POLL_MS: Final = 50

Headers = Sequence[tuple[str, bytes | None]]


class Rejected(NamedTuple):
    """What could not be read: the original, and why."""

    value: bytes
    headers: dict[str, str]


class TopicReader:
    """What was published. Messages come at least once: what has an id that is known is left out."""

    def __init__(self, topics: Topics, rungs: tuple[str, ...], listen: Callable[[dict[str, Any]], None]) -> None:
        """`listen` hears of each event, once."""
        self.events: list[dict[str, Any]] = []
        self.tickets: dict[str, dict[str, Any]] = {}
        self.escalations: dict[str, list[dict[str, Any]]] = {rung: [] for rung in rungs}
        self.requests: dict[str, list[dict[str, Any]]] = {}  # recheck requests by ticket
        self.asks: dict[str, list[dict[str, Any]]] = {}  # `asked` events by ticket
        self.receipts: list[dict[str, Any]] = []
        self.dead_letters: list[Rejected] = []
        self._known: set[tuple[str, str]] = set()
        self._topics = topics
        self._listen = listen
        self._rungs = {topics.escalation(rung): rung for rung in rungs}

    @property
    def reads(self) -> list[str]:
        """The topics that it reads."""
        out = self._topics
        return [out.tickets, out.events, *self._rungs, out.recheck_requests, out.receipts, out.dead_letters]

    def take(self, topic: str, value: bytes | None, headers: Headers) -> None:
        """Remember one message."""
        if topic == self._topics.dead_letters:
            self.dead_letters.append(
                Rejected(value or b"", {name: (text or b"").decode(errors="replace") for name, text in headers})
            )
            return
        message = orjson.loads(value or b"null")
        if topic == self._topics.tickets:
            known = self.tickets.get(message["ticket_id"])
            if known is None or known["version"] <= message["version"]:
                self.tickets[message["ticket_id"]] = message
        elif (topic, message["id"]) not in self._known:
            self._known.add((topic, message["id"]))
            self._sort(topic, message)

    def _sort(self, topic: str, message: dict[str, Any]) -> None:
        if topic == self._topics.events:
            self.events.append(message)
            if message.get("type") == "asked":
                self.asks.setdefault(message["ticket_id"], []).append(message)
            self._listen(message)
        elif topic in self._rungs:
            self.escalations[self._rungs[topic]].append(message)
        elif topic == self._topics.receipts:
            self.receipts.append(message)
        else:
            self.requests.setdefault(message["ticket_id"], []).append(message)

    def ticket_of(self, key: tuple[str, str]) -> dict[str, Any] | None:
        """The ticket of an asset and check, once it has been published."""
        return next((t for t in self.tickets.values() if (t["asset_id"], t["check"]) == key), None)

    def called_for(self, ticket_id: str, action: str) -> list[dict[str, Any]]:
        """What an act on this ticket can answer: recheck requests, or asks."""
        return (self.requests if action == "recheck" else self.asks).get(ticket_id, [])


class Reading:
    """A topic reader at work on a broker."""

    def __init__(self, topic_reader: TopicReader, consumer: AIOKafkaConsumer) -> None:
        """Comes from `reading`."""
        self._topic_reader = topic_reader
        self._consumer = consumer

    async def follow(self) -> None:
        """Read until cancelled."""
        while True:
            await self._poll()

    async def to_the_end(self) -> None:
        """Read everything that is there now."""
        partitions = list(self._consumer.assignment())
        ends = await self._consumer.end_offsets(partitions)
        while True:
            positions = [await self._consumer.position(partition) for partition in partitions]
            if all(at >= ends[partition] for at, partition in zip(positions, partitions, strict=True)):
                return
            await self._poll()

    async def _poll(self) -> None:
        for records in (await self._consumer.getmany(timeout_ms=POLL_MS)).values():
            for record in records:
                self._topic_reader.take(record.topic, record.value, tuple(record.headers))


@asynccontextmanager
async def reading(topic_reader: TopicReader, kafka: KafkaConfig) -> AsyncIterator[Reading]:
    """Stand at the beginning of every outbound topic; they must exist."""
    partitions = [TopicPartition(*place) for place in await beginning_offsets(kafka, topic_reader.reads)]
    consumer = AIOKafkaConsumer(**kafka.aiokafka_options(), enable_auto_commit=False)
    try:
        await consumer.start()
        consumer.assign(partitions)
        await consumer.seek_to_beginning(*partitions)
        yield Reading(topic_reader, consumer)
    finally:
        await consumer.stop()
