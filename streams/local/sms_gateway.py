"""An SMS gateway that shows what it got. It speaks Kannel's sendsms interface, delivery reports included.

Kannel user's guide 1.4.5: "Using HTTP to send SMS", "Delivery reports". The real Kannel notifier talks to it.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from urllib.parse import quote
from zoneinfo import ZoneInfo

from aiohttp import ClientError, ClientSession, ClientTimeout, web

from streams.clock import Clock

_REPORTS: Final = (("8", "ACK/"), ("1", "stat:DELIVRD"))  # handed to the carrier, then delivered
_PAUSE: Final = 0.05  # seconds before each report
_TRIES: Final = 3


@dataclass(frozen=True, slots=True)
class ShownSms:
    """One short message."""

    at: datetime
    number: str
    text: str
    report_url: str = ""  # where it wants to be reported on


class SmsGateway:
    """Listens on a free port of 127.0.0.1."""

    def __init__(self, clock: Clock, zone: ZoneInfo) -> None:
        self._zone = zone
        self.messages: list[ShownSms] = []
        self._clock = clock
        self._runner: web.AppRunner | None = None
        self._reporting: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """As RECTIFY_SMS_KANNEL_URL takes it; known once started."""
        assert self._runner is not None  # noqa: S101 - asked before the start: our own mistake
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/cgi-bin/sendsms"

    async def start(self) -> None:
        """Listen."""
        app = web.Application()
        app.router.add_get("/cgi-bin/sendsms", self._sendsms)
        self._session = ClientSession(timeout=ClientTimeout(total=5))
        self._runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()

    async def settle(self) -> None:
        """Wait until every delivery report has been made."""
        while self._reporting:
            await asyncio.wait(self._reporting)

    async def stop(self) -> None:
        """Listen no more."""
        for task in self._reporting:
            task.cancel()
        if self._runner is not None:
            await self._runner.cleanup()
            await self._session.close()

    async def _sendsms(self, request: web.Request) -> web.Response:
        asked = request.query
        at, report_url = self._clock.now().at.astimezone(self._zone), asked.get("dlr-url", "")
        self.messages.append(ShownSms(at, asked["to"], asked["text"], report_url))
        if report_url:
            task = asyncio.create_task(self._report(report_url))
            self._reporting.add(task)
            task.add_done_callback(self._reporting.discard)
        return web.Response(status=202, text="0: Accepted for delivery")

    async def _report(self, template: str) -> None:
        for kind, answer in _REPORTS:
            await asyncio.sleep(_PAUSE)
            url = template.replace("%d", kind).replace("%A", quote(answer, safe="")).replace("%%", "%")
            for _ in range(_TRIES):
                with suppress(ClientError, TimeoutError):
                    async with self._session.get(url) as response:
                        if response.ok:
                            break
                await asyncio.sleep(_PAUSE)
