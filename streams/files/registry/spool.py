"""Checked records of a registry file on disk: a file is parsed once, and never stands in memory whatever its size."""

from __future__ import annotations

import errno
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final, NamedTuple

_TABLES: Final = """
pragma journal_mode = off;
create table records (key text unique, place text, value blob);
create table repeated (key text, place text, field text);
begin;
"""


class Repeated(NamedTuple):
    """A key that stands in the file for the second time."""

    key: str
    place: str
    column: str
    first: str  # where it stood before


class Spool:
    """Records in the order of their file, in a database without a name: on disk, and gone with its last reader.

    Every method raises OSError when the disk, or the folder of temporary files, does not take or give them.
    """

    def __init__(self) -> None:
        # Read in one thread and used in another, never at once: pages let a thread read a file.
        self._sql = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._sql.executescript(_TABLES)
        self.records = 0
        self.strangers: Counter[tuple[str, str]] = Counter()  # kind, field that the schema does not know
        self.notes: list[str] = []  # what was passed over

    def add(self, key: str, place: str, column: str, value: bytes) -> None:
        """One record as JSON, and where its id stands."""
        self.records += 1
        with _on_disk():
            known = self._sql.execute("insert or ignore into records values (?, ?, ?)", (key, place, value))
            if not known.rowcount:
                self._sql.execute("insert into repeated values (?, ?, ?)", (key, place, column))

    def repeated(self) -> Iterator[Repeated]:
        """Every record whose key was there before."""
        found = "select key, repeated.place, field, records.place from repeated join records using (key)"
        with _on_disk():
            yield from map(Repeated._make, self._sql.execute(f"{found} order by repeated.rowid"))

    def place(self, key: str) -> str:
        """Where a record stands in its file."""
        with _on_disk():
            rows = self._sql.execute("select place from records where key = ?", (key,)).fetchall()
        return str(rows[0][0]) if rows else ""

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Keys and values; of a key that stands twice the first."""
        with _on_disk():
            yield from self._sql.execute("select key, value from records order by rowid")


@contextmanager
def _on_disk() -> Iterator[None]:
    try:
        yield
    except sqlite3.Error as error:
        raise OSError(
            errno.EIO, f"{error} in the folder of temporary files: make room, or name another by TMPDIR"
        ) from error
