"""Running the migrations. Imported by who runs them: alembic and the ORM are a third of what a command would load."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

import asyncpg
from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, create_engine, event
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from streams.ledger.engines.address import sqlite_path
from streams.ledger.engines.encryption import encryption
from streams.ledger.engines.faults import told_at_opening
from streams.ledger.engines.server_faults import reached
from streams.ledger.engines.sqlite import write_ahead
from streams.ledger.errors import LedgerError
from streams.ledger.migrations.revisions import MIGRATIONS, revisions

_BUSY: Final = 30.0  # seconds to wait for another process that upgrades too

_FAILED: Final = "升级未完成，数据库未变 · the upgrade failed and changed nothing: {}"


async def migrate(url: str, revision: str) -> str | None:
    """Brings the database to this version, if it is older, creating it if need be; raises LedgerError.

    The version that it had; None: there was none.
    """
    path = sqlite_path(url)
    if path is not None:
        return await asyncio.to_thread(_upgrade_sqlite, path, revision)
    return await _upgrade_postgres(url, revision)


def _upgrade_sqlite(path: Path, target: str) -> str | None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(path)) as connection:
            write_ahead(connection, _BUSY)
    except OSError as error:
        msg = f"无法建立数据库 · cannot make the database {path}: {error.strerror}"
        raise LedgerError(msg) from error
    except sqlite3.Error as error:
        raise told_at_opening(error, path) from error
    engine = create_engine(
        f"sqlite:///{path}", poolclass=NullPool, connect_args={"timeout": _BUSY, "isolation_level": None}
    )
    # The driver would begin too late, and a migration must be all or nothing.
    event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("begin immediate"))
    try:
        with engine.begin() as transaction:
            return _migrate(transaction, target)
    except DBAPIError as error:
        cause = error.orig
        if isinstance(cause, sqlite3.Error) and getattr(cause, "sqlite_errorcode", 0) != sqlite3.SQLITE_ERROR:
            raise told_at_opening(cause, path) from error
        raise LedgerError(_FAILED.format(f"{path}: {cause}")) from error


async def _upgrade_postgres(url: str, target: str) -> str | None:
    async def dial() -> asyncpg.Connection:
        with reached():
            return await asyncpg.connect(url, ssl=encryption(url))

    engine = create_async_engine("postgresql+asyncpg://", async_creator=dial, poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            await connection.exec_driver_sql("select pg_advisory_xact_lock(hashtext('rectify db upgrade'))")
            return await connection.run_sync(_migrate, target)
    except DBAPIError as error:
        raise LedgerError(_FAILED.format(error.orig)) from error


def _migrate(connection: Connection, target: str) -> str | None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    config.attributes["connection"] = connection
    found: str | None = None
    if connection.dialect.has_table(connection, "alembic_version"):
        row = connection.exec_driver_sql("select version_num from alembic_version").first()
        found = str(row[0]) if row else None
    if found is not None and found not in revisions():
        return found  # newer; `check` says so
    try:
        command.upgrade(config, target)
    except (ValueError, LookupError, TypeError, ArithmeticError) as error:  # a row is not as its version writes it
        raise LedgerError(_FAILED.format(f"{type(error).__name__}: {error}")) from error
    return found
