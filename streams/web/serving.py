"""Serving: `rectify web` as a process, and the pages beside a worker in `rectify up` and in the demonstration."""

from __future__ import annotations

import asyncio
import errno
import signal
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from typing import Final, NamedTuple

import uvicorn
from starlette.types import ASGIApp

from streams.clock import Clock
from streams.log_events import event_log
from streams.services.failure import Failure
from streams.services.link_keys import link_keys
from streams.services.search_filling import filling_beside
from streams.settings.model import Settings
from streams.web.app import build_app
from streams.web.connections import PromptConnection
from streams.web.parts import PARTS, keys_of
from streams.web.premises import premises

STOP_SECONDS: Final = 10  # for requests that are under way
_BACKLOG: Final = 512

log = event_log(__name__)


async def run_web(settings: Settings, parts: Sequence[str]) -> None:
    """`rectify web`: serves until SIGTERM or SIGINT; requests under way are finished. Raises Failure, LedgerError."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with serving(settings, parts) as port:
        log.info("pages_started", serves=list(parts), address=address(settings, port), url=settings.pages_url)
        await stop.wait()
    log.info("pages_stopped")


class BesideWorker(NamedTuple):
    """The pages, running: the port that they got, and where they are in words."""

    port: int
    said: str


@asynccontextmanager
async def serving(settings: Settings, parts: Sequence[str], clock: Clock | None = None) -> AsyncIterator[int]:
    """Serves inside the running loop; the port that it got (0 asks for a free one)."""
    if not link_keys(settings):
        msg = "请设置 RECTIFY_LINK_KEY · set RECTIFY_LINK_KEY (`openssl rand -hex 24`), the same for workers and pages"
        raise Failure(msg)
    with closing_all(listen(settings.pages_host, settings.pages_port)) as places:
        async with premises(settings, keys_of(parts), clock) as found, AsyncExitStack() as stack:
            if any(PARTS[name].searches for name in parts):
                await stack.enter_async_context(filling_beside(found.filling))
            port = await stack.enter_async_context(served(build_app(found, parts), places))
            stack.callback(found.changes.stop)  # first: whoever listens would be waited for
            yield port


@asynccontextmanager
async def served(
    app: ASGIApp, places: list[socket.socket], connection: type[PromptConnection] = PromptConnection
) -> AsyncIterator[int]:
    """An application on sockets that listen; at the end, requests under way are finished."""
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # an address is a key
        server_header=False,
        proxy_headers=False,  # guard/addresses.py reads them
        lifespan="off",
        http=connection,
        ws="none",
        timeout_keep_alive=15,
        timeout_graceful_shutdown=STOP_SECONDS,
        limit_concurrency=500,
    )
    server = uvicorn.Server(config)
    running = asyncio.create_task(_serve(server, places))
    try:
        yield int(places[0].getsockname()[1])
    finally:
        server.should_exit = True
        await running


@contextmanager
def closing_all(places: list[socket.socket]) -> Iterator[list[socket.socket]]:
    """Closes them in the end."""
    try:
        yield places
    finally:
        for place in places:
            place.close()


@asynccontextmanager
async def beside_a_worker(settings: Settings) -> AsyncIterator[BesideWorker]:
    """All parts, in the loop of a worker of the same settings."""
    async with serving(settings, tuple(PARTS)) as port:
        log.info("pages_started", serves=list(PARTS), address=address(settings, port), url=settings.pages_url)
        yield BesideWorker(port, f"网页 pages {settings.pages_url or address(settings, port)}")


def free_or_said(settings: Settings) -> None:
    """Whether the pages will have their address, asked before anything is started. Raises Failure."""
    with closing_all(listen(settings.pages_host, settings.pages_port)):
        pass


async def _serve(server: uvicorn.Server, places: list[socket.socket]) -> None:
    """As `Server.serve`, without its signal handlers: this process has its own."""
    await server._serve(places)  # noqa: SLF001 - the public way takes the signals away from whoever runs beside it


def listen(host: str, port: int) -> list[socket.socket]:
    """The sockets of an address, bound before anything is opened. Raises Failure."""
    places: list[socket.socket] = []
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        for family, kind, protocol, _, where in dict.fromkeys(found):
            place = socket.socket(family, kind, protocol)
            places.append(place)
            place.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                place.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            place.bind(where)
            place.listen(_BACKLOG)
            place.setblocking(False)
    except (OSError, UnicodeError) as error:
        for place in places:
            place.close()
        raise Failure(_taken(error, host, port)) from None
    return places


def _taken(error: Exception, host: str, port: int) -> str:
    code = getattr(error, "errno", None)
    if code == errno.EADDRINUSE:
        return f"端口 {port} 已被占用，改 RECTIFY_PAGES_PORT · port {port} of {host} is taken: set RECTIFY_PAGES_PORT"
    if code in {errno.EACCES, errno.EPERM}:
        return f"无权使用端口 {port}，改 RECTIFY_PAGES_PORT · no right to it: set RECTIFY_PAGES_PORT above 1023"
    return f"{host!r} 不是本机地址，改 RECTIFY_PAGES_HOST · is no address of this machine: set RECTIFY_PAGES_HOST"


def address(settings: Settings, port: int) -> str:
    """Where the pages are on this machine."""
    host = f"[{settings.pages_host}]" if ":" in settings.pages_host else settings.pages_host
    return f"http://{host}:{port}"
