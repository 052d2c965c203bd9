"""SQLite for those who only read: a few connections that cannot write, each used by one thread at a time.

A worker writes to the same file meanwhile and is never waited for, nor made to wait: readers see what was committed.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Final

from streams.ledger.engines.faults import told, told_at_opening
from streams.ledger.engines.port import Dialect
from streams.ledger.engines.sqlite import SqliteSession
from streams.ledger.engines.sqlite_time import found_within
from streams.ledger.engines.weights import Row
from streams.ledger.errors import LedgerError, LedgerUnavailable, TooSlow, ValueRefused

_AT_ONCE: Final = 4  # connections
_BUSY: Final = 5.0  # seconds
_PRAGMAS: Final = (
    "pragma query_only = on",
    "pragma cache_size = -8192",  # KiB
    "pragma mmap_size = 2147483648",  # bytes
    "pragma temp_store = memory",
)


class SqliteReader:
    """A database file that another process writes."""

    dialect: Dialect = "sqlite"

    def __init__(self, path: Path) -> None:
        """Open the file, which must exist."""
        self._address = f"{path.absolute().as_uri()}?mode=ro"
        try:
            self._idle = [self._open()]
        except sqlite3.Error as error:
            raise told_at_opening(error, path) from error
        self._room = asyncio.Semaphore(_AT_ONCE)
        self._closed = False

    def _open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._address, uri=True, timeout=_BUSY, isolation_level=None, cached_statements=200, check_same_thread=False
        )
        for pragma in _PRAGMAS:
            connection.execute(pragma)
        return connection

    @asynccontextmanager
    async def session(self) -> AsyncIterator[SqliteSession]:
        """Raises LedgerError: nothing is written through a reader."""
        msg = "this ledger was opened to be read"
        raise LedgerError(msg)
        yield  # makes it a generator, as the port wants it

    async def read(self, sql: str, args: Sequence[object], within: float | None = None) -> Sequence[Row]:
        """See `Connector`; in a thread, so that the loop goes on."""
        async with self._room:
            if self._closed:
                msg = "the ledger is closed"
                raise LedgerUnavailable(msg)
            return await asyncio.to_thread(self._read, sql, args, within)

    def _read(self, sql: str, args: Sequence[object], within: float | None) -> Sequence[Row]:
        connection: sqlite3.Connection | None = None
        try:
            connection = self._idle.pop() if self._idle else self._open()
            found = found_within(connection, sql, args, within)
        except TooSlow:
            if connection is not None:  # it is as good as before
                self._idle.append(connection)
            raise
        except OverflowError as error:
            if connection is not None:
                self._idle.append(connection)
            raise ValueRefused(str(error)) from error
        except sqlite3.Error as error:
            if connection is not None:  # whatever it was, the next one begins anew
                with suppress(sqlite3.Error):
                    connection.close()
            raise told(error) from error
        self._idle.append(connection)
        return found

    async def glance(self, sql: str, args: Sequence[object]) -> Row:
        """See `Connector`."""
        return (await self.read(sql, args))[0]

    async def close(self) -> None:
        """Let go of every connection."""
        self._closed = True
        for _ in range(_AT_ONCE):  # those that read finish first
            await self._room.acquire()
        while self._idle:
            self._idle.pop().close()
        for _ in range(_AT_ONCE):
            self._room.release()
