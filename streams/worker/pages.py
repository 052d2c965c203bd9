"""The worker's web address: `/healthz`, `/readyz`, `/metrics`, and `/receipts/...` for delivery reports.

It listens on loopback by default and shows nothing about tickets or people.
"""

from __future__ import annotations

import errno
import socket
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from aiohttp import web

from streams.clock import Clock
from streams.ledger import Ledger, LedgerError
from streams.ledger.reading.counts import Counts, counts
from streams.log_events import event_log
from streams.worker.delivery.bounces import BOUNCE_BYTES, TOO_LARGE, Bounces
from streams.worker.delivery.callbacks import Callbacks
from streams.worker.delivery.reports import Reports
from streams.worker.health import Health
from streams.worker.metrics import CONTENT_TYPE, LedgerFacts, Metrics

BODY_BYTES: Final = 1024 * 1024  # a cloud pushes some hundred reports at once
OBSERVE_SECONDS: Final = 10.0  # the database is not asked more often, however many scrape
SELDOM: Final = 20  # times as long as counting takes, it is not done again
SHUTDOWN_SECONDS: Final = 2.0

log = event_log(__name__)


class AddressError(OSError):
    """Nothing can be served there; the sentence names the setting."""


class Observer:
    """Asks the database what the gauges show, at most every 10 seconds of real time.

    Counting walks a whole index, which takes seconds over tens of millions of tickets: it is done so seldom that it
    takes no more than a twentieth of the time. What alerts look at, outbox and oldest notice, is cheap and fresh.
    """

    def __init__(
        self, ledger: Ledger, clock: Clock, metrics: Metrics, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._metrics = metrics
        self._monotonic = monotonic
        self._ask_from = self._count_from = monotonic()
        self._counts = Counts({}, 0, {})

    async def __call__(self) -> None:
        """Brings the gauges up to date; an absent database leaves them as they were."""
        if self._monotonic() < self._ask_from:
            return
        self._ask_from = self._monotonic() + OBSERVE_SECONDS
        now = self._clock.now()
        try:
            async with self._ledger.transaction() as tx:
                chunks, oldest = await tx.outbox.count(), await tx.outbox.oldest()
                due = await tx.notices.oldest_due_unsent(now.at)
                waiting = await tx.webhooks.oldest()
                aside = Counter(note.kind for note in await tx.set_aside.all())
            await self._count(now.at)
        except LedgerError as error:
            log.warning("metrics_without_database", error=str(error))
            return
        self._metrics.observe(
            LedgerFacts(
                at=now.at,
                real=now.real,
                outbox_chunks=chunks,
                outbox_oldest=oldest,
                oldest_due_unsent=due,
                notices=self._counts.notices,
                tickets=self._counts.tickets,
                overdue=self._counts.overdue,
                set_aside=aside,
                webhooks=waiting,
            )
        )

    async def _count(self, at: datetime) -> None:
        begun = self._monotonic()
        if begun >= self._count_from:
            self._counts = await counts(self._ledger, at)
            self._count_from = begun + SELDOM * (self._monotonic() - begun)


def build_app(
    health: Health,
    metrics: Metrics,
    *,
    observe: Callable[[], Awaitable[None]],
    reports: Reports | None = None,
    callbacks: Callbacks | None = None,
    bounces: Bounces | None = None,
) -> web.Application:
    """The pages. `observe` brings the gauges up to date; what is None takes nothing in."""

    async def healthz(_: web.Request) -> web.Response:
        return web.json_response({"status": "ok", "worker": health.identity._asdict()})

    async def readyz(_: web.Request) -> web.Response:
        checks = health.checks()
        ready = all(check.ok for check in checks.values())
        body = {
            "status": "ready" if ready else "not ready",
            "worker": health.identity._asdict(),
            "checks": {name: {"ok": check.ok, "detail": check.detail} for name, check in checks.items()},
        }
        return web.json_response(body, status=200 if ready else 503)

    async def show_metrics(_: web.Request) -> web.Response:
        await observe()
        for name, check in health.checks().items():
            metrics.ready.labels(name).set(check.ok)
        return web.Response(body=metrics.text(), headers={"Content-Type": CONTENT_TYPE})

    async def kannel(request: web.Request) -> web.Response:
        status = 404 if reports is None else await reports.kannel(request.query)
        return web.Response(status=status, text="")

    async def pushed(request: web.Request) -> web.Response:
        if callbacks is None:
            return web.Response(status=404, text="")
        bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
        secret = request.match_info.get("secret") or bearer
        reply = await callbacks.take(request.match_info["provider"], secret, await request.read())
        return web.json_response(dict(reply.body), status=reply.status)

    app = web.Application(client_max_size=BODY_BYTES)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", show_metrics)
    app.router.add_get("/receipts/kannel", kannel)
    app.router.add_post("/receipts/kannel", kannel)
    if bounces is not None:
        app.router.add_post("/receipts/mail", _intake(bounces))
    app.router.add_post("/receipts/{provider}", pushed)
    app.router.add_post("/receipts/{provider}/{secret}", pushed)
    return app


def _intake(bounces: Bounces) -> Callable[[web.Request], Awaitable[web.Response]]:
    """The page that takes bounces; nothing is read of a request without the secret."""

    async def mail(request: web.Request) -> web.Response:
        secret = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if (refusal := bounces.refusal(secret)) is not None:
            return web.Response(status=refusal, text="")
        content = await _body(request, BOUNCE_BYTES)
        if content is None:
            return web.Response(status=TOO_LARGE, text="")
        taken = await bounces.take(content, request.query.get("recipient", ""))
        return web.json_response({"result": taken.said}, status=taken.status)

    return mail


async def _body(request: web.Request, most: int) -> bytes | None:
    """The body; None as soon as it is longer than that."""
    chunks, size = [], 0
    async for chunk in request.content.iter_any():
        size += len(chunk)
        if size > most:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def ensure_free(host: str, port: int) -> None:
    """Whether `serve` will have this address, asked before anything else is started. Raises AddressError."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, place in found:
            with socket.socket(family, kind, protocol) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                probe.bind(place)
    except (OSError, UnicodeError) as error:
        raise AddressError(_taken(error, host, port)) from None


def _taken(error: Exception, host: str, port: int) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"端口 {port} 已被占用，改 RECTIFY_WEB_PORT · port {port} of {host} is taken: set RECTIFY_WEB_PORT"
    if code in {errno.EACCES, errno.EPERM}:
        return f"无权使用端口 {port}，改 RECTIFY_WEB_PORT · no right to it: set RECTIFY_WEB_PORT above 1023"
    return f"{host!r} 不是本机地址，改 RECTIFY_WEB_HOST · is no address of this machine: set RECTIFY_WEB_HOST"


@asynccontextmanager
async def serve(app: web.Application, host: str, port: int) -> AsyncIterator[int]:
    """Serves inside the running loop; the port that it got (0 asks for a free one). Raises AddressError."""
    # No access log: the URL of a delivery report holds its token.
    runner = web.AppRunner(app, access_log=None, handle_signals=False, shutdown_timeout=SHUTDOWN_SECONDS)
    await runner.setup()
    try:
        try:
            await web.TCPSite(runner, host, port).start()
        except OSError as error:
            raise AddressError(_taken(error, host, port)) from None
        yield int(runner.addresses[0][1])
    finally:
        await runner.cleanup()
