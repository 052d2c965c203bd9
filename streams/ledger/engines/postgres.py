"""PostgreSQL through asyncpg: a small pool, bulk by `copy` and by arrays that `unnest` opens up.

The hot statements are few and all walk an index, so their plans are kept. A plan that was made while a table was small
is a trap (measured: 50 times slower), so a connection forgets its plans at its 1st, 2nd, 4th, 8th ... transaction.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

import asyncpg
from sqlalchemy import Table

from streams.ledger.engines import statements
from streams.ledger.engines.encryption import encryption
from streams.ledger.engines.port import Dialect
from streams.ledger.engines.server_faults import reached, translated
from streams.ledger.engines.weights import FIRST, Lighter, Room, Row
from streams.ledger.errors import LedgerUnavailable, TransactionEnded

if TYPE_CHECKING:
    from asyncpg.pool import PoolConnectionProxy

_SETTINGS: Final = {
    "application_name": "rectify",
    "jit": "off",
    "enable_seqscan": "off",
    "enable_bitmapscan": "off",
    "enable_hashjoin": "off",
    "enable_mergejoin": "off",
    "plan_cache_mode": "force_generic_plan",
    "lock_timeout": "30s",
    "tcp_keepalives_idle": "15",
    "tcp_keepalives_interval": "5",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "30s",
}
# The same from this side, where the system knows it: a server that went without a word is given up in half a minute.
_LINE: Final = {"TCP_KEEPIDLE": 15, "TCP_KEEPINTVL": 5, "TCP_KEEPCNT": 3, "TCP_USER_TIMEOUT": 30_000}
_FOR_PEOPLE: Final = (
    "set local enable_seqscan = on; set local enable_hashjoin = on; set local enable_bitmapscan = on; "
    "set local plan_cache_mode = auto"
)
# A worker that froze inside a transaction, or whose network went away, holds its assets no longer than this.
_IDLE: Final = 20.0  # seconds
_COMMAND_TIMEOUT: Final = 120.0  # seconds
_CONNECT_TIMEOUT: Final = 10.0  # seconds


class _Connection(asyncpg.Connection):  # type: ignore[misc]
    """A connection that counts its transactions, and whose end is no news."""

    transactions = 0

    async def close(self, *, timeout: float | None = None) -> None:
        """Close it in order, or when the other side does not answer as it is."""
        with suppress(TimeoutError):
            await super().close(timeout=timeout)

    async def forget_plans(self) -> None:
        """At the 1st, 2nd, 4th, 8th ... transaction."""
        self.transactions += 1
        if self.transactions & (self.transactions - 1) == 0:
            await self.execute("discard plans")


class PostgresSession:
    """A connection of the pool inside a transaction."""

    dialect: Dialect = "postgresql"

    def __init__(self, connection: PoolConnectionProxy, idle: float) -> None:
        """Hold the connection; `idle`: seconds without a statement after which the server ends the transaction."""
        self._connection = connection
        self._idle = idle
        self._answered = monotonic()
        self.room = Room()

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Around a statement: tells a transaction that was ended for what we did before from one that was lost."""
        too_long = monotonic() - self._answered >= self._idle
        try:
            with translated():
                yield
        except LedgerUnavailable as error:
            if too_long:
                msg = f"more than {self._idle:g} s between two statements"
                raise TransactionEnded(msg) from error
            raise
        self._answered = monotonic()

    async def rows(self, sql: str, *args: object) -> Sequence[Row]:
        """See `Session`."""
        with self.asking():
            found: Sequence[Row] = await self._connection.fetch(statements.numbered(sql), *args)
        return found

    async def run(self, sql: str, *args: object) -> int:
        """See `Session`."""
        with self.asking():
            tag = await self._connection.execute(statements.numbered(sql), *args)
        return int(tag.rpartition(" ")[2])

    async def run_each(self, sql: str, rows: Sequence[Row]) -> None:
        """See `Session`."""
        if rows:
            with self.asking():
                await self._connection.executemany(statements.numbered(sql), rows)

    async def match(
        self,
        table: Table,
        columns: Sequence[str],
        by: Sequence[str],
        keys: Sequence[Row],
        *,
        condition: str = "",
        order: str = "",
        limit: int | None = None,
        lighter: Lighter | None = None,
    ) -> Sequence[Row]:
        """See `Session`."""
        if not keys:
            return ()
        tail = f"{order} limit {limit}" if limit is not None else order
        sql = statements.postgres_match(table, columns, by, condition, tail, len(keys[0]) - len(by))
        places = statements.texts(table, columns)
        if self.room.left is None or not places:
            with self.asking():
                found: Sequence[Row] = await self._connection.fetch(sql, *_arrays(keys))
            return found
        return await self._fetched(places, sql, _arrays(keys), lighter)

    async def _fetched(
        self, places: Sequence[int], sql: str, args: Sequence[object], lighter: Lighter | None
    ) -> Sequence[Row]:
        """The rows, as far as there is room for their texts."""
        found: list[Row] = []
        more = FIRST
        with self.asking():
            cursor = await self._connection.cursor(sql, *args)
        while True:
            with self.asking():
                rows = await cursor.fetch(more)
            kept, next_ = self.room.take(rows, places, lighter) if rows else (rows, more)
            found += kept
            if len(rows) < more:
                return found
            more = next_

    async def insert_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """See `Session`."""
        if rows:
            with self.asking():
                await self._connection.copy_records_to_table(table.name, records=rows, columns=columns)

    async def upsert_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row], *, overwrite: bool) -> None:
        """See `Session`."""
        if rows:
            sql = statements.postgres_upsert(table, columns, overwrite=overwrite)
            with self.asking():
                await self._connection.execute(sql, *_arrays(rows))

    async def update_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """See `Session`."""
        if rows:
            with self.asking():
                await self._connection.execute(statements.postgres_update(table, columns), *_arrays(rows))


