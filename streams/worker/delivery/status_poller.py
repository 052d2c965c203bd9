"""Asking a provider what became of short messages of which no report has come (rule N-44).

Asked 2 minutes after the call, then ever more seldom for three days; what comes later never comes. A message whose call
was not answered, or was cut off by a crash (`uncertain`), is asked about in the same way, and never sent again.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from notifiers.protocol import Inquirer, Outcome, Recipient, Sent
from streams.clock import Clock
from streams.ledger import HandedOver, Ledger, LedgerError
from streams.log_events import event_log
from streams.worker.delivery.reports import Reports

ASKED_AFTER: Final = (
    timedelta(minutes=2),
    timedelta(minutes=10),
    timedelta(hours=1),
    timedelta(hours=6),
    timedelta(hours=24),
    timedelta(hours=72),
)
AT_ONCE: Final = 50  # rows a round
PAUSE_SECONDS: Final = 20.0
_FINAL: Final = frozenset({"delivered", "undelivered"})

log = event_log(__name__)


def next_ask(sent_at: datetime, real: datetime) -> datetime | None:
    """When to ask next of a message; None when it has been asked about often enough."""
    return next((sent_at + after for after in ASKED_AFTER if sent_at + after > real), None)


def inquirer_of(notifier: object) -> Inquirer | None:
    """Whom to ask what became of a message, where the provider can be asked."""
    return notifier if isinstance(notifier, Inquirer) else None


class StatusPoller:
    """One per worker with a provider of short messages; `inquirer` is None where it cannot be asked."""

    def __init__(
        self, ledger: Ledger, clock: Clock, reports: Reports, provider: str, inquirer: Inquirer | None
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._reports = reports
        self._provider = provider
        self._inquirer = inquirer

    async def run(self) -> None:
        """Asks until cancelled."""
        while True:
            try:
                await self.round()
            except LedgerError as error:
                log.debug("inquiries_without_database", error=str(error))
            await asyncio.sleep(PAUSE_SECONDS)

    async def begin(self, delivery_id: str, address: str) -> None:
        """See `HandingOver`: until the provider says a name of its own, ours stands for the message."""
        real = self._clock.now().real
        handed = HandedOver(self._provider, delivery_id, delivery_id, address, real, real + ASKED_AFTER[0])
        try:
            async with self._ledger.transaction() as tx:
                await tx.provider_refs.forget(delivery_id)
                await tx.provider_refs.remember(handed)
        except LedgerError as error:
            # What the call brings is what counts, and that is written for as long as it takes.
            log.warning("reference_not_kept", delivery=delivery_id, error=str(error))

    async def end(self, delivery_id: str, outcome: Outcome) -> None:
        """See `HandingOver`: what was not taken is not asked about."""
        taken = outcome.state in {"accepted", "uncertain"}
        try:
            async with self._ledger.transaction() as tx:
                if not taken:
                    await tx.provider_refs.forget(delivery_id)
                elif outcome.provider_ref is not None:
                    await tx.provider_refs.rename(self._provider, delivery_id, outcome.provider_ref)
        except LedgerError as error:
            log.warning("reference_not_kept", delivery=delivery_id, error=str(error))

    async def round(self) -> None:
        """Asks about everything of which it is time."""
        real = self._clock.now().real
        async with self._ledger.transaction() as tx:
            due = await tx.provider_refs.to_ask(self._provider, real, AT_ONCE)
        for handed in due:
            later = next_ask(handed.sent_at, real)
            async with self._ledger.transaction() as tx:
                if later is not None and not await tx.provider_refs.ask_again(handed, later):
                    continue
            try:
                ended = await self._ask(handed)
            except Exception:
                # One that cannot be asked about must not keep the others from it.
                log.exception("inquiry_failed", delivery=handed.delivery_id)
                ended = False
            if ended or later is None:
                async with self._ledger.transaction() as tx:
                    await tx.provider_refs.forget(handed.delivery_id)

    async def _ask(self, handed: HandedOver) -> bool:
        """Whether the end of the message is known."""
        if self._inquirer is None:
            return False
        to = Recipient("", handed.address, "")
        outcome = await self._inquirer.ask(Sent(handed.delivery_id, to, handed.sent_at))
        if outcome is None or outcome.state not in {"accepted", *_FINAL}:
            return False
        status = await self._reports.take(handed.delivery_id, outcome.state, outcome.code)
        return outcome.state in _FINAL and status in range(200, 300)
