"""A story of the loop (story.py) on the real ledger: desks take fetches of partitions, a due watch judges runs.

What the ledger holds afterwards is compared with the same naive model, and with what the core said.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from streams.ledger import Ledger
from streams.ledger.moments import from_micros
from streams.ledger.request_tables import asks, recheck_requests
from streams.ledger.rows import ASK, ASSET, PROBLEM, RUN, TICKET, Codec
from streams.ledger.tables import tickets
from tests.support.every_row import decide_every_row
from tests.support.loop import QUICK_BRAKE, START, Loop, Step
from tests.support.loop_oracle import Message
from tests.support.pipeline import Pipeline
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.story import Story
from tests.support.world import TOPICS, ZONE

FORGET = ("source", "assets", "problems", "tickets", "runs", "probes", "commands", "history", "notices", "outbox",
          "refreshes", "recheck_requests", "asks", "looks", "past_problems", "past_records",
          "ticket_facts")  # fmt: skip


class OnLedger(Loop):
    """The world is what the tables say; one desk a ledger, and the first one's due watch."""

    def __init__(self, *ledgers: Ledger, at: str = START) -> None:
        super().__init__(QUICK_BRAKE)
        self.clock = StillClock(at)
        self.ledger = ledgers[0]
        self.workers = [ProcessorOnLedger(ledger, self.clock, QUICK_BRAKE) for ledger in ledgers]
        self.watch = self.workers[0].watch
        self.numbers: dict[str, str] = {}  # the story's number of a ticket -> the one here, where they differ

    # What happens

    async def replay(self, steps: Iterable[Step], fetched: Sequence[int]) -> None:
        """Does what a story did, fetch by fetch."""
        partitions = iter(fetched)
        for name, value in steps:
            if name == "deliver":
                await self.take({next(partitions): value})
            elif name == "pass_time":
                await self.pass_minutes(value)
            elif name == "wait":
                await self.judge(value)
            else:
                action, named = self.said(name, value)
                await self.workers[0].command(action=action, **named)
                if action == "accept_run":
                    await self.judge(0)
                await self.look()

    async def take(self, fetches: Mapping[int, Sequence[Message]]) -> None:
        """Fetches of several partitions at once, each by the batch processor that has the partition."""
        before = set(self.model.findings)
        processors = (self.workers[number % len(self.workers)] for number in fetches)
        await asyncio.gather(
            *(
                processor.fetch(TOPICS.findings, number, [dict(message) for message in batch])
                for processor, (number, batch) in zip(processors, fetches.items(), strict=True)
            )
        )
        messages = [message for batch in fetches.values() for message in batch]
        at_once = len(fetches) > 1
        if at_once:  # an answer may have come after the finding that it is about
            messages.sort(key=lambda message: message.get("type") == "recheck")
        for message in messages:
            self.model.arrived(message, self.clock.real, before if at_once else None)
        await self.look()

    async def judge(self, seconds: int) -> None:
        """Real time passes: runs are judged, counters are published."""
        before, gone = self.places("open"), self.places("gone")
        self.clock.real += timedelta(seconds=seconds)
        while await self.watch._runs() or await self.watch._counters():
            self._hear()
        await self.look()
        self.model.judged(self.clock.real, before, gone, self.held())

    async def pass_minutes(self, minutes: int) -> None:
        """The domain's clock moves on; what is due on the way happens when it is due."""
        end = self.clock.at + timedelta(minutes=minutes)
        while True:
            moments = [
                moment
                for column in (tickets.c.next_review_at, recheck_requests.c.review_at, asks.c.review_at)
                for ((moment,),) in [await self.ledger.read(select(func.min(column)))]
                if moment is not None
            ]
            if not moments or from_micros(min(moments)) > end:
                break
            self.clock.at = max(self.clock.at, from_micros(min(moments)))
            await self.watch._tickets()
            await self.watch._requests()
            await self.watch._asks()
            self._hear()
        self.clock.at = end
        await self.look()

    def said(self, name: str, value: tuple[str, Any]) -> tuple[str, dict[str, str]]:
        """A command: the action, and the fields beside it."""
        action, what = value
        if name == "answer_held":
            named = dict(zip(("asset_id", "source", "run_id"), what, strict=True))
        else:
            asset_ids = {asset.pk: asset.asset_id for asset in self.world.assets.values()}
            number = self.numbers.get(what, what)
            (about,) = [ticket for ticket in self.world.tickets.values() if ticket.ticket_id == number]
            named = {"asset_id": asset_ids[about.asset_pk], "ticket_id": number, **self._fields(action, number)}
            action = named.pop("action")
        return action, {**named, **self._said()}

    def numbered_as(self, told: Loop) -> None:
        """Other topics and partitions make other numbers (T-7); the tickets are the story's, in their order."""
        pairs = zip(sorted(told.world.tickets), sorted(self.world.tickets), strict=False)
        self.numbers = {
            told.world.tickets[theirs].ticket_id: self.world.tickets[ours].ticket_id for theirs, ours in pairs
        }

    # What is there

    async def look(self) -> None:
        """Reads everything, and decides it as if it were due."""
        await decide_every_row(self.ledger, self.workers[0].processor)
        self.world.assets = {asset.asset_id: asset for asset in await self._all(ASSET)}
        self.world.problems = await self._all(PROBLEM)
        self.world.tickets = {ticket.pk: ticket for ticket in await self._all(TICKET)}
        self.world.runs = {(run.asset_pk, run.source, run.run_id): run for run in await self._all(RUN)}
        self.world.asks = {(ask.ticket_pk, ask.kind): ask for ask in await self._all(ASK)}
        self._hear()

    def _hear(self) -> None:
        """Takes what waits for the relay: it holds a few batches only."""
        for worker in self.workers:
            worker.published("")
            self.world.outbox += worker.messages
            worker.messages.clear()

    async def _all(self, codec: Codec[Any]) -> list[Any]:
        rows = await self.ledger.read(select(*(codec.table.c[name] for name in codec.columns)))
        return sorted(codec.decode(tuple(row)) for row in rows)

    async def settle(self) -> None:
        """Real time passes until nothing waits any more."""
        await self.judge(301)
        await self.judge(31)
        self.check()
        self.check_publication(one_by_one=False)


