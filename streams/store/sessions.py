"""Sessions of people at the desk's pages, in the store: the browser has the secret, the store its hash."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros, to_micros

_COLUMNS: Final = "digest, account, began_at, seen_at, address, agent"


class PageSession(NamedTuple):
    """One browser that is logged in. Times are real ones."""

    digest: str  # SHA-256 of the secret, in hexadecimal digits
    account: str
    began_at: datetime
    seen_at: datetime
    address: str  # of who logged in
    agent: str  # what the browser calls itself


class Sessions:
    """A part of `Store`."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def begin(self, one: PageSession) -> None:
        """Somebody has logged in."""
        async with self._connector.session() as session:
            await session.run(
                f"insert into sessions ({_COLUMNS}) values (?, ?, ?, ?, ?, ?)",  # noqa: S608
                one.digest, one.account, to_micros(one.began_at), to_micros(one.seen_at), one.address, one.agent,
            )  # fmt: skip

    async def named(self, digest: str) -> PageSession | None:
        """The session of this secret."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_COLUMNS} from sessions where digest = ?", digest)  # noqa: S608
        return _session(rows[0]) if rows else None

    async def seen(self, digest: str, at: datetime) -> None:
        """The browser has come again."""
        async with self._connector.session() as session:
            await session.run("update sessions set seen_at = ? where digest = ?", to_micros(at), digest)

    async def of(self, account: str, seen_since: datetime) -> list[PageSession]:
        """The sessions of an account that have come since then, the latest first."""
        async with self._connector.session() as session:
            rows = await session.rows(
                f"select {_COLUMNS} from sessions where account = ? and seen_at >= ? order by seen_at desc, digest",  # noqa: S608
                account,
                to_micros(seen_since),
            )
        return [_session(row) for row in rows]

    async def end_others(self, account: str, digest: str) -> int:
        """All sessions of an account but this one end; how many."""
        async with self._connector.session() as session:
            return await session.run("delete from sessions where account = ? and digest <> ?", account, digest)

    async def forget(self, seen_before: datetime) -> None:
        """Those that nobody has used since then."""
        async with self._connector.session() as session:
            await session.run("delete from sessions where seen_at < ?", to_micros(seen_before))

    async def end(self, digest: str) -> None:
        """The secret is good for nothing any more."""
        async with self._connector.session() as session:
            await session.run("delete from sessions where digest = ?", digest)


def _session(row: Row) -> PageSession:
    digest, account, began_at, seen_at, address, agent = row
    return PageSession(digest, account, from_micros(began_at), from_micros(seen_at), address, agent)
