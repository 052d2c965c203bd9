"""What pages are asked for in `python -m bench.pages`: links into a ledger that `Filler` has filled, and a login."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from secrets import token_urlsafe
from typing import Final

import orjson

from bench.workload import ASSETS_PER_UNIT
from streams.ledger.engines.connect import connect
from streams.ledger.engines.port import Connector
from streams.ledger.ledger import Ledger
from streams.presentation.links import token
from streams.rules.state.records import OutMessage
from streams.services.accounts import digest_of
from streams.store.accounts import PageAccount
from streams.store.sessions import PageSession
from streams.store.store import open_store
from streams.web.desk.sessions import PLAIN_COOKIE

KEY: Final = "a-key-of-the-links-that-is-long-enough-0"
TOGETHER: Final = 40  # tickets of one letter
LETTERS: Final = 10
MANY: Final = 200  # places of one ticket
MANY_TICKETS: Final = 20
TOP: Final = "unit-top"  # supervises some units
# Each has a thousand tickets where there are a million, and gets more meanwhile; a workbook holds 50,000.
BELOW: Final = 40
_TURNS: Final = TOGETHER // ASSETS_PER_UNIT
_SEEN_WITHIN: Final = 600.0  # seconds
_BY_NUMBER: Final = "select notice_id from notices where notice_id between ? and ?"
_NUMBERS: Final = "select ticket_id from tickets where pk in (select ticket_pk from notices where notice_id = ?)"
_UNITS: Final = "select id, document from registry where kind = 'unit' order by id limit ?"
_MANY: Final = """select n.notice_id from notices n join tickets t on t.pk = n.ticket_pk
    where t.check_code = 'link.dead' and t.problem_count = ?"""


class PageLedger:
    """Tokens of links. `assets`: over how many the tickets were spread."""

    def __init__(self, url: str, assets: int) -> None:
        self._url = url
        self._assets = assets
        self._connector: Connector | None = None
        self.single: list[str] = []  # of letters about one ticket
        self.digest: list[str] = []  # of letters about so many, letter by letter in turn
        self.many: list[str] = []  # of tickets with many places
        self.tickets: list[str] = []  # their numbers
        self.session = ("", "")  # of somebody who supervises everything: the cookie's name and value

    async def open(self, tickets: int, requests: int) -> None:
        """Makes some letters digests, and the links of these and of other letters."""
        self._connector = await connect(self._url)
        letters = [await self._letter(number) for number in range(LETTERS)]
        self.digest = [token(KEY, notice_id) for turn in zip(*letters, strict=True) for notice_id in turn]
        later = range(_TURNS * self._assets, tickets)  # no digest has these
        chance = random.Random(8)  # noqa: S311 - the same ones every time
        single = [await self._notice(n) for n in chance.sample(later, min(len(later), requests))]
        self.single = [token(KEY, notice_id) for notice_id in single]
        self.tickets = [await self._number(notice_id) for notice_id in single]
        await self._place_above()
        await self._log_in()

    async def _number(self, notice_id: str) -> str:
        async with self._there.session() as session:
            ((ticket_id,),) = await session.rows(_NUMBERS, bytes.fromhex(notice_id))
        return str(ticket_id)

    async def _place_above(self) -> None:
        """A unit above the first ones."""
        async with self._there.session() as session:
            rows = await session.rows(_UNITS, BELOW)
        async with Ledger(self._there, "bench").transaction() as tx:
            await tx.registry.save("unit", TOP, orjson.dumps({"unit_id": TOP, "name": "市政府办公室"}).decode())
            for unit_id, document in rows:
                below = {**orjson.loads(document), "supervisor_id": TOP}
                await tx.registry.save("unit", unit_id, orjson.dumps(below).decode())

    async def _log_in(self) -> None:
        store, now, secret = await open_store(self._url), datetime.now(UTC), token_urlsafe(32)
        try:
            await store.accounts.add(PageAccount("bench", "supervisor", "", "", now))
            await store.sessions.begin(PageSession(digest_of(secret), "bench", now, now, "127.0.0.1", "bench"))
        finally:
            await store.close()
        self.session = (PLAIN_COOKIE, secret)

    async def _letter(self, number: int) -> list[str]:
        """The notices of a unit's first tickets, as if they had gone out together."""
        mine = range(number * ASSETS_PER_UNIT, (number + 1) * ASSETS_PER_UNIT)
        found = [await self._notice(asset + turn * self._assets) for turn in range(_TURNS) for asset in mine]
        async with self._there.session() as session:
            await session.run_each(
                "update notices set delivery_id = ? where notice_id = ?",
                [(f"letter-{number}", bytes.fromhex(notice_id)) for notice_id in found],
            )
        return found

    async def _notice(self, number: int) -> str:
        """That of a ticket, by the ticket's number."""
        begin = number.to_bytes(6, "big")
        async with self._there.session() as session:
            ((notice_id,),) = await session.rows(_BY_NUMBER, begin + b"\x00" * 10, begin + b"\xff" * 10)
        return bytes(notice_id).hex()

    async def wait_for_many(self) -> None:
        """Until a worker has opened the tickets of `many_places`."""
        async with asyncio.timeout(_SEEN_WITHIN):
            while len(self.many) < MANY_TICKETS:
                await asyncio.sleep(0.5)
                async with self._there.session() as session:
                    rows = await session.rows(_MANY, MANY)
                self.many = [token(KEY, bytes(notice_id).hex()) for (notice_id,) in rows]

    @property
    def _there(self) -> Connector:
        assert self._connector is not None
        return self._connector

    async def close(self) -> None:
        """Lets go of the database."""
        if self._connector is not None:
            await self._connector.close()


def many_places(topic: str, at: str) -> list[OutMessage]:
    """Findings that make a few tickets of many places each: a dead target that many pages of a site lead to."""
    return [
        OutMessage(topic, f"site-{asset:05d}".encode(), _dead_link(f"site-{asset:05d}", place, at))
        for asset in range(MANY_TICKETS)
        for place in range(MANY)
    ]


def _dead_link(asset_id: str, place: int, at: str) -> bytes:
    return orjson.dumps(
        {
            "asset_id": asset_id,
            "check": "link.dead",
            "locator": f"https://www.{asset_id}.gov.cn/zwgk/tzgg/{place:04d}.html",
            "observed_at": at,
            "source": "crawler",
            "run_id": "run-dead",
            "title": "附件打不开",
            "evidence": {"target": f"https://www.{asset_id}.gov.cn/upload/sbzn.doc", "http_status": 404},
        }
    )
