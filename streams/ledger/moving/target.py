"""The PostgreSQL database that a ledger is moved to: empty, marked, then filled in one transaction."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from typing import Final, NamedTuple

import asyncpg

from streams.ledger.engines.encryption import encryption
from streams.ledger.engines.server_faults import reached, translated
from streams.ledger.engines.weights import Row
from streams.ledger.errors import LedgerError, ValueRefused
from streams.ledger.moving.row_digest import RowDigest

_CONNECT_SECONDS: Final = 10.0
_ROWS: Final = 2_000  # at a time
_LOOKS: Final = 20
_PAUSE_SECONDS: Final = 0.1
_NO_LIMITS: Final = (  # building an index over millions of rows takes its time
    "set local statement_timeout = 0; set local idle_in_transaction_session_timeout = 0; "
    "set local lock_timeout = '30s'; set local maintenance_work_mem = '256MB'"
)
_TABLES: Final = """
    select c.relname from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where c.relkind = 'r' and n.nspname = $1 order by c.relname"""
_COLUMNS: Final = """
    select a.attname, a.atttypid = 'bool'::regtype from pg_attribute a
    where a.attrelid = $1::regclass and a.attnum > 0 and not a.attisdropped"""
_INDEXES: Final = """
    select x.indexrelid::regclass::text, pg_get_indexdef(x.indexrelid) from pg_index x
    where x.indrelid = $1::regclass and not exists (select 1 from pg_constraint c where c.conindid = x.indexrelid)"""
_OTHERS: Final = """
    select count(*) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name = 'rectify'"""
KEPT_TABLES: Final = frozenset({"alembic_version", "version"})  # what versions are noted in
MADE_ANEW: Final = "search_"  # how tables begin that differ by engine: the pages fill them again from the topic


class MovedTable(NamedTuple):
    """A table of both databases."""

    schema: str
    name: str
    columns: list[str]  # in the order of the file

    @property
    def quoted(self) -> str:
        """For SQL."""
        return f'"{self.schema}"."{self.name}"'


class Target:
    """One connection, in one transaction from the first row to the last."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        """Comes from `filled_in_one`."""
        self._connection = connection
        self._indexes: list[str] = []

    async def own_schema(self) -> str:
        """Where the tables of the ledger are."""
        return str(await self._connection.fetchval("select current_schema()"))

    async def check_equal(self, schema: str, names: Iterable[str]) -> None:
        """Raises LedgerError unless exactly these tables are here, and nothing is in them."""
        tables = await self._connection.fetch(_TABLES, schema)
        there = [name for (name,) in tables if not name.startswith(MADE_ANEW)]
        if (missing := sorted(set(there) ^ set(names))) != []:
            msg = f"两边的表不同 · not the same tables on both sides: {', '.join(missing)}"
            raise LedgerError(msg)
        for name in there:
            if name not in KEPT_TABLES and await self._connection.fetchval(
                f'select exists (select 1 from "{schema}"."{name}")'  # noqa: S608 - our own names
            ):
                msg = f"目标库里已有数据（{name}），请用空库 · the database is not empty ({name}): name an empty one"
                raise LedgerError(msg)

    async def check_alone(self) -> None:
        """Raises LedgerError while any other process of ours is connected; one that is leaving has a few seconds."""
        for _ in range(_LOOKS):
            await self._connection.execute("select pg_stat_clear_snapshot()")
            if not await self._connection.fetchval(_OTHERS):
                return
            await asyncio.sleep(_PAUSE_SECONDS)
        msg = "目标库仍有节点或网页连着，请先停下 · workers or pages are connected to the database: stop them first"
        raise LedgerError(msg)

    async def open_up(self, tables: Iterable[MovedTable]) -> None:
        """Nobody else reads or writes the tables from now on; without indexes they are filled several times as fast."""
        for table in tables:
            await self._connection.execute(f"truncate {table.quoted}")  # locks it, and rows need no log of their own
            for name, definition in await self._connection.fetch(_INDEXES, table.quoted):
                await self._connection.execute(f"drop index {name}")
                self._indexes.append(definition)

    async def fill(self, table: MovedTable, rows: Iterable[Row], passed: Callable[[int], None]) -> RowDigest:
        """Copies the rows in one stream; what has gone by. `passed` gets how many more, now and then."""
        kinds: dict[str, bool] = dict(await self._connection.fetch(_COLUMNS, table.quoted))
        if kinds.keys() != set(table.columns):
            msg = f"{table.name}: 两边的列不同 · not the same columns on both sides"
            raise LedgerError(msg)
        flags = [place for place, name in enumerate(table.columns) if kinds[name]]
        digest = RowDigest()

        def stream() -> Iterable[Row]:
            for row in rows:
                moved = tuple(row)
                if flags:  # 0 and 1 in the file
                    values = list(row)
                    for place in flags:
                        values[place] = None if values[place] is None else bool(values[place])
                    moved = tuple(values)
                digest.add(moved)
                if digest.rows % _ROWS == 0:
                    passed(_ROWS)
                yield moved

        try:
            with translated():
                await self._connection.copy_records_to_table(
                    table.name, schema_name=table.schema, columns=table.columns, records=stream()
                )
        except ValueRefused as error:
            msg = f"{table.name}, 第 {digest.rows} 行前后 · PostgreSQL refuses a value near row {digest.rows}: {error}"
            raise LedgerError(msg) from error
        passed(digest.rows % _ROWS)
        return digest

    async def read_back(self, table: MovedTable) -> RowDigest:
        """What is in the table now."""
        names = ", ".join(f'"{name}"' for name in table.columns)
        digest = RowDigest()
        async for row in self._connection.cursor(f"select {names} from {table.quoted}", prefetch=_ROWS):  # noqa: S608
            digest.add(tuple(row))
        return digest

    async def number_on(self, table: MovedTable, last: int) -> None:
        """The table numbers its next rows above `last`."""
        sequence = await self._connection.fetchval("select pg_get_serial_sequence($1, 'pk')", table.quoted)
        if sequence is not None:
            await self._connection.execute("select setval($1::text::regclass, $2, false)", sequence, last + 1)
        elif table.name == "tickets":
            await self._connection.execute("select setval('ticket_numbers', $1, false)", last + 1)

    async def close_up(self) -> None:
        """Indexes and statistics as a database has that has grown by itself."""
        for definition in self._indexes:
            await self._connection.execute(definition)
        await self._connection.execute("analyze")

    async def mark(self, version: str) -> None:
        """Writes the version; see `HeldFile.mark`."""
        await self._connection.execute("update alembic_version set version_num = $1", version)

    async def version(self) -> str | None:
        """What is written there."""
        found: str | None = await self._connection.fetchval("select version_num from alembic_version")
        return found


@asynccontextmanager
async def filled_in_one(url: str) -> AsyncIterator[Target]:
    """The database in one transaction: whatever fails, nothing of it was. Raises as `Connector` does."""
    with reached():
        connection = await asyncpg.connect(
            url,
            ssl=encryption(url),
            timeout=_CONNECT_SECONDS,
            server_settings={"application_name": "rectify db move"},
        )
    try:
        with translated():
            async with connection.transaction():
                await connection.execute(_NO_LIMITS)
                yield Target(connection)
    finally:
        connection.terminate()
