"""SQLite: one connection that writes, called directly in the event loop (in a thread it was slower, measured).

Transactions are short, and synchronous but for the commit; the lock keeps other tasks out. Readers use connections of
their own. Another process that writes is waited for between two tries, while the loop goes on.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, closing, contextmanager
from itertools import chain, islice
from operator import itemgetter
from pathlib import Path
from time import monotonic, sleep
from typing import Final

from sqlalchemy import Table

from streams.ledger.engines import statements
from streams.ledger.engines.faults import is_busy, told, told_at_opening
from streams.ledger.engines.port import Dialect
from streams.ledger.engines.sqlite_time import found_within
from streams.ledger.engines.weights import FIRST, Lighter, Room, Row
from streams.ledger.errors import ValueRefused

_PRAGMAS: Final = (
    "pragma synchronous = full",
    "pragma cache_size = -131072",  # KiB
    "pragma mmap_size = 2147483648",  # bytes
    "pragma wal_autocheckpoint = 8000",  # pages
    "pragma journal_size_limit = 67108864",  # bytes of the write-ahead log that stay after a checkpoint
    "pragma secure_delete = off",  # Debian builds it on: every deleted chunk would be written once more, as zeroes
    "pragma temp_store = memory",
)
_BUSY: Final = 5.0  # seconds to wait for another process that writes
_TRY_AGAIN: Final = 0.01  # seconds
_AT_ONCE: Final = 200  # keys in one statement


@contextmanager
def _translated() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise told(error) from error
    except OverflowError as error:  # a number that no column has
        raise ValueRefused(str(error)) from error


class SqliteSession:
    """The open transaction of the one writing connection."""

    dialect: Dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Hold the connection."""
        self._connection = connection
        self._execute = connection.execute
        self.room = Room()

    async def rows(self, sql: str, *args: object) -> Sequence[Row]:
        """See `Session`."""
        with _translated():
            return self._execute(sql, args).fetchall()

    async def run(self, sql: str, *args: object) -> int:
        """See `Session`."""
        with _translated():
            return self._execute(sql, args).rowcount

    async def run_each(self, sql: str, rows: Sequence[Row]) -> None:
        """See `Session`."""
        with _translated():
            self._connection.executemany(sql, rows)

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
        """See `Session`; many keys share a statement."""
        tail = f"{order} limit {limit}" if limit is not None else order
        found: list[Row] = []
        places = statements.texts(table, columns)
        bounds = len(keys[0]) - len(by) if keys else 0
        with _translated():
            rest = iter(sorted(keys, key=tuple))  # one walk along the index: neighbours share its pages
            if not tail and len(keys) >= _AT_ONCE:
                many = statements.sqlite_match(table, columns, by, condition, tail, _AT_ONCE, bounds)
                for _ in range(len(keys) // _AT_ONCE):
                    self._fetch(found, places, many, list(chain.from_iterable(islice(rest, _AT_ONCE))), lighter)
            one = statements.sqlite_match(table, columns, by, condition, tail, 1, bounds)
            for key in rest:
                self._fetch(found, places, one, key, lighter)
        return found

    def _fetch(
        self, found: list[Row], places: Sequence[int], sql: str, args: Sequence[object], lighter: Lighter | None
    ) -> None:
        """Adds the rows, as far as there is room for their texts."""
        cursor = self._execute(sql, args)
        if self.room.left is None or not places:
            found += cursor.fetchall()
            return
        more = FIRST
        while rows := cursor.fetchmany(more):
            kept, more = self.room.take(rows, places, lighter)
            found += kept

    async def insert_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """See `Session`."""
        columns, rows = _without_nulls(columns, rows)
        with _translated():
            self._connection.executemany(statements.sqlite_insert(table, columns), rows)

    async def upsert_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row], *, overwrite: bool) -> None:
        """See `Session`."""
        if not overwrite:
            columns, rows = _without_nulls(columns, rows)
        with _translated():
            self._connection.executemany(statements.sqlite_upsert(table, columns, overwrite=overwrite), rows)

    async def update_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """See `Session`."""
        with _translated():
            self._connection.executemany(statements.sqlite_update(table, columns), rows)


