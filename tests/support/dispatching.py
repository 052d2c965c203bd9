"""A dispatcher at work on a real ledger: a clock that can be put forward, an SMS gateway, what became of notices."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import orjson
from aiohttp import web

from notifiers.email import EmailNotifier
from notifiers.protocol import Outcome
from notifiers.sms.kannel import KannelNotifier
from schemas.registry import Contact, Unit
from schemas.topics import Topics
from streams.clock import Acceleration, Clock, system_time
from streams.files.policy.loading import load_policy
from streams.ledger import Ledger
from streams.ledger.batch.outbox import Chunk
from streams.ledger.reading.queries import notices_of
from streams.presentation.letters.letter import Letter
from streams.rules.commands.contacts import outdated
from streams.rules.state.records import Notice, Ticket
from streams.rules.state.snapshot import ChangeSet, Now
from streams.worker.delivery.breaker import Breaker
from streams.worker.delivery.compose import NOBODY
from streams.worker.delivery.dispatch import Dispatcher, Timings
from streams.worker.delivery.reports import Reports
from streams.worker.delivery.senders import MailPost, Sender, SmsPost
from streams.worker.metrics import Metrics
from streams.worker.relay import Outgoing
from tests.support.ledger import REGISTRY, START, asset_pk, at, notice, open_ticket, save

QUICK = Timings(poll=0.01, pause=0.05, grace=2.0)
SECRET = "a secret of the test"


class MovableClock(Clock):
    """Runs in real time from a moment of choice, and can be put forward; leases move with it."""

    def __init__(self, start: datetime = START) -> None:
        self._ahead = timedelta()
        super().__init__(Acceleration(start, 1.0, system_time()), real=lambda: system_time() + self._ahead)

    def forward(self, **offset: float) -> None:
        """Put it forward."""
        self._ahead += timedelta(**offset)


class Gateway:
    """An HTTP server in the place of Kannel's sendsms."""

    def __init__(self, port: int = 0) -> None:
        """`port` 0: a free one."""
        self.requests: list[dict[str, str]] = []
        self.status = 202
        self.hanging = False
        self.late = 0.0  # seconds between taking a message and the answer
        self.url = f"http://127.0.0.1:{port}/cgi-bin/sendsms"
        self._port = port
        self._release = asyncio.Event()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[Gateway]:
        """Listen."""
        app = web.Application()
        app.router.add_get("/cgi-bin/sendsms", self._sendsms)
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{runner.addresses[0][1]}/cgi-bin/sendsms"
        try:
            yield self
        finally:
            self._release.set()
            await runner.cleanup()

    async def _sendsms(self, request: web.Request) -> web.Response:
        self.requests.append(dict(request.query))
        if self.hanging:
            await self._release.wait()
        await asyncio.sleep(self.late)
        return web.Response(status=self.status, text="0: Accepted for delivery" if self.status == 202 else "no")


