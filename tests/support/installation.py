"""A worker's parts on a ledger in a file, a clock that is put forward by the hour, and every letter that goes out."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from notifiers.protocol import Outcome
from schemas.channels import NoticeChannel
from schemas.topics import Topics
from streams.ledger import Ledger
from streams.ledger.reading.polling import anything_to_send
from streams.presentation.letters.letter import Letter
from streams.presentation.letters.office import Office
from streams.worker.delivery.compose import NOBODY
from streams.worker.delivery.dispatch import Dispatcher, Timings
from streams.worker.delivery.senders import Sender
from streams.worker.metrics import Metrics
from streams.worker.relay import Outgoing
from tests.support.ledger import REGISTRY
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import POLICY, ZONE, local

CHANNELS: tuple[NoticeChannel, ...] = ("email", "sms", "chat")


class Sent(NamedTuple):
    """A letter that a channel has taken."""

    at: datetime
    channel: NoticeChannel
    address: str
    letter: Letter


class Box:
    """A channel that takes every letter."""

    lost = Outcome("retry", "timeout")

    def __init__(self, channel: NoticeChannel, sent: list[Sent], unknown: Collection[str] = ()) -> None:
        self.channel = channel
        self.provider = f"the {channel} of the tests"
        self._sent = sent
        self._unknown = unknown

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """Keeps it, unless nobody knows the address."""
        del delivery_id
        if letter.recipient.address in self._unknown:
            return Outcome("dead", "bad_address")
        self._sent.append(Sent(letter.at, self.channel, letter.recipient.address, letter))
        return Outcome("accepted", "ok")


class Installation:
    """One desk, one due watch, one dispatcher."""

    def __init__(self, ledger: Ledger, at: str, office: Office = NOBODY) -> None:
        self.clock = StillClock(at)
        self.ledger = ledger
        self.processor = ProcessorOnLedger(ledger, self.clock)
        self.sent: list[Sent] = []
        self.unknown: set[str] = set()  # addresses that no server knows
        self.office = office
        self.mail: Sender | None = None  # how mails go out, where a server takes them

    async def until(self, at: str) -> None:
        """Lets the domain's clock run, by whole hours; what is due on the way happens, and letters go out."""
        end = local(at)
        while self.clock.at < end:
            full = self.clock.at.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
            self.clock.set(min(full, end))
            await self.catch_up()

    async def wait(self, seconds: float) -> None:
        """Real time passes: runs are judged, counters published."""
        self.clock.real += timedelta(seconds=seconds)
        await self.catch_up()

    async def catch_up(self) -> None:
        """What is due now is done, and what is to go out now has gone."""
        while await self.processor.watch.once():
            self.processor.published("")  # nobody else empties the relay
        self.processor.published("")
        if await self._anything():
            await self._send_all()

    async def command(self, action: str, ticket: dict[str, Any], **fields: Any) -> None:
        """A person acts on a ticket."""
        named = {"asset_id": ticket["asset_id"], "ticket_id": ticket["ticket_id"]}
        await self.processor.command(action=action, **named, **fields)

    def ticket(self, asset_id: str, check: str) -> dict[str, Any]:
        """The only ticket of a check."""
        (found,) = (
            one for one in self.processor.tickets().values() if (one["asset_id"], one["check"]) == (asset_id, check)
        )
        return found

    def now(self) -> str:
        """As messages have it."""
        return self.clock.at.astimezone(ZONE).isoformat()

    async def _anything(self) -> bool:
        now = self.clock.now()
        return any([await anything_to_send(self.ledger, now.at, now.real, channel) for channel in CHANNELS])

    def _way(self, channel: NoticeChannel) -> Sender:
        if channel == "email" and self.mail is not None:
            return self.mail
        return Box(channel, self.sent, self.unknown)

    async def _send_all(self) -> None:
        async with self.ledger.transaction() as tx:
            registry = await tx.registry.load(REGISTRY.zone, REGISTRY)
        dispatcher = Dispatcher(
            self.ledger,
            self.clock,
            POLICY,
            lambda: registry,
            Topics(),
            [self._way(channel) for channel in CHANNELS],
            offer=_nowhere,
            metrics=Metrics(),
            timings=Timings(poll=0.001, pause=0.001),
            office=self.office,
        )
        task = asyncio.create_task(dispatcher.run())
        async with asyncio.timeout(30):
            while await self._anything():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
        await dispatcher.stop()
        await task


async def _nowhere(outgoing: Outgoing) -> None:
    del outgoing
