"""A desk on a real ledger, fed with records, without Kafka: what it hands to the relay is read back here."""

from __future__ import annotations

import itertools
import json
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

from schemas.policy import Policy
from schemas.topics import Topics
from streams.clock import Clock
from streams.kafka.consuming.fetches import Fetch
from streams.kafka.identity import Log
from streams.kafka.publisher import Publisher
from streams.ledger import Ledger
from streams.ledger.reading.invariants import violations_of
from streams.rules.notices.webhooks import Subscriber
from streams.rules.state.snapshot import Now
from streams.worker.due_watch import DueWatch
from streams.worker.intake.batch_processor import BatchProcessor
from streams.worker.intake.issued import bulletin_reader
from streams.worker.intake.reading import command_reader, finding_reader
from streams.worker.intake.registrar import registry_reader
from streams.worker.metrics import Metrics
from streams.worker.relay import Relay
from streams.worker.subscribers import Subscribers
from tests.support.event_ids import EventIds
from tests.support.ledger import REGISTRY
from tests.support.pipeline import SettableClock
from tests.support.world import MAX_BYTES, POLICY, local

TOPICS = Topics()


class StillClock(SettableClock):
    """Both clocks stand where they are put."""

    def __init__(self, at: str) -> None:
        super().__init__(at)
        self.at = self.real = local(at)

    def set(self, at: datetime) -> None:
        """Puts the domain's clock to this moment."""
        self.at = at

    def now(self) -> Now:
        """As they were put."""
        return Now(self.at, self.real)


class ProcessorOnLedger:
    """One worker's desk and due watch."""

    def __init__(
        self, ledger: Ledger, at: str | SettableClock, policy: Policy = POLICY, subscribers: Sequence[Subscriber] = ()
    ) -> None:
        self.clock = SettableClock(at) if isinstance(at, str) else at
        self.ledger = ledger
        self.relay = Relay(ledger, cast("Publisher", None), Clock(), TOPICS)
        self.processor = BatchProcessor(
            ledger, self.relay, self.clock, policy, TOPICS, REGISTRY, Metrics(), Subscribers(subscribers)
        )
        self.watch = DueWatch(self.processor)
        self.messages: list[Any] = []
        self.event_ids = EventIds(TOPICS.events)
        self._offsets: defaultdict[tuple[str, int], itertools.count[int]] = defaultdict(itertools.count)
        self._readers = {
            TOPICS.findings: finding_reader(policy, MAX_BYTES),
            TOPICS.commands: command_reader(MAX_BYTES),
            TOPICS.registry: registry_reader(MAX_BYTES),
            TOPICS.bulletins: bulletin_reader(MAX_BYTES),
        }

    async def send(self, *messages: dict[str, Any]) -> None:
        """One fetch of findings."""
        await self._take(TOPICS.findings, [(None, message) for message in messages])

    async def command(self, **fields: Any) -> None:
        """One command."""
        await self._take(TOPICS.commands, [(None, {"by": "张三", "at": self.clock.now().at.isoformat(), **fields})])

    async def register(self, key: str, **fields: Any) -> None:
        """One registry record."""
        await self._take(TOPICS.registry, [(key.encode(), fields)])

    async def delete(self, key: str) -> None:
        """One registry record is deleted."""
        await self._take(TOPICS.registry, [(key.encode(), None)])

    async def issue(self, bulletin: dict[str, Any]) -> None:
        """One issued bulletin, as it was published."""
        await self._take(TOPICS.bulletins, [(bulletin["bulletin_id"].encode(), bulletin)])

    async def due(self) -> None:
        """All that is due now."""
        while await self.watch.once():
            self._take_over()  # nobody else empties the relay
        self._take_over()

    async def fetch(
        self, topic: str, partition: int, messages: Sequence[dict[str, Any]], log: Log | None = None
    ) -> None:
        """One fetch of one partition, of this log if the broker has told."""
        await self._take(topic, [(None, message) for message in messages], partition, log)

    async def _take(
        self,
        topic: str,
        records: list[tuple[bytes | None, dict[str, Any] | None]],
        partition: int = 0,
        log: Log | None = None,
    ) -> None:
        offsets = self._offsets[topic, partition]
        fetched = [
            SimpleNamespace(
                topic=topic,
                partition=partition,
                offset=next(offsets),
                timestamp=0,
                key=key,
                value=None if value is None else json.dumps(value).encode(),
                headers=(),
            )
            for key, value in records
        ]
        await self.processor.take([Fetch(topic, partition, cast("Any", fetched), log=log)], self._readers[topic])
        assert not await violations_of(self.ledger._connector), "the ledger contradicts itself (O-12)"

    def published(self, topic: str) -> list[dict[str, Any]]:
        """Everything that was decided to be published on a topic so far, in order."""
        self._take_over()
        return [json.loads(message.value) for message in self.messages if message.topic == topic]

    def _take_over(self) -> None:
        while not self.relay._queue.empty():
            outgoing = self.relay._queue.get_nowait()
            self.relay._queue.acknowledged(outgoing)
            self.event_ids.see(outgoing.messages)
            self.messages += outgoing.messages

    def events(self, kind: str) -> list[dict[str, Any]]:
        """Events of a kind."""
        return [event for event in self.published(TOPICS.events) if event["type"] == kind]

    def tickets(self) -> dict[str, dict[str, Any]]:
        """Each ticket as last published."""
        return {document["ticket_id"]: document for document in self.published(TOPICS.tickets)}
