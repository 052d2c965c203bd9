"""A copy of a SQLite ledger while a worker writes to it: SQLite's own online backup. PostgreSQL has pg_dump."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import Final

from streams.ledger.address import sqlite_path
from streams.ledger.errors import LedgerError
from streams.ledger.faults import told, told_at_opening
from streams.ledger.schema import check

_PAGES: Final = 2_000  # copied at a time; a writer waits no longer than that takes
_PAUSE: Final = 0.01  # seconds
PG_DUMP: Final = "pg_dump -Fc -d 'postgresql://...' -f FILE"


async def back_up(url: str, target: Path) -> int:
    """Copies the database to `target`, which appears only when it is whole and sound; its size in bytes.

    Raises LedgerError: PostgreSQL, a target that exists, a database that this program does not understand, no room.
    """
    path = sqlite_path(url)
    if path is None:
        raise LedgerError(f"PostgreSQL 请用 pg_dump 备份 · PostgreSQL has its own tool: {PG_DUMP}")
    await check(url)
    return await asyncio.to_thread(_copy, path, target)


def _copy(path: Path, target: Path) -> int:
    partial = target.with_name(f".{target.name}.partial")
    if target.exists():
        raise LedgerError(f"文件已存在，不会覆盖 · is there already and stays as it is: {target}")
    try:
        with suppress(FileNotFoundError):
            partial.unlink()
        partial.touch(mode=0o600)  # names, addresses and numbers of people
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
            _through(source, partial)
        size = partial.stat().st_size
        partial.replace(target)
    except OSError as error:
        raise LedgerError(f"无法写入备份 · cannot write the backup {target}: {error.strerror}") from error
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    return size


def _through(source: sqlite3.Connection, partial: Path) -> None:
    try:
        copy = sqlite3.connect(partial)
    except sqlite3.Error as error:
        raise told_at_opening(error, partial) from error
    with closing(copy):
        try:
            source.backup(copy, pages=_PAGES, sleep=_PAUSE)
            copy.execute("pragma journal_mode = delete")  # one file, nothing beside it
            ((said,),) = copy.execute("pragma quick_check(1)").fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"备份未完成 · the backup was not finished: {told(error)}") from error
    if said != "ok":
        raise LedgerError(f"备份有误，数据库已损坏 · the copy is corrupt, and so is the database: {said}")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
