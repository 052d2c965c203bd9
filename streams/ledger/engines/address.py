"""Database URLs: `sqlite:///path` and `postgresql://user:password@host:port/name`."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from streams.ledger.errors import LedgerError

_SQLITE = "sqlite:///"


def sqlite_path(url: str) -> Path | None:
    """The file of a SQLite URL, None for PostgreSQL; raises LedgerError for anything else."""
    if url.startswith(("postgresql://", "postgres://")):
        return None
    if url.startswith(_SQLITE) and len(url) > len(_SQLITE) and ":memory:" not in url:
        return Path(unquote(url.removeprefix(_SQLITE)))
    msg = "the database URL must be `sqlite:///<file>` or `postgresql://user:password@host/name`"
    raise LedgerError(msg)
