"""The due watch: what time alone brings about. Due work is an indexed row; a late watch catches up.

Tickets by `next_review_at`, assets by `derive_at`, recheck requests, asks and producers by `review_at`, weekly mails by
`due_at` (the domain's clock), runs by `settle_at`, counters a day after their change at the latest (T-2; both real
time). Work is taken with its asset locked, a producer and a weekly mail with its row (`skip locked`), so any number of
workers may watch.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import date, timedelta
from time import monotonic
from typing import Final

from streams.ledger import Conflict, LedgerUnavailable, Transaction
from streams.ledger.reading.polling import Due, due_work
from streams.log_events import event_log
from streams.patience import AWAY_SECONDS
from streams.rules.deadlines.calendar_watch import calendar_missing, missing_years
from streams.rules.notices.weekly_mails import enrolled, supervising
from streams.rules.scoring.derived import counting
from streams.rules.state.inputs import (
    AssetChanged,
    JudgeRun,
    PublishTicket,
    RecountAsset,
    ReviewAsks,
    ReviewProducer,
    ReviewRequests,
    ReviewTicket,
    ReviewWeek,
    UnitChanged,
)
from streams.rules.state.recipe import is_under_way
from streams.rules.state.snapshot import FOLLOWING, Now
from streams.worker.due_batches import DueBatches, DueKind, DueRows
from streams.worker.intake.batch_processor import BatchProcessor
from streams.worker.rekeying import page
from streams.worker.relay import Outgoing

TICK_SECONDS: Final = 0.25
BATCH: Final = 500  # tickets a transaction; a wave of due work leaves room for findings between two of them
COUNTERS: Final = 2_000  # tickets
SOON: Final = timedelta(seconds=2)  # a batch that is taken now may last so long
RUNS: Final = 20
COUNTS: Final = 50  # assets
REQUESTS: Final = 200  # recheck requests; with each come the others of its asset
ASKS: Final = 200  # asks
PRODUCERS: Final = 50
WEEKS: Final = 50  # units that are told of their week
HANDED_OVER: Final = 250  # tickets, or assets, of a unit at once
PAGES: Final = 3  # of a recount at once: while the database works on some, another is decided
PAGES_SECONDS: Final = 0.3  # of page after page, before what else is due has its turn

log = event_log(__name__)


def _never() -> bool:
    return False


class DueWatch:
    """One per worker, beside the batch processor."""

    def __init__(self, processor: BatchProcessor, office: str = "", is_behind: Callable[[], bool] = _never) -> None:
        """`office`: its own mail address (R-42); `is_behind`: whether messages wait to be read, as far as known."""
        self._processor = processor
        self._office = office
        self._is_behind = is_behind
        self._batches = DueBatches(processor)
        self._counting = counting(processor.policy)
        self._window = timedelta(hours=processor.policy.limits.producer_brake.hours)
        self._calendar_day: date | None = None
        self._enrolled: set[str] = set()  # units that are told once a week (N-74)
        self._enrolled_at = -1  # by which version of the registry
        self._rekeyed = 0  # the last problem looked at (D-14)
        self._stopping = False

    def stop(self) -> None:
        """Asks `run` to end after the round in hand, so that what it has committed is handed to the relay."""
        self._stopping = True
        self._processor.something_due.set()

    async def run(self) -> None:
        """Watches until `stop`."""
        while not self._stopping:
            try:
                busy = await self.once()
            except Conflict:
                busy = True
            except LedgerUnavailable as error:
                self._processor.outage.lost("due work", error)
                await asyncio.sleep(AWAY_SECONDS)
                continue
            self._processor.outage.found("due work")
            if not busy:
                self._processor.something_due.clear()
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._processor.something_due.wait(), TICK_SECONDS)

    async def once(self) -> bool:
        """One round; whether there was more work than one round takes."""
        due = await self._look()
        busy = due.runs and await self._runs()
        busy = (due.tickets and await self._tickets()) or busy
        busy = (due.requests and await self._requests()) or busy
        busy = (due.asks and await self._asks()) or busy
        busy = (due.producers and not self._is_behind() and await self._producers()) or busy
        busy = (due.weeks and await self._weeks()) or busy
        busy = (due.counts and await self._counts()) or busy
        busy = (due.refreshes and await self._counters()) or busy
        busy = (due.recount and await self._recount()) or busy
        busy = (due.handovers and await self._pages(self._handover)) or busy
        busy = (due.followers and await self._pages(self._followers)) or busy
        busy = (is_under_way(self._processor.registry, self._processor.policy) and await self._rekey()) or busy
        await self._batches.alone("calendar", self._calendar)
        await self._batches.alone("enrolment", self._enrol)
        return busy

    async def _look(self) -> Due:
        processor = self._processor
        now = processor.clock.now()
        due = await due_work(processor.ledger, now.at, now.real, now.at + SOON)
        if due.registry_version != processor.registry.version:
            async with processor.ledger.transaction() as tx:
                await processor.refresh_registry(tx)
        processor.tickets_are_due = due.tickets_soon
        self._batches.noted = due.set_aside
        if not due.tickets:
            self._late(0.0)
        return due

    def _late(self, seconds: float) -> None:
        self._processor.metrics.lateness.set(seconds)

    async def _runs(self) -> bool:
        return await self._batches.take(DueKind("run", RUNS, self._due_runs, lambda key: JudgeRun(*key)))

    async def _due_runs(self, tx: Transaction, now: Now, most: int) -> DueRows:
        processor = self._processor
        brake = processor.policy.limits.brake.problems
        return DueRows(*await tx.due.runs(now.real, most, processor.registry, brake=brake, since=now.at - self._window))

    async def _tickets(self) -> bool:
        return await self._batches.take(DueKind("ticket", BATCH, self._due_tickets, ReviewTicket))

    async def _due_tickets(self, tx: Transaction, now: Now, most: int) -> DueRows:
        processor = self._processor
        pks, snapshot = await tx.due.tickets(now.at, most, processor.registry)
        due = [snapshot.tickets[pk].next_review_at for pk in pks]
        self._late(max(((now.at - moment).total_seconds() for moment in due if moment is not None), default=0.0))
        return DueRows(pks, snapshot)

    async def _requests(self) -> bool:
        return await self._batches.take(DueKind("request", REQUESTS, self._due_requests, ReviewRequests))

    async def _due_requests(self, tx: Transaction, now: Now, most: int) -> DueRows:
        return DueRows(*await tx.due.requests(now.at, most, self._processor.registry))

    async def _asks(self) -> bool:
        return await self._batches.take(DueKind("ask", ASKS, self._due_asks, ReviewAsks))

    async def _due_asks(self, tx: Transaction, now: Now, most: int) -> DueRows:
        return DueRows(*await tx.due.asks(now.at, most, self._processor.registry))

    async def _producers(self) -> bool:
        return await self._batches.take(
            DueKind("producer", PRODUCERS, self._due_producers, lambda source: ReviewProducer(source, self._office))
        )

    async def _due_producers(self, tx: Transaction, now: Now, most: int) -> DueRows:
        return DueRows(*await tx.due.producers(now.at, most, self._processor.registry))

    async def _weeks(self) -> bool:
        return await self._batches.take(DueKind("week", WEEKS, self._due_weeks, ReviewWeek))

    async def _due_weeks(self, tx: Transaction, now: Now, most: int) -> DueRows:
        return DueRows(*await tx.due.weeks(now.at, most, self._processor.registry))

    async def _enrol(self) -> None:
        """N-74: whoever has come to supervise others is told once a week from now on."""
        processor, registry = self._processor, self._processor.registry
        weekly = processor.policy.sending.weekly
        if weekly is None or registry.version == self._enrolled_at:
            return
        wanted = supervising(registry)
        if wanted - self._enrolled:
            async with processor.ledger.transaction() as tx:
                await tx.weeks.enrol(enrolled(registry, weekly, processor.clock.now().at))
        self._enrolled, self._enrolled_at = wanted, registry.version

    async def _counts(self) -> bool:
        return await self._batches.take(DueKind("count", COUNTS, self._due_counts, RecountAsset))

    async def _due_counts(self, tx: Transaction, now: Now, most: int) -> DueRows:
        return DueRows(*await tx.due.counts(now.at, most, self._processor.registry, self._counting))

    async def _counters(self) -> bool:
        return await self._batches.take(DueKind("refresh", COUNTERS, self._due_refresh, PublishTicket))

    async def _due_refresh(self, tx: Transaction, now: Now, most: int) -> DueRows:
        return DueRows(*await tx.due.refreshes(now.real, most, self._processor.registry))

    async def _recount(self) -> bool:
        """L-7: a calendar has come, and provisional deadlines are counted again, some lanes at once."""
        lanes = await asyncio.gather(*(self._pages(self._page) for _ in range(PAGES)), return_exceptions=True)
        for lane in lanes:
            if isinstance(lane, BaseException):
                raise lane
        return any(lanes)

    async def _pages(self, page: Callable[[], Awaitable[bool]]) -> bool:
        """Page after page for a while; whether there may be more."""
        end = monotonic() + PAGES_SECONDS
        while more := await page():
            if monotonic() >= end or self._stopping or self._processor.tickets_are_due:
                break
        return more

    async def _page(self) -> bool:
        return await self._batches.take(
            DueKind("recount", BATCH, self._due_page, lambda pk: ReviewTicket(pk, early=True)),
        )

    async def _due_page(self, tx: Transaction, now: Now, most: int) -> DueRows:
        del now  # a page is due as long as there are some
        page = await tx.recount.due(most, self._processor.registry)
        return DueRows(()) if page is None else DueRows(*page, more=True)

    async def _handover(self) -> bool:
        """A-4, A-11, A-12: a unit has changed, and its assets and tickets follow."""
        return await self._batches.take(DueKind("handover", HANDED_OVER, self._due_handover, UnitChanged))

    async def _due_handover(self, tx: Transaction, now: Now, most: int) -> DueRows:
        del now
        one = await tx.handovers.next()
        if one is None:
            return DueRows(())
        await self._processor.refresh_registry(tx)  # after the unit is locked: its record does not change now
        return DueRows(*await tx.handovers.due(one, most, self._processor.registry), more=True)

    async def _followers(self) -> bool:
        """A-2, A-3, A-10, A-13, A-14: an asset's record has changed, and its many tickets follow."""
        return await self._batches.take(DueKind("follower", FOLLOWING, self._due_followers, AssetChanged))

    async def _due_followers(self, tx: Transaction, now: Now, most: int) -> DueRows:
        del now
        return DueRows(*await tx.followers.due(most, self._processor.registry))

    async def _rekey(self) -> bool:
        """D-14: the next page of problems whose fingerprint may have been made otherwise."""
        processor = self._processor
        async with processor.ledger.transaction() as tx:
            await processor.refresh_registry(tx)
            done = await page(
                tx, self._rekeyed, processor.registry, processor.policy, processor.topics, processor.clock.now()
            )
        self._rekeyed = done.after or 0
        processor.metrics.outcomes(done.result.outcomes)
        await processor.hand_over(done.result, done.chunks)
        return done.after is not None

    async def _calendar(self) -> None:
        """L-8: once a day, whatever the number of workers, a missing calendar is said."""
        processor = self._processor
        now = processor.clock.now()
        today = now.at.astimezone(processor.registry.zone).date()
        if today == self._calendar_day:
            return
        zone, calendar = processor.registry.zone, processor.registry.calendar
        marks = {f"calendar_missing:{year}:{today}": year for year in missing_years(processor.policy, calendar, today)}
        if marks:
            async with processor.ledger.transaction() as tx:
                new = [year for mark, year in marks.items() if await tx.marks.add(mark)]
                messages = [calendar_missing(processor.topics, year, today, now, zone) for year in new]
                chunks = await tx.outbox.add(messages, now.real)
            log.error("calendar_missing", years=sorted(marks.values()), hint="rectify calendar import FILE")
            await processor.relay.offer(Outgoing(chunks, messages))
        self._calendar_day = today
