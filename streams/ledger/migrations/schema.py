"""The version of the database: bringing it up to date, and refusing what this program does not understand."""

from __future__ import annotations

from typing import Final

from streams.ledger.engines.connect import connect
from streams.ledger.engines.port import Connector
from streams.ledger.errors import LedgerError
from streams.ledger.migrations.revisions import newest, revisions

# Versions that no program works with, whatever its release: marks of `rectify db move`.
FILLING: Final = "filling"
MOVED: Final = "moved"
_MARKS: Final = {
    FILLING: "数据搬迁未完成，再运行一次 rectify db move · this database is not whole: run `rectify db move` once more",
    MOVED: "本库已搬到 PostgreSQL，请改 RECTIFY_DATABASE_URL；搬迁若在最后一刻中断，再运行一次 rectify db move · this "
    "ledger was moved to PostgreSQL: set RECTIFY_DATABASE_URL to it; if the move did not end, run it once more",
}

_IS_THERE: Final = {
    "sqlite": "select 1 from sqlite_master where name = 'alembic_version'",
    "postgresql": "select 1 from pg_class where oid = to_regclass('alembic_version')",
}


async def check(url: str) -> None:
    """Raises LedgerError unless the database has exactly this program's version; LedgerUnavailable if unreachable."""
    connector = await connect(url)
    try:
        await check_connected(connector)
    finally:
        await connector.close()


async def check_connected(connector: Connector) -> None:
    """The same on an open connection."""
    found = await version(connector)
    if found == newest():
        return
    if found in _MARKS:
        msg = _MARKS[found]
    elif found is None:
        msg = "the database is empty: run `rectify db upgrade`"
    elif found in revisions():
        msg = f"the database is older (version {found}) than this program ({newest()}): run `rectify db upgrade`"
    else:
        msg = f"the database is newer (version {found}) than this program ({newest()}): install a newer release"
    raise LedgerError(msg)


async def version(connector: Connector) -> str | None:
    """The schema version of the database, None when it is empty."""
    if not await connector.read(_IS_THERE[connector.dialect], ()):
        return None
    rows = await connector.read("select version_num from alembic_version", ())
    return str(rows[0][0]) if rows else None


async def upgrade(url: str) -> str | None:
    """Brings the database to this program's version, creating it if need be; raises LedgerError when it is newer.

    The version that it had; None: there was none.
    """
    before = await upgrade_to(url, newest())
    await check(url)
    return before


async def upgrade_to(url: str, revision: str) -> str | None:
    """Brings the database to this version, if it is older; the version that it had. Raises LedgerError."""
    from streams.ledger.migrations.migrating import migrate  # alembic and the ORM, which nothing else needs

    return await migrate(url, revision)
