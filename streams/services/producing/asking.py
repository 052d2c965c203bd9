"""Pages asked for beside a tool: whether they answer, whether they are gone."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable
from typing import Final, NamedTuple
from urllib.parse import urlsplit

import httpx

from streams.files.mappings.runs import AskedPages

AGENT: Final = "Mozilla/5.0 (compatible; rectify)"
SECONDS: Final = 15.0
AT_ONCE: Final = 4
MOST_PAGES: Final = 2_000
GONE: Final = frozenset({404, 410})


class Answer(NamedTuple):
    """What a page answered with; status 0: nothing did."""

    status: int
    moved: bool = False  # to another address

    @property
    def good(self) -> bool:
        """Whether the page itself is there."""
        return self.status == httpx.codes.OK and not self.moved


def client() -> httpx.AsyncClient:
    """One for many pages; it asks as a browser does, and follows where it is sent."""
    return httpx.AsyncClient(
        headers={"User-Agent": AGENT, "Accept": "text/html,*/*;q=0.8"}, follow_redirects=True, timeout=SECONDS
    )


async def ask(asking: httpx.AsyncClient, address: str) -> Answer:
    """A page by GET; its content is not read."""
    try:
        async with asking.stream("GET", address) as answer:
            return Answer(answer.status_code, moved=_bare(str(answer.url)) != _bare(str(httpx.URL(address))))
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return Answer(0)


async def asked_pages(start: str, pages: Iterable[str] = ()) -> AskedPages:
    """The start page, which may send to another one, and others, which may not."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(address: str) -> Answer:
        async with limit:
            return await ask(asking, address)

    wanted = list(dict.fromkeys(pages))
    async with client() as asking:
        first = await ask(asking, start)
        if first.status != httpx.codes.OK:
            return AskedPages(False, start_url=start, start_status=first.status)
        answers = await asyncio.gather(*map(one, wanted[:MOST_PAGES]))
    found = dict(zip(wanted, answers, strict=False))
    return AskedPages(
        start=True,
        answered=frozenset(page for page, answer in found.items() if answer.good),
        gone=frozenset(page for page, answer in found.items() if answer.status in GONE),
        missed=frozenset(page for page in wanted if page not in found or not _told(found[page])),
        start_url=start,
        start_status=first.status,
    )


def _told(answer: Answer) -> bool:
    return answer.good or answer.status in GONE


def _bare(address: str) -> str:
    return address.partition("#")[0]


async def is_private(address: str) -> bool:
    """Whether a host is inside: loopback, private, link-local, or nobody knows it."""
    parts = urlsplit(address)
    try:
        found = await asyncio.get_running_loop().getaddrinfo(parts.hostname, parts.port or 80, type=socket.SOCK_STREAM)
    except OSError:
        return True
    return any(not ipaddress.ip_address(place[4][0]).is_global for place in found)