class PostgresConnector:
    """A database on a server."""

    dialect: Dialect = "postgresql"

    def __init__(self, pool: asyncpg.Pool, idle: float) -> None:
        """Hold the pool; see `connect`."""
        self._pool = pool
        self._idle = idle

    @classmethod
    async def connect(
        cls,
        url: str,
        *,
        command_timeout: float = _COMMAND_TIMEOUT,
        idle: float = _IDLE,
        read_only: bool = False,
        schema: str = "",
    ) -> PostgresConnector:
        """Open the pool; `command_timeout` and `idle` (in a transaction) in seconds. Raises LedgerUnavailable.

        `schema`: where tables are looked for, and nowhere else; empty: as the server has it.
        """
        own = {"default_transaction_read_only": "on"} if read_only else {}
        own |= {"search_path": schema} if schema else {}
        with reached():
            pool = await asyncpg.create_pool(
                url,
                ssl=encryption(url),
                min_size=0,  # whoever needs a connection makes it: the pool would report each of its own failures
                max_size=6,
                timeout=_CONNECT_TIMEOUT,
                command_timeout=command_timeout,
                server_settings={**_SETTINGS, **own, "idle_in_transaction_session_timeout": f"{idle * 1000:.0f}ms"},
                connection_class=_Connection,
                init=_watch_the_line,
                reset=_keep_session,
            )
            try:
                async with pool.acquire():
                    return cls(pool, idle)
            except BaseException:
                pool.terminate()
                raise

    @asynccontextmanager
    async def session(self) -> AsyncIterator[PostgresSession]:
        """See `Connector`."""
        with translated():
            connection = await self._pool.acquire()
        try:
            transaction = connection.transaction()
            with translated():
                await transaction.start()
                await connection.forget_plans()
            session = PostgresSession(connection, self._idle)
            try:
                yield session
            except (LedgerUnavailable, asyncio.CancelledError):
                raise
            except BaseException:
                # The connection may be gone, and the transaction with it.
                with suppress(asyncpg.InterfaceError, asyncpg.PostgresError, OSError):
                    await transaction.rollback()
                raise
            with session.asking():
                await transaction.commit()
        except LedgerUnavailable:
            # Nothing more is to be had of this connection, not even a rollback, nor perhaps of those idle beside it.
            _abandon(connection)
            await self._pool.expire_connections()
            raise
        except asyncio.CancelledError:
            _abandon(connection)  # whoever has stopped waiting does not wait for a rollback
            raise
        finally:
            await self._pool.release(connection)

    async def read(self, sql: str, args: Sequence[object], within: float | None = None) -> Sequence[Row]:
        """See `Connector`."""
        limit = f"; set local statement_timeout = {within * 1000:.0f}" if within is not None else ""
        with translated(within):
            async with self._pool.acquire() as connection, connection.transaction(readonly=True):
                await connection.execute(f"{_FOR_PEOPLE}{limit}")
                found: Sequence[Row] = await connection.fetch(sql, *args)
        return found

    async def glance(self, sql: str, args: Sequence[object]) -> Row:
        """See `Connector`."""
        with translated():
            found: Row = await self._pool.fetchrow(statements.numbered(sql), *args)
        return found

    async def close(self) -> None:
        """See `Connector`."""
        try:
            await asyncio.wait_for(self._pool.close(), timeout=_CONNECT_TIMEOUT)
        except TimeoutError:
            self._pool.terminate()


def _abandon(connection: PoolConnectionProxy) -> None:
    with suppress(asyncpg.InterfaceError):  # it has gone by itself
        connection.terminate()


async def _watch_the_line(connection: asyncpg.Connection) -> None:
    """Have the system ask whether the other side is still there."""
    line = connection._transport.get_extra_info("socket")  # noqa: SLF001 - asyncpg has no other way to it
    if line.family in (socket.AF_INET, socket.AF_INET6):
        line.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        for option, value in _LINE.items():
            if hasattr(socket, option):
                line.setsockopt(socket.IPPROTO_TCP, getattr(socket, option), value)


async def _keep_session(_: asyncpg.Connection) -> None:
    """Nothing to reset between transactions: saves a round trip each."""


def _arrays(rows: Sequence[Row]) -> list[Row]:
    return list(zip(*rows, strict=True))
