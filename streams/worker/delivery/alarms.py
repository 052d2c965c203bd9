"""Watching the ways out: a provider that refuses our account raises an alarm, once until it works again (rule N-45)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from notifiers.protocol import Outcome
from schemas.topics import Topics
from streams.clock import Clock
from streams.ledger import Ledger
from streams.log_events import event_log
from streams.presentation.letters.letter import Letter
from streams.rules.sending.alarms import REASONS, provider_alarm
from streams.rules.state.snapshot import Registry
from streams.worker.delivery.senders import Saw, Sender
from streams.worker.relay import Outgoing

log = event_log(__name__)


class Alarms:
    """One per worker; the workers of one database raise an alarm together, once."""

    def __init__(
        self,
        ledger: Ledger,
        clock: Clock,
        registry: Callable[[], Registry],
        topics: Topics,
        offer: Callable[[Outgoing], Awaitable[None]],
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._registry = registry
        self._topics = topics
        self._offer = offer
        self._in_alarm: dict[str, bool] = {}
        self._offering: set[asyncio.Future[None]] = set()

    async def saw(self, provider: str, channel: str, outcome: Outcome) -> None:
        """Takes in an answer. An absent database delays the alarm to the next refusal."""
        refused = outcome.code.partition(":")[0] in REASONS
        if not refused and outcome.state != "accepted":
            return
        if self._in_alarm.get(provider) is refused:
            return
        try:
            if refused:
                await self._raise(provider, channel, outcome.code)
            else:
                async with self._ledger.transaction() as tx:
                    ended = await tx.provider_refs.end_alarm(provider)
                if ended:
                    log.info("provider_works_again", provider=provider, channel=channel)
            self._in_alarm[provider] = refused
        except Exception as error:  # noqa: BLE001 - what became of the letter is what counts
            log.warning("alarm_without_database", provider=provider, code=outcome.code, error=str(error))

    async def _raise(self, provider: str, channel: str, code: str) -> None:
        now = self._clock.now()
        messages = [provider_alarm(self._topics, provider, channel, code, now.at.astimezone(self._registry().zone))]
        async with self._ledger.transaction() as tx:
            if not await tx.provider_refs.raise_alarm(provider):
                return
            chunks = await tx.outbox.add(messages, now.real)
        log.error("provider_alarm", provider=provider, channel=channel, code=code)
        # The notice shall not wait for the broker.
        offering = asyncio.ensure_future(self._offer(Outgoing(chunks, messages)))
        self._offering.add(offering)
        offering.add_done_callback(self._offering.discard)


class WatchedSender:
    """A sender with one account at one provider; `saw` is told of every answer."""

    def __init__(self, sender: Sender, saw: Saw) -> None:
        self._sender = sender
        self._saw = saw
        self.channel = sender.channel
        self.provider = sender.provider
        self.lost = sender.lost

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """See `Sender`."""
        outcome = await self._sender.send(delivery_id, letter)
        await self._saw(self.provider, self.channel, outcome)
        return outcome
