"""People who are logged in at the desk's pages, each with a browser that keeps its cookies."""

from __future__ import annotations

from hashlib import sha256
from secrets import token_hex
from typing import Any

import httpx

from streams.services.viewers import Role
from streams.store.accounts import PageAccount
from streams.store.sessions import PageSession
from streams.web.desk.sessions import PLAIN_COOKIE
from tests.support.pages import Pages


class Official:
    """Somebody who is logged in."""

    def __init__(self, pages: Pages, name: str, digest: str, client: httpx.AsyncClient) -> None:
        self.name = name
        self.digest = digest
        self.client = client
        self._pages = pages

    async def get(self, path: str, **query: str) -> httpx.Response:
        """A page: `/tickets`."""
        return await self.client.get(path, params=query)

    async def post(self, path: str, **fields: Any) -> httpx.Response:
        """A form that a page of this session might have had, filled in and submitted."""
        if "nonce" not in fields:
            fields["nonce"] = self._pages.premises.nonces.make(self.digest, self._pages.premises.now().real)
        return await self.client.post(path, data=fields)

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """The page that an answer sends to."""
        assert answer.status_code == 303, answer.text
        return await self.client.get(answer.request.url.join(answer.headers["location"]))


async def official(pages: Pages, role: Role, unit_id: str = "", name: str = "") -> Official:
    """An account of this role, logged in; without a unit it sees everything."""
    name = name or f"{role}-{unit_id or 'all'}"
    now = pages.premises.now().real
    secret = token_hex(16)
    digest = sha256(secret.encode()).hexdigest()
    await pages.premises.store.accounts.add(PageAccount(name, role, unit_id, "", now))
    await pages.premises.store.sessions.begin(PageSession(digest, name, now, now, "203.0.113.9", "tests"))
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(pages.app, client=("203.0.113.9", 40_000)),
        base_url="http://pages.test",
        cookies={PLAIN_COOKIE: secret},
    )
    return Official(pages, name, digest, client)
