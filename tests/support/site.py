"""A small website on loopback whose pages a test changes while it runs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web


class Site:
    """Pages by their paths: content, or a status; `/` answers unless a test says otherwise."""

    def __init__(self) -> None:
        self.pages: dict[str, bytes | int | web.Response] = {"/": b"<p>home</p>"}
        self.url = ""
        self.asked: list[str] = []

    async def answer(self, request: web.Request) -> web.Response:
        """As the page is now; 404 where there is none."""
        self.asked.append(request.path)
        page = self.pages.get(request.path, 404)
        if isinstance(page, bytes):
            return web.Response(body=page, content_type="text/html")
        return web.Response(status=page) if isinstance(page, int) else page


@asynccontextmanager
async def serving() -> AsyncIterator[Site]:
    """The site, on a port of its own."""
    site = Site()
    app = web.Application()
    app.router.add_get("/{path:.*}", site.answer)
    runner = web.AppRunner(app)
    await runner.setup()
    tcp = web.TCPSite(runner, "127.0.0.1", 0)
    await tcp.start()
    host, port = runner.addresses[0][:2]
    site.url = f"http://{host}:{port}"
    try:
        yield site
    finally:
        await runner.cleanup()