async def replay_through_kafka(pipeline: Pipeline, told: Story) -> OnLedger:
    """A prompt story, message by message; the answer is what the ledger then holds."""
    clock = StillClock(START)
    pipeline.clock = clock
    partitions = iter(told.fetched)
    loop = OnLedger(pipeline.ledger)
    async with pipeline.working():
        for name, value in told.loop.steps:
            if name == "deliver":
                (message,), partition = value, next(partitions)
                await pipeline.send(dict(message), key=f"partition-{partition}".encode())
            elif name == "pass_time":
                end = (clock.at + timedelta(minutes=value)).astimezone(ZONE)
                await pipeline.run_until(end.strftime("%Y-%m-%d %H:%M:%S"))
            elif name == "wait":
                clock.real += timedelta(seconds=value)
            else:
                await loop.look()
                loop.numbered_as(told.loop)
                action, named = loop.said(name, value)
                await pipeline.command(action, None, **named)
            await pipeline.settled()
    await loop.look()
    loop.numbered_as(told.loop)
    return loop


async def forget(ledger: Ledger) -> None:
    """An empty database for the next story."""
    async with ledger.transaction() as tx:
        for table in FORGET:
            await tx._session.run(f"delete from {table}")  # noqa: S608 - our own names


async def in_another_order(loop: OnLedger, messages: list[Message], chance: random.Random) -> None:
    """Shuffled messages in fetches of several partitions at a time, judged now and then; people say nothing."""
    while messages:
        fetches: dict[int, list[Message]] = {}
        for number in range(chance.randint(1, 3)):
            size = chance.randint(1, 8)
            if messages[:size]:
                fetches[number], messages[:size] = messages[:size], []
        await loop.take(fetches)
        loop.check()
        if chance.random() < 0.3:
            await loop.judge(chance.choice((0, 31)))
            loop.check()
    await loop.settle()


def local_text(loop: Loop) -> str:
    """The domain's time at a story's end, as people write it."""
    return loop.world.now.astimezone(ZONE).strftime("%Y-%m-%d %H:%M:%S")
