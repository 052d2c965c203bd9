"""Opening the ledger, and its transactions."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from functools import cache
from typing import Any, Final

from sqlalchemy import Dialect as SqlDialect
from sqlalchemy import Select
from sqlalchemy.dialects import registry

from streams.ledger.engines.connect import connect
from streams.ledger.engines.port import Connector, Dialect
from streams.ledger.engines.weights import Row
from streams.ledger.migrations.schema import check_connected
from streams.ledger.numbers import Reservation, TicketNumbers
from streams.ledger.transaction import Transaction

_DIALECTS: Final[dict[Dialect, str]] = {"sqlite": "sqlite", "postgresql": "postgresql.asyncpg"}


@cache
def _sql_dialect(dialect: Dialect) -> SqlDialect:
    """What compiles queries, loaded by its name: a process needs one of the two."""
    loaded: SqlDialect = registry.load(_DIALECTS[dialect])()
    return loaded


class Ledger:
    """The open ledger of one process."""

    def __init__(self, connector: Connector, owner: str) -> None:
        """Comes from `open_ledger`."""
        self._connector = connector
        self._owner = owner
        self._numbers = TicketNumbers()

    @property
    def dialect(self) -> Dialect:
        """`sqlite` (one worker) or `postgresql` (as many as one likes)."""
        return self._connector.dialect

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Transaction]:
        """Commits at the end, rolls back on any exception; raises Conflict and LedgerUnavailable (both retriable).

        Not to be nested: on SQLite a second one waits for the first.
        """
        async with self._connector.session() as session:
            reservation = Reservation(self._numbers)
            try:
                yield Transaction(session, self._owner, reservation)
            finally:
                reservation.end()

    async def read(self, query: Select[Any], within: float | None = None) -> Sequence[Row]:
        """The rows of a query for people (reading/), outside of any transaction; raises TooSlow after `within` s."""
        compiled = query.compile(dialect=_sql_dialect(self.dialect), compile_kwargs={"render_postcompile": True})
        values = compiled.construct_params()
        args = [values[name] for name in compiled.positiontup or ()]
        return await self._connector.read(str(compiled), args, within)

    async def glance(self, sql: str, *args: object) -> Row:
        """The one row of a statement that only looks (reading/polling.py): no transaction, one round trip."""
        return await self._connector.glance(sql, args)

    async def close(self) -> None:
        """Let go of every connection."""
        await self._connector.close()


async def open_ledger(url: str, *, owner: str = "", read_only: bool = False) -> Ledger:
    """Opens `sqlite:///<file>` or `postgresql://user:password@host/name`.

    `owner` names this process among the workers, differently at every start (outbox chunks belong to it). Raises
    LedgerUnavailable when the database cannot be reached, LedgerError when `rectify db upgrade` must run first.
    With `read_only` the database itself refuses whatever would write.
    """
    connector = await connect(url, read_only=read_only)
    try:
        await check_connected(connector)
    except BaseException:
        await connector.close()
        raise
    return Ledger(connector, owner)
