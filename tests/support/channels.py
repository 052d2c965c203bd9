"""Channels and their providers, in the same words for all: what the one suite of every channel runs on."""

import asyncio
from datetime import UTC, datetime
from typing import Any, Protocol

from aiohttp import web

from notifiers.email import EmailNotifier
from notifiers.protocol import Mail, Notifier, Recipient, Sms
from notifiers.sms.kannel import KannelNotifier
from streams.local.processes import free_ports
from tests.support.smtp import Misbehaviour, SmtpServer

USER, PASSWORD = "duty", "s3cret-word"
IMPATIENT_S = 0.3
STALLED_S = 1.2


class Channel(Protocol):
    """One channel and its provider, in the same words for all."""

    unanswered: str
    """The state when a request was sent and no answer came."""
    good: str
    bad: str
    """A fit address, and one that must never reach the provider."""

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Any]:
        """Return a new notifier for this provider."""

    def message(self, text: str, address: str | None = None) -> Any:
        """Return a message in this channel's form."""

    def behave(self, how: str) -> None:
        """Make the provider `work`, `refuse`, `throttle` (once), `stall`, `drop` (once) or `lie`."""

    async def start(self) -> None:
        """Start the provider, where it was before."""

    async def stop(self) -> None:
        """Stop the provider and its connections."""

    @property
    def taken(self) -> list[str]:
        """The texts that the provider took, oldest first."""

    @property
    def connections(self) -> int:
        """Over how many connections they came."""


class MailChannel:
    """E-mail to a mail server that wants a login."""

    unanswered = "retry"
    good, bad = "wang@unit.gov.cn", "wang@unit.gov.cn NOTIFY=NEVER"

    def __init__(self) -> None:
        self._server = SmtpServer(login=(USER, PASSWORD))

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Mail]:
        url = f"smtp://{USER}:{password}@127.0.0.1:{self._server.port}"
        return EmailNotifier(url, "rectify@city.gov.cn", timeout_s=timeout_s)

    def message(self, text: str, address: str | None = None) -> Mail:
        to = Recipient("王五", address or self.good, "duty")
        date = datetime(2026, 2, 13, 16, tzinfo=UTC)
        return Mail(f"notice-{text}", "T-1", "rectify@city.gov.cn", to, "催办", text, f"<p>{text}</p>", date)

    def behave(self, how: str) -> None:
        self._server.misbehave = {
            "work": Misbehaviour(),
            "refuse": Misbehaviour(refuse_all="550 5.1.1 no such user"),
            "throttle": Misbehaviour(greylist=1),
            "stall": Misbehaviour(delay=STALLED_S),
            "drop": Misbehaviour(drop_after_data=1),
            "lie": Misbehaviour(refuse_all="451 4.3.0 try again"),  # SMTP has no other word for success
        }[how]

    async def start(self) -> None:
        self._server.start()

    async def stop(self) -> None:
        await asyncio.to_thread(self._server.stop)

    @property
    def taken(self) -> list[str]:
        bodies = [mail.message.get_body(("plain",)) for mail in self._server.mails]
        return [body.get_content().strip() for body in bodies if body is not None]

    @property
    def connections(self) -> int:
        return len({mail.connection for mail in self._server.mails})


class SmsChannel:
    """Short messages to an HTTP server that answers as Kannel does."""

    unanswered = "uncertain"
    good, bad = "13800000001", "13800000001&to=13800000002"

    def __init__(self) -> None:
        (self._port,) = free_ports(1)
        self._how = ""
        self._taken: list[tuple[str, object]] = []
        self._runner: web.AppRunner | None = None

    def notifier(self, password: str = PASSWORD, timeout_s: float = 5.0) -> Notifier[Sms]:
        url = f"http://127.0.0.1:{self._port}/cgi-bin/sendsms"
        return KannelNotifier(url, USER, password, "10690000", timeout_s)

    def message(self, text: str, address: str | None = None) -> Sms:
        return Sms(f"notice-{text}", Recipient("王五", address or self.good, "duty"), text, None)

    def behave(self, how: str) -> None:
        self._how = how

    async def start(self) -> None:
        app = web.Application()
        app.router.add_get("/cgi-bin/sendsms", self._sendsms)
        self._runner = web.AppRunner(app)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()

    async def stop(self) -> None:
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    @property
    def taken(self) -> list[str]:
        return [text for text, _ in self._taken]

    @property
    def connections(self) -> int:
        return len({peer for _, peer in self._taken})

    async def _sendsms(self, request: web.Request) -> web.Response:
        how, query = self._how, request.query
        if query["username"] != USER or query["password"] != PASSWORD:
            return web.Response(status=403, text="Authorization failed for sendsms")
        if how == "lie":
            return web.Response(text="<html>Please log in to this network</html>")
        if how == "refuse":
            return web.Response(status=400, text="Invalid receiver")
        if how == "throttle":
            self._how = ""
            return web.Response(status=503, text="Temporal failure, try again later.")
        transport = request.transport
        assert transport is not None
        self._taken.append((query["text"], transport.get_extra_info("peername")))
        if how == "stall":
            await asyncio.sleep(STALLED_S)
        if how == "drop":
            self._how = ""
            transport.abort()
        return web.Response(status=202, text="0: Accepted for delivery")