class Office:
    """A ledger with notices, and dispatchers that can be started and crashed."""

    def __init__(self, ledger: Ledger, clock: MovableClock | None = None) -> None:
        self.ledger = ledger
        self.clock = clock or MovableClock()
        self.metrics = Metrics()
        self.registry = REGISTRY
        self.topics = Topics()
        self.offered: list[Outgoing] = []
        self.signs = NOBODY
        self.reports = Reports(
            ledger, self.clock, lambda: self.registry, self.topics, SECRET, offer=self._offer, metrics=self.metrics
        )
        self._tickets = 0

    async def _offer(self, outgoing: Outgoing) -> None:
        self.offered.append(outgoing)

    async def ticket(self, name: str, **changes: Any) -> Ticket:
        """An open ticket without a rung."""
        self._tickets += 1
        row = open_ticket(self._tickets, name, await asset_pk(self.ledger), problems=0)
        row = row._replace(rung=None)._replace(**changes)
        await save(self.ledger, ChangeSet(new_tickets=[row]))
        return row

    async def notice(self, name: str, ticket: Ticket, /, *, channel: str = "email", **changes: Any) -> Notice:
        """A notice about it that is due at START, not exempt, to a contact whom the registry has."""
        row = notice(name, ticket.pk, ticket.asset_pk, channel=channel)._replace(exempt=False)._replace(**changes)
        await self.register(row)
        await save(self.ledger, ChangeSet(notices=[row]))
        return row

    async def register(self, row: Notice) -> None:
        """Registers the recipient, where the ledger does not have it, as a contact or a group of the unit."""
        unit_id = row.unit_id or ""
        async with self.ledger.transaction() as tx:
            registry = await tx.registry.load(self.registry.zone, self.registry)
            if not outdated(row._replace(state="pending", code=None), registry):
                return
            unit = registry.units.get(unit_id) or Unit(unit_id=unit_id, name=unit_id)
            if row.channel == "chat":
                unit = unit.model_copy(update={"groups": (*unit.groups, row.address)})
            else:
                field = {"email": "email", "sms": "phone"}[row.channel]
                contact = Contact.model_validate({"name": row.name, "role": row.role, field: row.address})
                unit = unit.model_copy(update={"contacts": (*unit.contacts, contact)})
            await tx.registry.save("unit", unit_id, unit.model_dump_json(by_alias=True, exclude_none=True))

    async def close(self, ticket: Ticket) -> None:
        """Close a ticket without withdrawing its notices."""
        now = Now(START, START)
        async with self.ledger.transaction() as tx:
            await tx.save(ChangeSet(tickets=[ticket._replace(status="closed", closed_at=at())]), now)

    async def stands(self, row: Notice) -> Notice:
        """The notice as the ledger has it now."""
        found = await notices_of(self.ledger, row.ticket_pk)
        return next(one for one in found if one.notice_id == row.notice_id)

    async def until(self, row: Notice, condition: Callable[[Notice], bool], within: float = 10.0) -> Notice:
        """The notice once it is so; AssertionError when it does not become so in time."""
        end = monotonic() + within
        while not condition(found := await self.stands(row)):
            assert monotonic() < end, f"still {found.state} {found.code} after {within} s"
            await asyncio.sleep(0.01)
        return found

    async def asked(self, gateway: Gateway, count: int) -> None:
        """Returns once the gateway has had so many requests."""
        async with asyncio.timeout(10):
            while len(gateway.requests) < count:  # noqa: ASYNC110 - it also hangs on purpose
                await asyncio.sleep(0.01)

    async def state(self, row: Notice, *states: str) -> Notice:
        """The notice once it is in one of these states."""
        return await self.until(row, lambda found: found.state in states)

    async def told(self, topic: str) -> list[dict[str, Any]]:
        """What is told in a topic, in order: what was committed for the broker, whoever will publish it."""
        messages = [message for chunk in await self._outbox() for message in chunk.messages]
        return [orjson.loads(message.value or b"") for message in messages if message.topic == topic]

    async def receipts(self, row: Notice) -> list[str]:
        """The states of which others were told, in order."""
        receipts = await self.told(self.topics.receipts)
        return [receipt["state"] for receipt in receipts if receipt["notice_id"] == row.notice_id]

    async def all_offered(self) -> None:
        """Returns once the relay has been offered all that was committed."""
        waiting = {chunk.pk for chunk in await self._outbox()}
        async with asyncio.timeout(10):
            while waiting.difference(*(out.chunks for out in self.offered)):  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)

    async def _outbox(self) -> list[Chunk]:
        now = self.clock.now().real
        async with self.ledger.transaction() as tx:
            return await tx.outbox.take_over(now + timedelta(days=1), now, 1_000_000, in_hand=())

    def dispatcher(
        self,
        *senders: Sender,
        breaker: Callable[[], Breaker] = Breaker,
        ledger: Ledger | None = None,
        timings: Timings = QUICK,
    ) -> Dispatcher:
        """A dispatcher that is not yet at work."""
        return Dispatcher(
            ledger or self.ledger,
            self.clock,
            load_policy(),
            lambda: self.registry,
            self.topics,
            senders,
            offer=self._offer,
            metrics=self.metrics,
            timings=timings,
            breaker=breaker,
            office=self.signs,
        )

    @asynccontextmanager
    async def working(
        self, *senders: Sender, breaker: Callable[[], Breaker] = Breaker, timings: Timings = QUICK
    ) -> AsyncIterator[Dispatcher]:
        """A dispatcher at work; at the end it is stopped in order."""
        dispatcher = self.dispatcher(*senders, breaker=breaker, timings=timings)
        task = asyncio.create_task(dispatcher.run())
        try:
            yield dispatcher
        finally:
            if not task.done():
                await dispatcher.stop()
            await task

    @asynccontextmanager
    async def crashing(self, *senders: Sender) -> AsyncIterator[None]:
        """A dispatcher at work; at the end it is gone at once, with whatever it had in hand."""
        task = asyncio.create_task(self.dispatcher(*senders).run())
        try:
            yield
        finally:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task


class ReviewRequests(MailPost):
    """The server takes the mail, and its answer never arrives."""

    async def send(self, delivery_id: str, letter: Letter) -> Outcome:
        """Hand it over, and wait."""
        await super().send(delivery_id, letter)
        await asyncio.Event().wait()
        raise AssertionError


def mail_post(url: str, kind: type[MailPost] = MailPost) -> MailPost:
    """Mail through a real SMTP client."""
    return kind(EmailNotifier(url, "rectify@gov.example", timeout_s=5.0), "整改平台 <rectify@gov.example>")


def sms_post(gateway: Gateway, reports: Reports | None = None) -> SmsPost:
    """Short messages through Kannel's interface."""
    notifier = KannelNotifier(gateway.url, "user", "password", "1069", timeout_s=5.0)
    link = (lambda delivery: reports.url("http://127.0.0.1:1", delivery)) if reports else (lambda _: None)
    return SmsPost(notifier, "kannel", link)
