"""`rectify db move`: a ledger goes from its SQLite file to PostgreSQL, whole or not at all.

O-18  A move holds every file that it reads, so that nobody has one open; marks the target, so that no worker takes it
      for a ledger; copies all tables in one transaction and compares each, row by row, with what was read; then marks
      the file as moved, and commits. Interrupted, the file is the ledger as before, or neither is until the move has
      been run again: never both.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Final, NamedTuple

from streams.ledger.engines.address import sqlite_path
from streams.ledger.errors import LedgerError
from streams.ledger.migrations.revisions import newest
from streams.ledger.migrations.schema import FILLING, MOVED, upgrade_to
from streams.ledger.moving.held_file import HeldFile, held
from streams.ledger.moving.target import KEPT_TABLES, MADE_ANEW, MovedTable, Target, filled_in_one

OWN: Final = ""  # the schema of the ledger: the one that the connection has


class Source(NamedTuple):
    """A file, and the schema of the target that its tables go to; the ledger's is the first."""

    file: Path
    schema: str = OWN


class Moved(NamedTuple):
    """A table as it arrived."""

    schema: str
    table: str
    rows: int
    digest: str  # the same on both sides


class Watcher(NamedTuple):
    """Whoever looks on: gets how many rows there are, then how many more were copied or compared."""

    total: Callable[[int], None] = lambda _: None
    passed: Callable[[int], None] = lambda _: None


async def move(sources: Sequence[Source], target_url: str, watcher: Watcher = Watcher()) -> list[Moved]:  # noqa: B008 - frozen
    """Moves them; every table as it arrived. The target's tables beside the ledger's must be there.

    Raises LedgerError: somebody has a file open, the target is not empty or not PostgreSQL, the ledger was moved
    already, a table does not arrive as it was. LedgerUnavailable: the server went; nothing was moved.
    """
    if sqlite_path(target_url) is not None:
        msg = "只能搬到 PostgreSQL · a ledger moves to PostgreSQL: postgresql://user:password@host/name"
        raise LedgerError(msg)
    with ExitStack() as stack:
        files = [(stack.enter_context(held(source.file)), source.schema) for source in sources]
        ledger = files[0][0]
        _check(ledger.version())
        await upgrade_to(target_url, newest())
        tables = await _mark_empty(target_url, files, again=ledger.version() == MOVED)
        watcher.total(2 * sum(file.number(table.name) for file, table in tables))
        async with filled_in_one(target_url) as target:
            await target.open_up([table for _, table in tables])
            await target.check_alone()
            moved = [await _carried(target, file, table, watcher) for file, table in tables]
            for file, table in tables:
                if "pk" in table.columns:
                    await target.number_on(table, file.last_pk(table.name))
            await target.close_up()
            await target.mark(newest())
            ledger.mark(MOVED)  # before the commit: should its answer be lost, nobody works on two ledgers
    return moved


def _check(version: str | None) -> None:
    if version not in (newest(), MOVED):
        msg = f"数据库版本 {version}，请先升级 · its version is {version}: run `rectify db upgrade` first"
        raise LedgerError(msg)


async def _mark_empty(
    target_url: str, files: Sequence[tuple[HeldFile, str]], *, again: bool
) -> list[tuple[HeldFile, MovedTable]]:
    """Marks the target as one that is being filled; the tables of both sides."""
    async with filled_in_one(target_url) as target:
        version = await target.version()
        if again and version != FILLING:
            msg = "本库已搬走，请改 RECTIFY_DATABASE_URL · it was moved already: set RECTIFY_DATABASE_URL"
            raise LedgerError(msg)
        if version not in (newest(), FILLING):
            msg = "目标库版本不符，请用空库 · the target has another version: name an empty database"
            raise LedgerError(msg)
        tables = []
        for file, schema in files:
            place = schema or await target.own_schema()
            names = [name for name in file.tables() if not name.startswith(MADE_ANEW)]
            await target.check_equal(place, names)
            tables += [(file, MovedTable(place, name, file.columns(name))) for name in names if name not in KEPT_TABLES]
        await target.check_alone()
        await target.mark(FILLING)
    return tables


async def _carried(target: Target, file: HeldFile, table: MovedTable, watcher: Watcher) -> Moved:
    """The table, copied and compared."""
    gone = await target.fill(table, file.rows(table.name, table.columns), watcher.passed)
    there = await target.read_back(table)
    watcher.passed(there.rows)
    if (gone.rows, gone.digest) != (there.rows, there.digest):
        rows = f"{gone.rows} rows went, {there.rows} are there, or others"
        msg = f"{table.name}: 搬迁后不一致，未作改动 · not as it was: {rows}; nothing was moved"
        raise LedgerError(msg)
    return Moved(table.schema, table.name, there.rows, there.digest)
