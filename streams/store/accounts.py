"""Accounts of the desk's pages, in the store."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros, to_micros

_COLUMNS: Final = "name, role, unit_id, made_at"


class PageAccount(NamedTuple):
    """Somebody who may come to the desk."""

    name: str
    role: str
    unit_id: str  # empty: every unit
    made_at: datetime  # real time


class Accounts:
    """A part of `Store`."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def add(self, account: PageAccount) -> bool:
        """Whether there was none of this name."""
        async with self._connector.session() as session:
            added = await session.run(
                f"insert into accounts ({_COLUMNS}) values (?, ?, ?, ?) on conflict do nothing",  # noqa: S608
                *account[:-1],
                to_micros(account.made_at),
            )
        return added == 1

    async def named(self, name: str) -> PageAccount | None:
        """The account of this name."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_COLUMNS} from accounts where name = ?", name)  # noqa: S608
        return _account(rows[0]) if rows else None


def _account(row: Row) -> PageAccount:
    name, role, unit_id, made_at = row
    return PageAccount(name, role, unit_id, from_micros(made_at))
