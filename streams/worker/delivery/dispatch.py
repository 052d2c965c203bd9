"""The dispatcher: due notices become mails and short messages.

    pick (locked) -> decide (rules/sending) -> `sending` committed -> provider called -> outcome + receipt committed

Each channel has a task of its own, so that a dead gateway delays no mail, and so many letters in flight
(`in_flight.py`). What a crash leaves `sending` is picked up when its lease is over: a mail is sent again under the same
Message-ID, a short message never (rule N-9).
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import get_args

from notifiers.protocol import Outcome
from schemas.channels import CHANNELS, COPIES, NoticeChannel
from schemas.policy import Policy
from schemas.topics import Topics
from streams.clock import Clock
from streams.ledger import Conflict, Ledger, LedgerUnavailable
from streams.ledger.reading.polling import anything_to_send
from streams.log_events import event_log
from streams.patience import AWAY_SECONDS
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.office import Office
from streams.rules.sending.sending import plan_sending
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import Registry
from streams.worker.delivery.also_due import Overviews
from streams.worker.delivery.breaker import Breaker
from streams.worker.delivery.channel_worker import ChannelWorker
from streams.worker.delivery.compose import NOBODY, letter, reasons
from streams.worker.delivery.fallback import readdress
from streams.worker.delivery.in_flight import AT_ONCE, Answered, InFlight, Job
from streams.worker.delivery.journal import NoticeJournal
from streams.worker.delivery.leasing import lease, situation
from streams.worker.delivery.outcomes import FAULT, OutcomeRecorder
from streams.worker.delivery.senders import Sender
from streams.worker.delivery.sheet import with_sheet
from streams.worker.delivery.week import with_week
from streams.worker.faults import of_a_row, told
from streams.worker.metrics import Metrics
from streams.worker.outage import Outage
from streams.worker.relay import Outgoing

log = event_log(__name__)


@dataclass(frozen=True, slots=True)
class Timings:
    """Real seconds. The lease is longer than a call may take, so nobody else sends what is still under way."""

    poll: float = 0.5
    call: float = 90.0
    lease: float = 120.0
    pause: float = AWAY_SECONDS  # while the database is away
    grace: float = 10.0  # for letters in hand when it is to stop


class Dispatcher:
    """One per worker; any number may share a database."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        policy: Policy,
        registry: Callable[[], Registry],
        topics: Topics,
        senders: Sequence[Sender],
        *,
        offer: Callable[[Outgoing], Awaitable[None]],
        metrics: Metrics,
        wake: asyncio.Event | None = None,
        outage: Outage | None = None,
        timings: Timings | None = None,
        breaker: Callable[[], Breaker] = Breaker,
        office: Office = NOBODY,
    ) -> None:
        """`senders`: the channels that are set up. `offer`: receipts for the relay; `wake`: something may be due.

        `office` signs the letters.
        """
        self._office = office
        self._ledger = ledger
        self._clock = clock
        self._policy = policy
        self._registry = registry
        self._topics = topics
        self._overviews = Overviews(policy)
        self._offer = offer
        self._metrics = metrics
        self._wake = wake or asyncio.Event()
        self._outage = outage or Outage()
        self._timings = timings or Timings()
        by_channel = {sender.channel: sender for sender in senders}
        self._receipts: asyncio.Queue[Outgoing] = asyncio.Queue()
        self._recorder = OutcomeRecorder(
            ledger, clock, policy, registry, frozenset(by_channel),
            publish=self._receipts.put_nowait, metrics=metrics, pause=self._timings.pause,
        )  # fmt: skip
        self._lines = [self._line(channel, by_channel.get(channel), breaker()) for channel in get_args(NoticeChannel)]
        self._stopping = False
        self._stopped = asyncio.Event()

    def _line(self, channel: NoticeChannel, sender: Sender | None, breaker: Breaker) -> ChannelWorker:
        journal, wake = NoticeJournal(channel, self._topics, sender.provider if sender else None), asyncio.Event()

        async def call(job: Job) -> Outcome | None:
            outcome = await self._call(line, job)
            if outcome is not None:
                breaker.record(outcome)
            return outcome

        async def record(answers: list[Answered]) -> None:
            await self._recorder.settle(journal, answers)

        in_flight = InFlight(call, record, wake.set, most=CHANNELS[channel].most_in_hand)
        line = ChannelWorker(channel, sender, breaker, journal, in_flight, wake)
        return line

    async def run(self) -> None:
        """Sends until `stop()`, or until cancelled (which is like a crash: what is under way stays `sending`)."""
        for line in self._lines:
            if line.sender is None and line.channel not in COPIES:  # copies that nobody needs to miss
                log.warning("channel_not_configured", channel=line.channel)
        try:
            async with asyncio.TaskGroup() as tasks:
                # The relay waits for the broker; notices must not.
                pump, waker = tasks.create_task(self._pump()), tasks.create_task(self._wake_all())
                await asyncio.gather(*(self._work(line) for line in self._lines))
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._receipts.join(), self._timings.grace)
                pump.cancel()
                waker.cancel()
        finally:
            for line in self._lines:
                line.in_flight.drop()
            self._stopped.set()

    async def stop(self) -> None:
        """Begins nothing more, and returns when what is under way has ended or its grace is over."""
        self._stopping = True
        self._wake.set()
        await self._stopped.wait()

    async def _work(self, line: ChannelWorker) -> None:
        while not self._stopping:
            try:
                busy = await self._patient_round(line)
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
                    await asyncio.wait_for(line.wake.wait(), self._timings.poll)
                line.wake.clear()
        await line.in_flight.empty(self._timings.grace)

    async def _wake_all(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            for line in self._lines:
                line.wake.set()

    async def _pump(self) -> None:
        while True:
            await self._offer(await self._receipts.get())
            self._receipts.task_done()

    async def _patient_round(self, line: ChannelWorker) -> bool:
        """Picks once; where that fails for one of the notices, halves are tried until it is found (O-14)."""
        if line.is_standing:
            return False
        found: dict[str, int] = {}
        try:
            return await self._round(line, found)
        except Exception as error:
            if not found or not of_a_row(error):
                raise
            waiting = [sorted(found)]
        while waiting and not line.is_standing:
            some = waiting.pop()
            try:
                if await self._round(line, {}, some):
                    line.not_picked.clear()
            except Exception as error:
                if not of_a_row(error):
                    raise
                if len(some) == 1:
                    await self._set_aside(line, some[0], error)
                else:
                    waiting += [some[len(some) // 2 :], some[: len(some) // 2]]
        return True

    async def _set_aside(self, line: ChannelWorker, notice_id: str, error: Exception) -> None:
        if line.stands(error, line.not_picked):
            return
        now, fault = self._clock.now(), told(error)
        async with self._ledger.transaction() as tx:
            await tx.notices.finish([notice_id], "dead", line.journal.provider, f"{FAULT}{fault}", now.at)
            name = await tx.set_aside.add("notice", [notice_id], fault, now)
        self._metrics.attempt(line.channel, "dead", "fault")
        log.error("set_aside", kind="notice", name=name, fault=fault, hint="rectify db check", exc_info=error)

    async def _round(self, line: ChannelWorker, found: dict[str, int], only: Collection[str] | None = None) -> bool:
        """Picks once, of `only` these if given; whether there was anything to do. `found`: what it had picked."""
        free = line.breaker.allowed(line.in_flight.held, line.in_flight.limit) if line.sender else AT_ONCE
        if free <= 0:
            return False
        now = self._clock.now()
        if not await anything_to_send(self._ledger, now.at, now.real, line.channel):
            return False
        async with self._ledger.transaction() as tx:
            tx.picked = found
            until = now.real + timedelta(seconds=self._timings.lease)
            leased = await lease(tx, line.channel, self._registry(), now, until, free, only)
            if leased is None:
                return False
            if await readdress(tx, leased.due.notices, leased.registry):
                return True
            around = await situation(tx, line.channel, leased, self._policy, configured=line.sender is not None)
            plan = plan_sending(leased.due.notices, around)
            chosen = plan.deliveries[:free]
            why = await reasons(tx, chosen, leased.due, leased.registry)
            others = await self._overviews.of(tx, chosen, leased)
            messages = await line.journal.before(tx, leased, plan, chosen)
            chunks = await tx.outbox.add(messages, now.real)
        self._hand_over(chunks, messages)
        for ended in plan.ended:
            self._metrics.attempt(line.channel, ended.state, ended.code)
        probe = line.breaker.is_open
        for delivery in chosen:
            line.in_flight.take(Job(delivery, leased, why, others.get(delivery.delivery_id), probe))
        return bool(chosen or plan.held or plan.ended)

    def _letter(self, job: Job) -> Letter:
        leased = job.leased
        return letter(
            job.delivery, leased.due, leased.registry, self._policy, leased.now, job.why, job.others, self._office
        )

    async def _call(self, line: ChannelWorker, job: Job) -> Outcome | None:
        """One attempt; None when the provider has failed since the letter was picked, and when it is too late.

        Too late is what may not be over when the lease is: another worker could take it up meanwhile.
        """
        sender, latest = line.sender, job.leased.lease - timedelta(seconds=self._timings.call)
        if sender is None or self._clock.now().real > latest or (line.breaker.is_open and not job.probe):
            return None
        try:
            async with asyncio.timeout(self._timings.call):
                written = self._letter(job)
                if sender.channel == "email":
                    written = await with_sheet(self._ledger, written, job.leased)
                    written = await with_week(self._ledger, written, job.leased.registry, self._policy, self._office)
                outcome = await sender.send(job.delivery.delivery_id, written)
        except TimeoutError:
            return sender.lost
        except Exception as error:
            if line.stands(error, line.not_written):
                return None
            log.exception("letter_failed", delivery=job.delivery.delivery_id, channel=line.channel)
            return Outcome("dead", f"{FAULT}{told(error)}") if of_a_row(error) else Outcome("retry", "fault")
        line.not_written.clear()
        return outcome

    def _hand_over(self, chunks: list[int], messages: list[OutMessage]) -> None:
        if chunks:
            self._receipts.put_nowait(Outgoing(chunks, messages))
