"""The real pipeline: real workers on a real Kafka and a real database, and the world around them."""

from __future__ import annotations

import asyncio
import gc
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any, NoReturn, Self

import orjson
import pytest
from sqlalchemy import func, select

from schemas.topics import Topics
from streams.clock import Acceleration, Clock, system_time
from streams.kafka.admin import create_topics
from streams.kafka.publisher import OutMessage, Publisher
from streams.ledger import Ledger, open_ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.notice_tables import notices
from streams.ledger.request_tables import recheck_requests
from streams.ledger.tables import assets, followers, handovers, outbox, problems, runs, source, tickets
from streams.settings.model import Settings
from streams.worker.worker import StartError, Worker
from tests.support.command_line import CommandLine
from tests.support.subscriber import Subscriber
from tests.support.wall_clock import WallClock
from tests.support.worker_process import WorkerProcess
from tests.support.world import ZONE, local

PARTITIONS = 4
PATIENCE = 60.0  # seconds


class WorkerDied(BaseException):
    """A worker in this process would have ended the process."""


class SettableClock(Clock):
    """The domain's clock stands where it is put and goes on from there at the ordinary pace; real time is real."""

    def __init__(self, at: str) -> None:
        super().__init__(Acceleration(local(at), 1.0, system_time()))

    def set(self, at: datetime) -> None:
        """Put it to this moment."""
        self.acceleration = Acceleration(at, 1.0, system_time())

    @property
    def setting(self) -> str:
        """As `RECTIFY_CLOCK`, for a worker that is a process of its own."""
        return str(self.acceleration)


