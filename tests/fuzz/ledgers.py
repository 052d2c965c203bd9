"""One worker's desk on each database, side by side under one clock that stands: what they publish must be the same."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Coroutine, Iterable
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, Final, TypeVar, cast

from schemas.channels import NoticeChannel
from streams.clock import Clock
from streams.kafka.consuming.fetches import Fetch
from streams.kafka.publisher import Publisher
from streams.ledger import Ledger, open_ledger, upgrade
from streams.rules.sending.sending import Situation, plan_sending
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import Now
from streams.worker.delivery.compose import letter
from streams.worker.due_watch import DueWatch
from streams.worker.intake.batch_processor import BatchProcessor
from streams.worker.metrics import Metrics
from streams.worker.relay import Relay
from tests.fuzz.messages import TOPICS
from tests.fuzz.outgoing import judge_letter
from tests.support.ledger import REGISTRY
from tests.support.world import POLICY, local

START: Final = local("2026-03-02 10:00")
FAR: Final = timedelta(days=45)
CHANNELS: Final[tuple[NoticeChannel, ...]] = ("email", "sms")
_MANY: Final = 100
T = TypeVar("T")


class StandingClock(Clock):
    """Stands where it is put, the real time beside it too."""

    def __init__(self) -> None:
        super().__init__()
        self.moment: datetime = START

    def now(self) -> Now:
        """See `Clock`."""
        return Now(self.moment, self.moment)


class Office:
    """A desk and a due watch on one database; what they hand to the relay is read here."""

    def __init__(self, ledger: Ledger, clock: StandingClock) -> None:
        """Make it."""
        self.ledger = ledger
        self.clock = clock
        self.relay = Relay(ledger, cast("Publisher", None), clock, TOPICS)
        self.processor = BatchProcessor(ledger, self.relay, clock, POLICY, TOPICS, REGISTRY, Metrics())
        self.watch = DueWatch(self.processor)
        self._offsets = {topic: itertools.count() for topic in TOPICS.inbound}

    async def take(self, records: Iterable[SimpleNamespace], readers: dict[str, Any]) -> list[OutMessage]:
        """One fetch for each topic; what is published of it."""
        by_topic: dict[str, list[SimpleNamespace]] = {}
        for record in records:
            by_topic.setdefault(record.topic, []).append(record)
        for topic, some in sorted(by_topic.items(), reverse=True):  # the registry first
            fetched = [
                SimpleNamespace(**{"timestamp": 0, **vars(record), "offset": next(self._offsets[topic])})
                for record in some
            ]
            await self.processor.take([Fetch(topic, 0, cast("Any", fetched))], readers[topic])
        return self._published()

    async def later(self) -> list[OutMessage]:
        """All that comes due within 45 days; what is published of it."""
        self.clock.moment = START + FAR
        while await self.watch.once():
            pass
        return self._published()

    async def told(self) -> int:
        """Judges every letter that would go out now, and has them sent; how many."""
        many = 0
        now = self.clock.now()
        async with self.ledger.transaction() as tx:
            for channel in CHANNELS:
                due = await tx.notices.due(now.at, now.real, _MANY, channel)
                registry = self.processor.registry
                situation = Situation(now.at, due.tickets, registry, POLICY.sending, configured=True, warned=due.warned)
                for delivery in plan_sending(due.notices, situation).deliveries:
                    judge_letter(letter(delivery, due, registry, POLICY, now, {}))
                    many += 1
            await tx._session.run("update notices set state = 'accepted' where state = 'pending'")
        return many

    def _published(self) -> list[OutMessage]:
        messages: list[OutMessage] = []
        while not self.relay._queue.empty():
            messages += self.relay._queue.get_nowait().messages
        return messages


class Offices:
    """Both, in a loop of their own."""

    def __init__(self, urls: list[str]) -> None:
        """Make both databases."""
        self._runner = asyncio.Runner()
        self.clock = StandingClock()
        self.offices = self._runner.run(self._open(urls))

    async def _open(self, urls: list[str]) -> list[Office]:
        for url in urls:
            await upgrade(url)
        return [Office(await open_ledger(url, owner="worker-1"), self.clock) for url in urls]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Anything else, in their loop."""
        return self._runner.run(work)

    def take(self, records: list[SimpleNamespace], readers: dict[str, Any]) -> list[list[OutMessage]]:
        """The same fetches to both, at START."""
        self.clock.moment = START

        async def work() -> list[list[OutMessage]]:
            return [await office.take(records, readers) for office in self.offices]

        return self._runner.run(work())

    def later(self) -> list[list[OutMessage]]:
        """What comes due."""

        async def work() -> list[list[OutMessage]]:
            return [await office.later() for office in self.offices]

        return self._runner.run(work())

    def told(self) -> list[int]:
        """The letters."""

        async def work() -> list[int]:
            return [await office.told() for office in self.offices]

        return self._runner.run(work())

    def close(self) -> None:
        """Close both."""

        async def work() -> None:
            for office in self.offices:
                await office.ledger.close()

        self._runner.run(work())
        self._runner.close()
