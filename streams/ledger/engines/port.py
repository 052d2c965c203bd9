"""The narrow port to one database connection inside one transaction; sqlite.py and postgres.py implement it.

SQL is written once, with `?` for parameters. What differs between the dialects asks `session.dialect`.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import TYPE_CHECKING, Literal, Protocol

from sqlalchemy import Table

from streams.ledger.engines.weights import Row

if TYPE_CHECKING:
    from streams.ledger.engines.weights import Lighter, Room

Dialect = Literal["sqlite", "postgresql"]


class Session(Protocol):
    """One open transaction. Every method may raise `Conflict` or `LedgerUnavailable`."""

    @property
    def dialect(self) -> Dialect:
        """Which SQL is spoken here."""

    @property
    def room(self) -> Room:
        """For how much text there is room; `match` takes of it."""

    async def rows(self, sql: str, *args: object) -> Sequence[Row]:
        """The rows of a query."""

    async def run(self, sql: str, *args: object) -> int:
        """Execute a statement; how many rows it changed."""

    async def run_each(self, sql: str, rows: Sequence[Row]) -> None:
        """Execute a statement once for each row of parameters."""

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
        """The rows whose columns `by` equal one of the distinct `keys`; order and limit hold for each key alone.

        What a key has beyond `by` are whole numbers, to which `condition` refers as `:1`, `:2`: the text of a statement
        is kept, so moments never stand in it.
        Where there is no room for all of their texts, `lighter` makes what stands for the rest.
        """

    async def insert_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Insert rows as fast as the database can."""

    async def upsert_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row], *, overwrite: bool) -> None:
        """Insert rows; one whose primary key exists already is overwritten, or stays as it is."""

    async def update_many(self, table: Table, columns: Sequence[str], rows: Sequence[Row]) -> None:
        """Update rows by `pk`, which is the last of `columns`."""


class Connector(Protocol):
    """One database."""

    @property
    def dialect(self) -> Dialect:
        """Which SQL is spoken here."""

    def session(self) -> AbstractAsyncContextManager[Session]:
        """A transaction: committed at the end, rolled back on any exception."""

    async def read(self, sql: str, args: Sequence[object], within: float | None = None) -> Sequence[Row]:
        """The rows of a query for people, beside the hot path; parameters in the dialect's own style.

        Raises TooSlow where the database has not found them `within` so many seconds.
        """

    async def glance(self, sql: str, args: Sequence[object]) -> Row:
        """The one row of a statement that only looks, outside of any transaction; with `?` for parameters."""

    async def close(self) -> None:
        """Let go of every connection."""