class Pipeline:
    """One installation: topics of its own, a database that is up to date, workers, a producer and a subscriber."""

    def __init__(self, folder: Path, bootstrap: str, prefix: str, database: str, at: str = "2026-03-02 10:00") -> None:
        self.folder = folder
        self.topics = Topics(prefix)
        self.clock = SettableClock(at)
        self.partitions = PARTITIONS
        self.given: dict[str, str] = {
            "broker": f"kafka://{bootstrap}",
            "topic_prefix": prefix,
            "group_id": prefix,
            "data_dir": str(folder),
            "database_url": database,
            "log_format": "json",
        }
        self.published: Counter[str] = Counter()
        self.workers: list[Worker] = []
        self.deaths: list[str] = []
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        self.settings = Settings.load(**self.given)
        self.config = self.settings.kafka()
        await create_topics(self.config, self.topics.specs(), partitions=self.partitions)
        self.ledger: Ledger = await open_ledger(self.given["database_url"], owner="test")
        self._stack.push_async_callback(self.ledger.close)
        self.publisher = Publisher(self.config)
        await self.publisher.start()
        self._stack.push_async_callback(self.publisher.stop)
        self.seen = Subscriber(self.config, self.topics)
        self._stack.push_async_callback(self.seen.close)
        await self.seen.open()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    # Workers in this process

    @asynccontextmanager
    async def working(self, **settings: Any) -> AsyncIterator[Worker]:
        """A worker that has joined the group, on the clock of this pipeline; stopped in order at the end."""
        settings = {"web_port": 0, **self.given, **settings}
        thresholds = gc.get_threshold()
        async with Worker(Settings.load(**settings), clock=self.clock, on_fatal=self._died) as worker:
            running = asyncio.create_task(worker.run())
            self.workers.append(worker)
            try:
                await self.until(lambda: worker.app.group.joined)
                yield worker
            finally:
                worker.stop()
                await running
                self.workers.remove(worker)
                gc.unfreeze()
                gc.set_threshold(*thresholds)

    def process(self, name: str = "worker", **settings: str) -> WorkerProcess:
        """A worker as a process of its own, not yet started, on the same clock."""
        return self.process_on(None, name, **settings)

    def process_on(self, wall: WallClock | None, name: str, **settings: str) -> WorkerProcess:
        """The same on a machine whose time is `wall`'s."""
        return WorkerProcess(self.folder, {**self.given, "clock": self.clock.setting, **settings}, name, wall)

    def command_line(self, **settings: str) -> CommandLine:
        """The command `rectify` on this pipeline."""
        named = {"web_port": "0", **self.given, **settings}
        return CommandLine(self.folder, **{name.upper(): value for name, value in named.items()})

    async def refusal(self, **settings: Any) -> str:
        """The one sentence with which a worker does not start."""
        with pytest.raises(StartError) as refused:
            async with Worker(Settings.load(**{"web_port": 0, **self.given, **settings}), clock=self.clock):
                pass
        (said,) = str(refused.value).splitlines()
        return said

    def _died(self, cause: BaseException) -> NoReturn:
        self.deaths.append("".join(traceback.format_exception(cause)))
        raise WorkerDied from cause

    # What comes in

    async def send(self, *messages: dict[str, Any] | bytes | None, topic: str = "", key: bytes | None = None) -> None:
        """Publish to the findings topic; without a key, objects are keyed by their asset."""
        out = []
        for message in messages:
            value = orjson.dumps(message) if isinstance(message, dict) else message
            own = str(message["asset_id"]).encode() if isinstance(message, dict) and "asset_id" in message else None
            out.append(OutMessage(topic or self.topics.findings, key or own, value))
        await self.publish(out)

    async def publish(self, messages: Iterable[OutMessage]) -> None:
        """Publish as they are, and wait for the broker."""
        batch = list(messages)
        assert await self.publisher.publish(batch) == []
        self.published.update(message.topic for message in batch)

    async def register(self, kind: str, record_id: str, /, **fields: Any) -> None:
        """Publish one registry record."""
        names = {"asset": "asset_id", "unit": "unit_id", "calendar": "year"}
        identity = {names[kind]: int(record_id) if kind == "calendar" else record_id} if kind in names else {}
        record = {**identity, **fields}
        await self.publish([OutMessage(self.topics.registry, f"{kind}:{record_id}".encode(), orjson.dumps(record))])

    async def command(self, action: str, ticket: dict[str, Any] | None = None, /, **fields: Any) -> None:
        """Publish one command about a ticket, as of now."""
        about = {"asset_id": ticket["asset_id"], "ticket_id": ticket["ticket_id"]} if ticket else {}
        message = {"action": action, "by": "张三", "at": self.clock.now().at.isoformat(), **about, **fields}
        await self.send(message, topic=self.topics.commands)

    # Time

    async def run_until(self, at: str) -> None:
        """Let the domain's clock run to this moment; whatever is due on the way happens when it is due."""
        end = local(at)
        while True:
            await self.settled()
            moment = await self._next_moment()
            if moment is None or moment > end:
                break
            self.clock.set(max(moment, self.clock.now().at))
        self.clock.set(end)
        await self.settled()

    async def _next_moment(self) -> datetime | None:
        review = await self.number(select(func.min(tickets.c.next_review_at)))
        count = await self.number(select(func.min(assets.c.derive_at)))
        request = await self.number(select(func.min(recheck_requests.c.review_at)))
        notice = await self.number(select(func.min(notices.c.not_before)).where(notices.c.state == "pending"))
        moments = [from_micros(moment) for moment in (review, count, request, notice) if moment]
        return min(moments, default=None)

    async def settled(self, seconds: float = PATIENCE) -> None:
        """Returns when everything published is decided, everything due is done, and all of it has been read back."""
        await self.eventually(self._is_settled, seconds, self.what_is_left)
        await self.seen.caught_up()

    async def _is_settled(self) -> bool:
        return not await self.what_is_left()

    async def what_is_left(self) -> list[str]:
        """What is published and not decided, due and not done, decided and not published: how many of each."""
        now = self.clock.now()
        at, real = to_micros(now.at), to_micros(now.real)
        rows = await self.ledger.read(select(source.c.topic, func.sum(source.c.next_offset)).group_by(source.c.topic))
        done = {row[0]: int(row[1]) for row in rows}
        left = [f"{topic}: {done.get(topic, 0)} of {n}" for topic, n in self.published.items() if done.get(topic) != n]
        for name, query in {
            "tickets to review": select(func.count(tickets.c.pk)).where(tickets.c.next_review_at <= at),
            "requests to repeat": select(func.count())
            .select_from(recheck_requests)
            .where(recheck_requests.c.review_at <= at),
            "assets to count": select(func.count(assets.c.pk)).where(assets.c.derive_at <= at),
            "runs to settle": select(func.count()).select_from(runs).where(runs.c.settle_at <= real),
            "notices to send": select(func.count())
            .select_from(notices)
            .where((notices.c.state == "sending") | ((notices.c.state == "pending") & (notices.c.not_before <= at))),
            "units to follow": select(func.count()).select_from(handovers),
            "assets to follow": select(func.count()).select_from(followers),
            "outbox": select(func.count()).select_from(outbox),
        }.items():
            if many := await self.number(query):
                left.append(f"{name}: {many}")
        return left

    async def hasten(self) -> None:
        """Tickets that are to be published once more in some minutes (after a worker's death) are due now."""
        soon = to_micros(system_time()) + 60_000_000
        async with self.ledger.transaction() as tx:
            await tx._session.run("update refreshes set due_at = 0 where due_at > ?", soon)

    async def _by_state(self) -> list[tuple[Any, ...]]:
        """Channel, state, code, attempts, how many; seconds until the earliest is due, and until a lease ends."""
        now, n = self.clock.now(), notices.c
        kind = (n.channel, n.state, n.code, n.attempts)
        rows = await self.ledger.read(
            select(*kind, func.count(), func.min(n.not_before), func.min(n.lease_until)).group_by(*kind).order_by(*kind)
        )
        return [
            (
                *row[:5],
                *(
                    end and (from_micros(end) - clock).total_seconds()
                    for end, clock in zip(row[5:], (now.at, now.real), strict=True)
                ),
            )
            for row in rows
        ]

    async def until(self, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
        """Returns once the condition holds; AssertionError when it takes too long, or a worker died."""

        async def holds() -> bool:
            return bool(condition())

        await self.eventually(holds, seconds)

    async def eventually(
        self, condition: Callable[[], Any], seconds: float = PATIENCE, why: Callable[[], Any] | None = None
    ) -> None:
        """The same with a coroutine; `why` tells what is still missing."""
        end = monotonic() + seconds
        while not await condition():
            assert not self.deaths, self.deaths[0]
            if monotonic() > end:
                left = f"{await why()}; notices: {await self._by_state()}" if why else ""
                msg = f"it did not happen within {seconds} s: {left}"
                raise AssertionError(msg)
            await asyncio.sleep(0.05)

    # What the ledger says

    async def number(self, query: Any) -> int:
        """The one number that a query gives."""
        ((value,),) = await self.ledger.read(query)
        return int(value or 0)

    async def by_status(self) -> dict[str, int]:
        """How many tickets have each status."""
        rows = await self.ledger.read(select(tickets.c.status, func.count()).group_by(tickets.c.status))
        return {row[0]: int(row[1]) for row in rows}

    async def problems(self) -> tuple[int, int]:
        """How many problems there are, and how often they were seen in all."""
        rows = await self.ledger.read(select(func.count(), func.coalesce(func.sum(problems.c.count), 0)))
        return int(rows[0][0]), int(rows[0][1])

    def ticket(self, **fields: Any) -> dict[str, Any]:
        """The only ticket with these fields, as last published."""
        found = [t for t in self.seen.tickets.values() if all(t[name] == value for name, value in fields.items())]
        assert len(found) == 1, f"{len(found)} tickets with {fields}"
        return found[0]

    def when(self, *kinds: str) -> list[str]:
        """Local times of events: `03-07 00:00`."""
        return [shown(event["at"]) for event in self.seen.events(*kinds)]


def shown(at: str) -> str:
    """A moment of a message as people read it, local: `03-07 00:00`."""
    return datetime.fromisoformat(at).astimezone(ZONE).strftime("%m-%d %H:%M")
