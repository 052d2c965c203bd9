"""A copy of a SQLite ledger while a worker writes to it: SQLite's own online backup. PostgreSQL has pg_dump."""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import IO, Final

from streams.ledger.engines.address import sqlite_path
from streams.ledger.engines.faults import told, told_at_opening
from streams.ledger.errors import CopyError, LedgerError
from streams.ledger.migrations.schema import check

# In one step, as one reader: under a write-ahead log a reader holds no writer up. In several steps SQLite begins anew
# whenever somebody has written between two of them, and beside a busy worker it never ends.
_ALL: Final = -1  # pages at a time
PG_DUMP: Final = "pg_dump -Fc -d 'postgresql://...' -f FILE"


async def back_up(url: str, target: Path) -> int:
    """Copies the database to `target`, which appears only when it is whole and sound; its size in bytes.

    Raises CopyError: PostgreSQL, a target that exists, no room. LedgerError: a database that this program does not
    understand, or that is corrupt.
    """
    path = sqlite_path(url)
    if path is None:
        raise CopyError(f"PostgreSQL 请用 pg_dump 备份 · PostgreSQL has its own tool: {PG_DUMP}")
    await check(url)
    return await copy_file(path, target)


async def copy_file(path: Path, target: Path) -> int:
    """Copies a SQLite file while others write to it, as `back_up` does; raises as it does."""
    return await asyncio.to_thread(_copy, path, target)


def _copy(path: Path, target: Path) -> int:
    partial = target.with_name(f".{target.name}.partial")
    refuse_existing(target)
    try:
        with partial.open("ab") as lock:
            _take(lock, partial)
            try:
                partial.chmod(0o600)  # names, addresses and numbers of people
                os.truncate(partial, 0)  # what a killed one has left
                with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as source:
                    _through(source, partial)
                size = partial.stat().st_size
                refuse_existing(target)
                partial.replace(target)
            except BaseException:
                partial.unlink(missing_ok=True)
                raise
    except OSError as error:
        raise CopyError(f"无法写入备份 · cannot write the backup {target}: {error.strerror}") from error
    return size


def refuse_existing(target: Path) -> None:
    """Raises CopyError where there is a file already: no backup is ever written over."""
    if target.exists():
        raise CopyError(f"备份文件已存在，不会覆盖，请换个名字 · is there already and stays as it is: {target}")


def _take(lock: IO[bytes], partial: Path) -> None:
    """Two copies at once into one file would be neither's."""
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise CopyError(f"另一个备份正在写同一文件 · another backup is writing it: {partial}") from None


def _through(source: sqlite3.Connection, partial: Path) -> None:
    try:
        copy = sqlite3.connect(partial)
    except sqlite3.Error as error:
        raise told_at_opening(error, partial) from error
    with closing(copy):
        try:
            source.backup(copy, pages=_ALL)
            copy.execute("pragma journal_mode = delete")  # one file, nothing beside it
            ((said,),) = copy.execute("pragma quick_check(1)").fetchall()
        except sqlite3.Error as error:
            raise LedgerError(f"备份未完成 · the backup was not finished: {told(error)}") from error
    if said != "ok":
        raise LedgerError(f"备份有误，数据库已损坏 · the copy is corrupt, and so is the database: {said}")
    with partial.open("rb") as file:
        os.fsync(file.fileno())
