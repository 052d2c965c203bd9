"""Ways in, in the store: links that are good once, and how often a name has failed."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.moments import from_micros, to_micros

LinkKind = Literal["login", "password"]


class LoginLink(NamedTuple):
    """A link that logs in, or sets the password of, an account; good once. Times are real ones."""

    digest: str  # SHA-256 of its secret, in hexadecimal digits
    account: str
    kind: LinkKind
    ends_at: datetime


class Logins:
    """A part of `Store`."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def add_link(self, link: LoginLink, now: datetime) -> None:
        """Keeps it; those that have ended are forgotten."""
        async with self._connector.session() as session:
            await session.run("delete from login_links where ends_at < ?", to_micros(now))
            await session.run(
                "insert into login_links (digest, account, kind, ends_at) values (?, ?, ?, ?)",
                *link[:-1],
                to_micros(link.ends_at),
            )

    async def link(self, digest: str, now: datetime) -> LoginLink | None:
        """The link of this secret, if it is still good."""
        async with self._connector.session() as session:
            rows = await session.rows(
                "select digest, account, kind, ends_at from login_links where digest = ? and ends_at >= ?",
                digest,
                to_micros(now),
            )
        return LoginLink(rows[0][0], rows[0][1], rows[0][2], from_micros(rows[0][3])) if rows else None

    async def spend(self, digest: str) -> bool:
        """Whether it was there; it is not any more."""
        async with self._connector.session() as session:
            return await session.run("delete from login_links where digest = ?", digest) == 1

    async def count_failure(self, name: str, most: int, now: datetime, since: datetime) -> int:
        """How often this name has failed with this time; from `most` on its time stands still, so that it ends.

        What failed for the last time before `since` is forgotten, of every name.
        """
        async with self._connector.session() as session:
            await session.run("delete from login_failures where at <= ?", to_micros(since))
            await session.run(
                "insert into login_failures (name, times, at) values (?, 1, ?) on conflict (name) do update set "
                "at = case when login_failures.times < ? then excluded.at else login_failures.at end, "
                "times = login_failures.times + 1",
                name,
                to_micros(now),
                most,
            )
            rows = await session.rows("select times from login_failures where name = ?", name)
        return int(rows[0][0])

    async def forget_failures(self, name: str) -> None:
        """Somebody has come in."""
        async with self._connector.session() as session:
            await session.run("delete from login_failures where name = ?", name)
