"""A subscriber of every outbound topic: what the rest of the world sees of a worker, duplicates included."""

from __future__ import annotations

import asyncio
import contextlib
from collections import defaultdict
from time import monotonic
from typing import Any, Final, TypeAlias

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.errors import KafkaError

from schemas.topics import RUNGS, Topics
from streams.kafka.admin import end_offsets
from streams.kafka.config import KafkaConfig

Record: TypeAlias = "ConsumerRecord[bytes | None, bytes | None]"

HELD_BACK_MS: Final = 50
OPEN_WITHIN: Final = 60.0  # seconds


class Subscriber:
    """Reads from the beginning until it is closed; `records` are as they lie on the topics."""

    def __init__(self, config: KafkaConfig, topics: Topics) -> None:
        """Comes to life with `open`."""
        self.records: dict[str, list[Record]] = defaultdict(list)
        self._config = config
        self._topics = topics
        # Where a topic ends is asked on the connection on which the broker holds back the answer to a fetch.
        self._consumer = AIOKafkaConsumer(
            **config.aiokafka_options(), enable_auto_commit=False, fetch_max_wait_ms=HELD_BACK_MS
        )
        self._partitions: list[TopicPartition] = []
        self._reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Stand at the beginning and read on; the topics must exist."""
        inbound = set(self._topics.inbound)
        names = [spec.name for spec in self._topics.specs() if spec.name not in inbound]
        until = monotonic() + OPEN_WITHIN
        while {partition.topic for partition in self._partitions} != set(names):  # a busy broker tells of them late
            try:
                self._partitions = [TopicPartition(*place) for place in await end_offsets(self._config, names)]
            except KafkaError:
                if monotonic() > until:
                    raise
        await self._consumer.start()
        self._consumer.assign(self._partitions)
        await self._consumer.seek_to_beginning(*self._partitions)
        self._reading = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Read no more."""
        if self._reading is not None:
            self._reading.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reading
        with contextlib.suppress(asyncio.CancelledError):  # which aiokafka lets out when no broker answers
            await self._consumer.stop()

    async def _read(self) -> None:
        while True:
            try:
                fetched = await self._consumer.getmany(timeout_ms=100)
            except KafkaError:  # the broker is away
                await asyncio.sleep(0.1)
                continue
            for place, found in fetched.items():
                self.records[place.topic].extend(found)

    async def caught_up(self, seconds: float = 30.0) -> None:
        """Returns when everything that is on the topics now has been read."""
        ends = await self._consumer.end_offsets(self._partitions)
        read = dict.fromkeys(self._partitions, 0)
        until = monotonic() + seconds
        while True:
            for place in self._partitions:
                read[place] = await self._consumer.position(place)
            if all(read[place] >= ends[place] for place in self._partitions):
                break
            assert monotonic() < until, "the topics cannot be read to their end"
            await asyncio.sleep(0.02)
        await asyncio.sleep(0)  # what was handed out last is being kept

    # What is seen

    def documents(self, topic: str) -> list[dict[str, Any]]:
        """The messages of a topic in the order of arrival, repeats included."""
        return [orjson.loads(record.value or b"null") for record in self.records[topic]]

    def distinct(self, topic: str) -> list[dict[str, Any]]:
        """The messages of a topic as a consumer takes them that drops repeats by `id`."""
        return list({document["id"]: document for document in self.documents(topic)}.values())

    def events(self, *kinds: str) -> list[dict[str, Any]]:
        """Events of these types (all without one), by their time."""
        events = [event for event in self.distinct(self._topics.events) if not kinds or event["type"] in kinds]
        return sorted(events, key=lambda event: event["at"])

    @property
    def tickets(self) -> dict[str, dict[str, Any]]:
        """Each ticket by its id, as a reader has it for whom the highest version counts."""
        newest: dict[str, dict[str, Any]] = {}
        for ticket in filter(None, self.documents(self._topics.tickets)):
            known = newest.get(ticket["ticket_id"])
            if known is None or ticket["version"] >= known["version"]:
                newest[ticket["ticket_id"]] = ticket
        return newest

    @property
    def escalations(self) -> dict[str, list[dict[str, Any]]]:
        """Escalations by rung."""
        return {rung: self.distinct(self._topics.escalation(rung)) for rung in RUNGS}

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Recheck requests."""
        asked = {request["request_id"]: request for request in self.documents(self._topics.recheck_requests)}
        return list(asked.values())

    @property
    def receipts(self) -> list[dict[str, Any]]:
        """Receipts of notices."""
        return self.distinct(self._topics.receipts)

    @property
    def dead_letters(self) -> list[Record]:
        """Dead letters as they lie there."""
        return self.records[self._topics.dead_letters]

    @property
    def count(self) -> int:
        """Everything read so far."""
        return sum(map(len, self.records.values()))
