"""From a URL to a connector."""

from __future__ import annotations

from streams.ledger.engines.address import sqlite_path
from streams.ledger.engines.port import Connector
from streams.ledger.engines.sqlite import SqliteConnector
from streams.ledger.engines.sqlite_reader import SqliteReader
from streams.ledger.errors import LedgerError


async def connect(url: str, *, read_only: bool = False) -> Connector:
    """Open the database; raises LedgerUnavailable, or LedgerError when there is no such file."""
    path = sqlite_path(url)
    if path is None:
        from streams.ledger.engines.postgres import PostgresConnector  # and asyncpg with it

        return await PostgresConnector.connect(url, read_only=read_only)
    try:
        exists = path.exists()
    except OSError as error:  # a folder that may not be looked into
        msg = f"无权读取 · no right to look into {path.parent}: {error.strerror}"
        raise LedgerError(msg) from error
    if not exists:
        msg = f"there is no database at {path}: run `rectify db upgrade`"
        raise LedgerError(msg)
    return SqliteReader(path) if read_only else SqliteConnector(path)
