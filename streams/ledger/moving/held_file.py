"""A SQLite file that nobody else has open: held as long as it is moved, read table by table."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Final

from streams.ledger.engines.faults import is_busy, told, told_at_opening
from streams.ledger.engines.weights import Row
from streams.ledger.errors import LedgerError

_ROWS: Final = 2_000  # at a time
_TABLES: Final = "select name from sqlite_master where type = 'table' and name not like 'sqlite%' order by name"


class HeldFile:
    """The one connection to a file."""

    def __init__(self, path: Path, connection: sqlite3.Connection) -> None:
        """Comes from `held`."""
        self.path = path
        self._connection = connection

    def tables(self) -> list[str]:
        """Their names."""
        return [name for (name,) in self._asked(_TABLES)]

    def columns(self, table: str) -> list[str]:
        """The columns of a table, in its order."""
        return [name for (name,) in self._asked("select name from pragma_table_info(?)", table)]

    def number(self, table: str) -> int:
        """How many rows a table has."""
        ((number,),) = self._asked(f'select count(*) from "{table}"')  # noqa: S608 - our own names
        return int(number)

    def last_pk(self, table: str) -> int:
        """The highest row number that a table has given, also to rows that are gone."""
        ((last,),) = self._asked(f'select coalesce(max(pk), 0) from "{table}"')  # noqa: S608 - our own names
        given = self._asked("select seq from sqlite_sequence where name = ?", table)
        return max(int(last), *(int(seq) for (seq,) in given), 0)

    def rows(self, table: str, columns: list[str]) -> Iterator[Row]:
        """All rows of a table, a few at a time in memory."""
        names = ", ".join(f'"{name}"' for name in columns)
        try:
            cursor = self._connection.execute(f'select {names} from "{table}"')  # noqa: S608 - our own names
            while rows := cursor.fetchmany(_ROWS):
                yield from rows
        except sqlite3.Error as error:
            raise told(error) from error

    def version(self) -> str | None:
        """The version of the ledger, as `schema.version`."""
        if "alembic_version" not in self.tables():
            return None
        rows = self._asked("select version_num from alembic_version")
        return str(rows[0][0]) if rows else None

    def mark(self, version: str) -> None:
        """Writes a version into the ledger, durably: one that no program works with is a mark."""
        self._asked("update alembic_version set version_num = ?", version)

    def _asked(self, sql: str, *args: object) -> list[Row]:
        try:
            return self._connection.execute(sql, args).fetchall()
        except sqlite3.Error as error:
            raise told(error) from error


@contextmanager
def held(path: Path) -> Iterator[HeldFile]:
    """The file, which nobody can open meanwhile; raises LedgerError while anybody has it open, frozen ones too.

    Under a write-ahead log whoever has the file open holds a lock of it, whether it works or not.
    """
    if not path.exists():
        msg = f"没有这个数据库 · there is no database at {path}"
        raise LedgerError(msg)
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=0, isolation_level=None)
    except sqlite3.Error as error:
        raise told_at_opening(error, path) from error
    with closing(connection):
        try:
            connection.execute("pragma locking_mode = exclusive")
            connection.execute("begin exclusive")  # nothing is let go of at its end
            connection.execute("commit")
        except sqlite3.Error as error:
            if is_busy(error):
                msg = (
                    f"仍有节点、网页或其他程序在使用 {path}，请先全部停下 · "
                    "a worker, the pages or another program has it open: stop them all first"
                )
                raise LedgerError(msg) from error
            raise told_at_opening(error, path) from error
        yield HeldFile(path, connection)
