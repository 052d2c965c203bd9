"""Accounts of the desk's pages, in the store."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros, maybe_micros, to_micros

_COLUMNS: Final = "name, role, unit_id, password, made_at, disabled_at, factor"


class PageAccount(NamedTuple):
    """Somebody who may come to the desk. Times are real ones."""

    name: str
    role: str
    unit_id: str  # empty: every unit
    password: str  # its hash; empty: none is set
    made_at: datetime
    disabled_at: datetime | None = None
    factor: str = ""  # the secret of its codes; empty: a password suffices


class Accounts:
    """A part of `Store`."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def add(self, account: PageAccount) -> bool:
        """Whether there was none of this name."""
        async with self._connector.session() as session:
            added = await session.run(
                f"insert into accounts ({_COLUMNS}) values (?, ?, ?, ?, ?, ?, ?) on conflict do nothing",  # noqa: S608
                *account[:4],
                to_micros(account.made_at),
                maybe_micros(account.disabled_at),
                account.factor,
            )
        return added == 1

    async def named(self, name: str) -> PageAccount | None:
        """The account of this name."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_COLUMNS} from accounts where name = ?", name)  # noqa: S608
        return _account(rows[0]) if rows else None

    async def all(self) -> list[PageAccount]:
        """Every account, by name."""
        async with self._connector.session() as session:
            return [_account(row) for row in await session.rows(f"select {_COLUMNS} from accounts order by name")]  # noqa: S608

    async def set_password(self, name: str, password: str) -> None:
        """`password`: the hash of the new one. What is open elsewhere stays so until its session is ended."""
        async with self._connector.session() as session:
            await session.run("update accounts set password = ? where name = ?", password, name)
            await session.run("delete from login_links where account = ?", name)

    async def set_factor(self, name: str, factor: str) -> None:
        """A second factor, or none (empty)."""
        async with self._connector.session() as session:
            await session.run("update accounts set factor = ?, factor_step = 0 where name = ?", factor, name)

    async def use_step(self, name: str, step: int) -> bool:
        """Whether the code of this step is used for the first time, and none of a later one was."""
        async with self._connector.session() as session:
            used = await session.run(
                "update accounts set factor_step = ? where name = ? and factor_step < ?", step, name, step
            )
        return used == 1

    async def disable(self, name: str, at: datetime) -> None:
        """Nobody comes in by this account any more: its sessions and links are gone."""
        async with self._connector.session() as session:
            await session.run("update accounts set disabled_at = ? where name = ?", to_micros(at), name)
            await session.run("delete from sessions where account = ?", name)
            await session.run("delete from login_links where account = ?", name)


def _account(row: Row) -> PageAccount:
    name, role, unit_id, password, made_at, disabled_at, factor = row
    disabled = None if disabled_at is None else from_micros(disabled_at)
    return PageAccount(name, role, unit_id, password, from_micros(made_at), disabled, factor)
