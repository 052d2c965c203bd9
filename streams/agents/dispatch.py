"""The dispatcher: due notices become mails and short messages.

    pick (locked) -> decide (rules/sending.py) -> `sending` committed -> provider called -> outcome + receipt committed

Each channel has a task of its own, so that a dead gateway delays no mail. What a crash leaves `sending` is picked up
when its lease is over: a mail is sent again under the same Message-ID, a short message never (rule N-9).
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

import structlog

from notifiers.letter import Letter, Others
from notifiers.protocol import Outcome
from schemas.policy import Policy
from schemas.topics import Topics
from schemas.vocabulary import NoticeChannel
from streams.agents.books import Books, Picked, attempted
from streams.agents.breaker import Breaker, is_providers_fault
from streams.agents.letters import letter, reasons
from streams.agents.outage import Outage
from streams.agents.overviews import Overviews
from streams.agents.places import follow
from streams.agents.posts import Post
from streams.agents.relay import Outgoing
from streams.clock import Clock
from streams.ledger import Conflict, Ledger, LedgerUnavailable, Transaction
from streams.ledger.looks import anything_to_send
from streams.metrics import Metrics
from streams.rules.docket import Registry
from streams.rules.fallback import failed
from streams.rules.quiet import start_of_day
from streams.rules.records import OutMessage
from streams.rules.sending import Delivery, Situation, plan_sending, retry_at

AT_ONCE: Final = 4  # letters of a channel under way
PICKED: Final = 8  # due notices read for each letter that may go
CHANNELS: Final[tuple[NoticeChannel, ...]] = ("email", "sms", "chat")

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Timings:
    """Real seconds. The lease is longer than a call may take, so nobody else sends what is still under way."""

    poll: float = 0.25
    call: float = 90.0
    lease: float = 120.0
    pause: float = 1.0  # while the database is away
    grace: float = 10.0  # for letters under way when it is to stop


@dataclass(slots=True)
class _Line:
    """A channel at work; without a post it is not set up."""

    channel: NoticeChannel
    post: Post | None
    breaker: Breaker
    books: Books
    running: set[asyncio.Task[None]] = field(default_factory=set)


class Dispatcher:
    """One per worker; any number may share a database."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        policy: Policy,
        registry: Callable[[], Registry],
        topics: Topics,
        posts: Sequence[Post],
        *,
        offer: Callable[[Outgoing], Awaitable[None]],
        metrics: Metrics,
        wake: asyncio.Event | None = None,
        outage: Outage | None = None,
        timings: Timings | None = None,
        breaker: Callable[[], Breaker] = Breaker,
    ) -> None:
        """`posts`: the channels that are set up. `offer` hands receipts to the relay; `wake`: something may be due."""
        self._ledger = ledger
        self._clock = clock
        self._policy = policy
        self._registry = registry
        self._overviews = Overviews(policy)
        self._offer = offer
        self._metrics = metrics
        self._wake = wake or asyncio.Event()
        self._outage = outage or Outage()
        self._timings = timings or Timings()
        by_channel = {post.channel: post for post in posts}
        self._usable = frozenset(by_channel)
        self._lines = []
        for channel in CHANNELS:
            post = by_channel.get(channel)
            self._lines.append(_Line(channel, post, breaker(), Books(topics, post.provider if post else None)))
        self._receipts: asyncio.Queue[Outgoing] = asyncio.Queue()
        self._stopping = False
        self._stopped = asyncio.Event()

    async def run(self) -> None:
        """Sends until `stop()`, or until cancelled (which is like a crash: what is under way stays `sending`)."""
        for line in self._lines:
            if line.post is None and line.channel != "chat":  # copies that nobody needs to miss
                log.warning("channel_not_configured", channel=line.channel)
        try:
            async with asyncio.TaskGroup() as tasks:
                # The relay waits for the broker; notices must not.
                pump = tasks.create_task(self._pump())
                await asyncio.gather(*(self._work(line) for line in self._lines))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._receipts.join(), self._timings.grace)
                pump.cancel()
        finally:
            for line in self._lines:
                for task in line.running:
                    task.cancel()
            self._stopped.set()

    async def stop(self) -> None:
        """Begins nothing more, and returns when what is under way has ended or its grace is over."""
        self._stopping = True
        self._wake.set()
        await self._stopped.wait()

    async def _work(self, line: _Line) -> None:
        while not self._stopping:
            try:
                busy = await self._round(line)
                self._outage.found(line.channel)
            except Conflict:
                self._metrics.conflicts.inc()
                busy = True
            except LedgerUnavailable as error:
                self._outage.lost(line.channel, error)
                busy = False
                await asyncio.sleep(self._timings.pause)
            self._metrics.breaker.labels(line.channel).set(line.breaker.is_open)
            if not busy:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._wake.wait(), self._timings.poll)
                self._wake.clear()
        if line.running:
            await asyncio.wait(line.running, timeout=self._timings.grace)

    async def _pump(self) -> None:
        while True:
            await self._offer(await self._receipts.get())
            self._receipts.task_done()

    async def _round(self, line: _Line) -> bool:
        """Picks once; whether there was anything to do."""
        free = line.breaker.allowed(len(line.running), AT_ONCE) if line.post else AT_ONCE
        if free <= 0:
            return False
        now, registry = self._clock.now(), self._registry()
        if not await anything_to_send(self._ledger, now.at, now.real, line.channel):
            return False
        lease = now.real + timedelta(seconds=self._timings.lease)
        async with self._ledger.transaction() as tx:
            due = await tx.due_notices(now.at, now.real, PICKED * free, line.channel)
            if not due.notices:
                return False
            picked = Picked(due, now, registry, lease)
            plan = plan_sending(due.notices, await self._situation(tx, line, picked))
            chosen = plan.deliveries[:free]
            why = await reasons(tx, chosen)
            others = await self._overviews.of(tx, chosen, picked)
            messages = await line.books.before(tx, picked, plan, chosen)
            chunks = await tx.outbox_add(messages, now.real)
        self._hand_over(chunks, messages)
        for ended in plan.ended:
            self._metrics.attempt(line.channel, ended.state, ended.code)
        for delivery in chosen:
            self._begin(line, delivery, picked, why, others.get(delivery.delivery_id))
        return bool(chosen or plan.held or plan.ended)

    async def _situation(self, tx: Transaction, line: _Line, picked: Picked) -> Situation:
        today: dict[str, int] = {}
        if line.channel == "sms":
            midnight = start_of_day(picked.now.at, picked.registry.zone)
            for address in {notice.address for notice in picked.due.notices}:
                today[address] = await tx.sms_sent_since(address, midnight)
        return Situation(
            at=picked.now.at,
            tickets=picked.due.tickets,
            registry=picked.registry,
            sending=self._policy.sending,
            configured=line.post is not None,
            sms_today=today,
            warned=picked.due.warned,
        )

    def _begin(
        self, line: _Line, delivery: Delivery, picked: Picked, why: dict[str, str], others: Others | None
    ) -> None:
        def write() -> Letter:
            return letter(delivery, picked.due, picked.registry, self._policy, picked.now, why, others)

        async def deliver() -> None:
            outcome = await self._call(line, delivery, write, picked.lease)
            if outcome is not None:
                line.breaker.record(outcome)
                await self._settle(line, delivery, picked, outcome)

        def ended(task: asyncio.Task[None]) -> None:
            line.running.discard(task)
            self._wake.set()
            if not task.cancelled() and (error := task.exception()) is not None:
                log.error("delivery_failed", delivery=delivery.delivery_id, exc_info=error)

        task = asyncio.create_task(deliver())
        line.running.add(task)
        task.add_done_callback(ended)

    async def _call(
        self, line: _Line, delivery: Delivery, write: Callable[[], Letter], lease: datetime
    ) -> Outcome | None:
        """One attempt; None when this worker slept past its lease, and another may have taken the letter over."""
        post = line.post
        if post is None or self._clock.now().real >= lease:
            return None
        try:
            async with asyncio.timeout(self._timings.call):
                return await post.send(delivery.delivery_id, write())
        except TimeoutError:
            return post.lost
        except Exception:
            # One letter that cannot be written must not keep the others from being sent.
            log.exception("letter_failed", delivery=delivery.delivery_id, channel=line.channel)
            return Outcome("dead", "fault")

    async def _settle(self, line: _Line, delivery: Delivery, picked: Picked, outcome: Outcome) -> None:
        """Records what became of a letter, for as long as the database takes to come back."""
        while True:
            try:
                await self._settle_once(line, delivery, picked, outcome)
                return
            except Conflict:
                self._metrics.conflicts.inc()
            except LedgerUnavailable:
                await asyncio.sleep(self._timings.pause)

    async def _settle_once(self, line: _Line, delivery: Delivery, picked: Picked, outcome: Outcome) -> None:
        now = self._clock.now()
        state, until = str(outcome.state), None
        if outcome.state == "retry" or is_providers_fault(outcome):
            state = "pending"
            situation = Situation(now.at, picked.due.tickets, picked.registry, self._policy.sending, configured=True)
            chance = random.random()  # noqa: S311 - jitter
            until = min(retry_at(attempted(notice), situation, chance) for notice in delivery.notices)
        async with self._ledger.transaction() as tx:
            messages = await line.books.after(tx, picked, delivery, state, outcome.code, now.at, until)
            if messages and failed(state, outcome.code):
                await follow(tx, delivery.notices, self._registry(), self._usable, now)
            chunks = await tx.outbox_add(messages, now.real)
        self._hand_over(chunks, messages)
        self._metrics.attempt(line.channel, outcome.state, outcome.code, len(delivery.notices))
        log.info(
            "notice_tried",
            outcome=outcome.state,
            channel=line.channel,
            code=outcome.code,
            delivery=delivery.delivery_id,
            notices=len(delivery.notices),
            tickets=[
                picked.due.tickets[notice.ticket_pk].ticket_id for notice in delivery.notices[:10] if notice.ticket_pk
            ],
            again_at=until.isoformat() if until else None,
        )

    def _hand_over(self, chunks: list[int], messages: list[OutMessage]) -> None:
        if chunks:
            self._receipts.put_nowait(Outgoing(chunks, messages))
