"""What became of letters is recorded, for as long as the database takes to come back."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Final

from notifiers.protocol import Outcome
from schemas.policy import Policy
from streams.clock import Clock
from streams.ledger import Conflict, Ledger, LedgerUnavailable, Transaction
from streams.log_events import event_log
from streams.rules.sending.fallback import failed
from streams.rules.sending.sending import Situation, retry_at
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import Now, Registry
from streams.worker.delivery.breaker import is_providers_fault
from streams.worker.delivery.fallback import follow
from streams.worker.delivery.in_flight import Answered
from streams.worker.delivery.journal import NoticeJournal, OutcomeRow, attempted
from streams.worker.faults import told
from streams.worker.metrics import LATE_NOTICE, Metrics
from streams.worker.relay import Outgoing

FAULT: Final = "fault:"  # how the code begins of a letter that failed for a fault of ours

log = event_log(__name__)


class OutcomeRecorder:
    """Of one dispatcher; `publish` hands receipts on, `usable` are the channels that are set up."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        policy: Policy,
        registry: Callable[[], Registry],
        usable: Collection[str],
        *,
        publish: Callable[[Outgoing], None],
        metrics: Metrics,
        pause: float,
    ) -> None:
        """`pause`: seconds between two tries while the database is away."""
        self._ledger = ledger
        self._clock = clock
        self._policy = policy
        self._registry = registry
        self._usable = usable
        self._publish = publish
        self._metrics = metrics
        self._pause = pause

    async def settle(self, journal: NoticeJournal, answers: Sequence[Answered]) -> None:
        """Records them together; one that cannot be recorded does not keep the others from it."""
        fault: Exception | None = None
        while True:
            try:
                await (self._once(journal, answers) if fault is None else self._barely(journal, answers[0], fault))
                return
            except Conflict:
                self._metrics.conflicts.inc()
            except LedgerUnavailable:
                await asyncio.sleep(self._pause)
            except Exception as error:
                if len(answers) == 1:
                    log.exception("delivery_failed", delivery=answers[0].delivery.delivery_id)
                    if fault is not None:
                        return
                    fault = error
                    continue
                for answer in answers:
                    await self.settle(journal, [answer])
                return

    async def _once(self, journal: NoticeJournal, answers: Sequence[Answered]) -> None:
        now = self._clock.now()
        # What was not asked for in time another worker may have taken up.
        answers = [answer for answer in answers if answer.outcome is not None or now.real < answer.leased.lease]
        entries = [self._entry(answer, now) for answer in answers]
        messages: list[OutMessage] = []
        async with self._ledger.transaction() as tx:
            for entry, receipts in await journal.after(tx, entries, now.at):
                messages += receipts
                if receipts and (code := entry.code or "").startswith(FAULT):
                    await self._set_aside(tx, entry, code.removeprefix(FAULT), now)
                if receipts and failed(entry.state, entry.code):
                    await follow(tx, entry.delivery.notices, self._registry(), self._usable, now)
            chunks = await tx.outbox.add(messages, now.real)
        if chunks:
            self._publish(Outgoing(chunks, messages))
        for answer, entry in zip(answers, entries, strict=True):
            if answer.outcome is not None:
                self._tell(journal, answer.outcome, entry, now.at)

    async def _barely(self, journal: NoticeJournal, answer: Answered, fault: Exception) -> None:
        """What cannot be recorded with all that belongs to it is recorded alone, or it would be sent again (O-14)."""
        now = self._clock.now()
        entry = self._entry(answer, now)
        ids = [notice.notice_id for notice in entry.delivery.notices]
        async with self._ledger.transaction() as tx:
            await tx.notices.finish(ids, entry.state, journal.provider, entry.code, now.at, entry.until)
            await self._set_aside(tx, entry, told(fault), now)

    async def _set_aside(self, tx: Transaction, entry: OutcomeRow, fault: str, now: Now) -> None:
        for notice in entry.delivery.notices:
            name = await tx.set_aside.add("notice", [notice.notice_id], fault, now)
            log.error("set_aside", kind="notice", name=name, fault=fault, hint="rectify db check")

    def _entry(self, answer: Answered, now: Now) -> OutcomeRow:
        """What an answer means for the notices of its letter."""
        delivery, leased, outcome = answer.delivery, answer.leased, answer.outcome
        if outcome is None:
            return OutcomeRow(delivery, leased, "pending", delivery.notices[0].code)
        if outcome.state != "retry" and not is_providers_fault(outcome):
            return OutcomeRow(delivery, leased, outcome.state, outcome.code)
        situation = Situation(now.at, leased.due.tickets, leased.registry, self._policy.sending, configured=True)
        chance = random.random()  # noqa: S311 - jitter
        until = min(retry_at(attempted(notice), situation, chance) for notice in delivery.notices)
        return OutcomeRow(delivery, leased, "pending", outcome.code, until)

    def _tell(self, journal: NoticeJournal, outcome: Outcome, entry: OutcomeRow, at: datetime) -> None:
        notices, tickets = entry.delivery.notices, entry.leased.due.tickets
        until: datetime | None = entry.until
        self._metrics.attempt(journal.channel, outcome.state, outcome.code, len(notices))
        if outcome.state == "accepted":
            late = sum(notice.attempts > 0 or at - notice.not_before >= LATE_NOTICE for notice in notices)
            self._metrics.notices_late.labels(journal.channel).inc(late)
        log.info(
            "notice_tried",
            outcome=outcome.state,
            channel=journal.channel,
            code=outcome.code,
            delivery=entry.delivery.delivery_id,
            notices=len(notices),
            tickets=[tickets[notice.ticket_pk].ticket_id for notice in notices[:10] if notice.ticket_pk],
            again_at=until.isoformat() if until else None,
        )
