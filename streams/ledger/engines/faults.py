"""What SQLite and its disk say, as sentences for the operator; which of it may pass by itself, and which never will."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Final

from streams.ledger.errors import AlreadyThere, Conflict, LedgerError, LedgerUnavailable, ValueRefused

_PRIMARY: Final = 0xFF  # an extended code holds the primary one in its lowest byte
_TAKEN: Final = frozenset({sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY})
_BUSY: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
_BROKEN: Final = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_CLOSED: Final = frozenset({sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH})
_OF_A_VALUE: Final = (sqlite3.IntegrityError, sqlite3.DataError, sqlite3.ProgrammingError, sqlite3.InterfaceError)
FULL: Final = "磁盘已满，腾出空间后自动继续 · the disk is full: make room, a running worker goes on by itself"
DISK: Final = "磁盘读写出错 · the disk does not read or write"


def is_busy(error: sqlite3.Error) -> bool:
    """Whether another process holds the file."""
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _BUSY


def told(error: sqlite3.Error) -> LedgerError:
    """Our error for SQLite's."""
    extended = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
    code = extended & _PRIMARY
    if extended in _TAKEN:
        return AlreadyThere(str(error))
    if code in _BUSY:
        return Conflict(str(error))
    if code in _BROKEN:
        return LedgerError(f"数据库文件损坏，请从备份恢复 · the file is corrupt, restore a backup: {error}")
    if code == sqlite3.SQLITE_FULL:
        return LedgerUnavailable(f"{FULL} ({error})")
    if code == sqlite3.SQLITE_IOERR:
        return LedgerUnavailable(f"{DISK}: {error}")
    if isinstance(error, sqlite3.OperationalError):
        return LedgerUnavailable(str(error))
    return ValueRefused(str(error)) if isinstance(error, _OF_A_VALUE) else LedgerError(str(error))


def told_at_opening(error: sqlite3.Error, path: Path) -> LedgerError:
    """The same for a file that is being opened: what nobody lets us write will not open by waiting."""
    if getattr(error, "sqlite_errorcode", 0) & _PRIMARY in _CLOSED:
        text = f"无权读写 · no right to read and write {path} and its folder ({error})"
        return LedgerError(f"{text}: give both to the user that runs rectify")
    found = told(error)
    return type(found)(f"{path}: {found}")