def _without_nulls(columns: Sequence[str], rows: Sequence[Row]) -> tuple[Sequence[str], Sequence[Row]]:
    """Without the columns in which no row has anything: null is their default.

    The driver asks every None whether it wants to be adapted, which takes five times as long as storing a number; a
    new ticket has a dozen of them.
    """
    if not rows:
        return columns, rows
    kept = [place for place, values in enumerate(zip(*rows, strict=True)) if values.count(None) < len(rows)]
    if len(kept) in (len(columns), 1):  # of one place `itemgetter` would make no row
        return columns, rows
    return tuple(columns[place] for place in kept), list(map(itemgetter(*kept), rows))


def write_ahead(connection: sqlite3.Connection, patience: float = _BUSY) -> None:
    """Has the file keep a write-ahead log; for so many seconds others may hold it, who do the same or write.

    SQLite itself does not wait here, whatever its busy timeout.
    """
    end = monotonic() + patience
    while True:
        try:
            connection.execute("pragma journal_mode = wal")
        except sqlite3.OperationalError as error:
            if not is_busy(error) or monotonic() > end:
                raise
            sleep(_TRY_AGAIN)
        else:
            return


class SqliteConnector:
    """A database file."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path, *, make: bool = False) -> None:
        """Open the file, which must exist unless it is to be made."""
        self._path = path
        try:
            self._writer = self._open("rwc" if make else "rw", 0.0)
            write_ahead(self._writer)
            for pragma in _PRAGMAS:
                self._writer.execute(pragma)
        except sqlite3.Error as error:
            raise told_at_opening(error, path) from error
        self._session = SqliteSession(self._writer)
        self._turn = asyncio.Lock()
        self._committer = ThreadPoolExecutor(1, "commit")

    def _open(self, mode: str, busy: float) -> sqlite3.Connection:
        """`busy`: seconds for which a statement stands still, and its thread with it, while another process writes."""
        address = f"{self._path.absolute().as_uri()}?mode={mode}"
        return sqlite3.connect(
            address, uri=True, timeout=busy, isolation_level=None, cached_statements=500, check_same_thread=False
        )

    @asynccontextmanager
    async def session(self) -> AsyncIterator[SqliteSession]:
        """See `Connector`."""
        await self._begin()
        self._session.room = Room()  # what one transaction has loaded is nothing to the next
        try:
            yield self._session
            await self._commit()
        except BaseException:
            if self._writer.in_transaction:
                self._writer.execute("rollback")
            raise
        finally:
            self._turn.release()

    async def _begin(self) -> None:
        """Takes the turn, and the file from other processes: waits here, as in SQLite the loop would stand still.

        Between two tries others may look at what there is.
        """
        end = monotonic() + _BUSY
        while True:
            await self._turn.acquire()
            try:
                self._writer.execute("begin immediate")
            except BaseException as error:
                self._turn.release()
                if not isinstance(error, sqlite3.Error):
                    raise
                if not is_busy(error) or monotonic() > end:
                    raise told(error) from error
            else:
                return
            await asyncio.sleep(_TRY_AGAIN)

    async def _commit(self) -> None:
        """In a thread: while the disk is written to and flushed, the loop reads and publishes.

        Whoever is cancelled meanwhile waits for the end: until then the connection is nobody else's.
        """
        loop = asyncio.get_running_loop()
        committing = loop.run_in_executor(self._committer, self._writer.execute, "commit")
        cancelled: asyncio.CancelledError | None = None
        while not committing.done():
            try:
                await asyncio.wait([committing])
            except asyncio.CancelledError as error:
                cancelled = error
        if cancelled is not None:
            raise cancelled from committing.exception()
        with _translated():
            committing.result()

    async def read(self, sql: str, args: Sequence[object], within: float | None = None) -> Sequence[Row]:
        """See `Connector`; a long query runs in a thread, on a connection of its own."""
        return await asyncio.to_thread(self._read, sql, args, within)

    def _read(self, sql: str, args: Sequence[object], within: float | None) -> Sequence[Row]:
        with _translated(), closing(self._open("ro", _BUSY)) as reader:
            return found_within(reader, sql, args, within)

    async def glance(self, sql: str, args: Sequence[object]) -> Row:
        """See `Connector`."""
        async with self._turn:
            with _translated():
                found: Row = self._writer.execute(sql, args).fetchone()
        return found

    async def close(self) -> None:
        """See `Connector`."""
        async with self._turn:
            self._committer.shutdown()
            self._writer.close()
