"""Upgrading, and refusing what this program does not understand."""

import asyncio
import sqlite3
from contextlib import closing
from pathlib import Path

import asyncpg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import Connection, create_engine
from sqlalchemy.ext.asyncio import create_async_engine

from streams.ledger import LedgerError, LedgerUnavailable, check, open_ledger, upgrade
from streams.ledger.columns import metadata
from streams.local.processes import free_ports


async def test_upgrade_makes_an_empty_database_usable(empty_database: str) -> None:
    """After `upgrade` the check passes and a transaction works; once more changes nothing."""
    await upgrade(empty_database)
    await upgrade(empty_database)
    await check(empty_database)
    ledger = await open_ledger(empty_database)
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {}
    await ledger.close()


async def test_two_processes_may_upgrade_at_once(empty_database: str) -> None:
    """Whoever comes second finds the work done."""
    await asyncio.gather(upgrade(empty_database), upgrade(empty_database))
    await check(empty_database)


async def test_an_empty_database_is_refused(empty_database: str) -> None:
    """The sentence says what to run."""
    with pytest.raises(LedgerError, match="rectify db upgrade") as caught:
        await open_ledger(empty_database)
    assert not caught.value.retriable


@pytest.mark.parametrize(("version", "sentence"), [("9999", "newer"), ("0001", "older")])
async def test_another_version_is_refused(database: str, version: str, sentence: str) -> None:
    """An older database asks for the upgrade, a newer one for another release; a newer one is not touched."""
    await _execute(database, f"update alembic_version set version_num = '{version}'")  # noqa: S608 - one of the two above
    with pytest.raises(LedgerError, match=sentence):
        await check(database)
    if sentence == "newer":
        with pytest.raises(LedgerError, match=sentence):
            await upgrade(database)


async def test_the_migrations_make_what_the_tables_say(database: str) -> None:
    """Alembic finds no difference between the migrated database and the metadata."""
    assert await _differences(database) == []


async def test_an_unreachable_server_is_worth_another_try(postgres_url: str) -> None:
    """LedgerUnavailable is retriable."""
    (port,) = free_ports(1)
    url = f"postgresql://nobody:secret@127.0.0.1:{port}/nothing"
    for attempt in (open_ledger(url), check(url), upgrade(url)):
        with pytest.raises(LedgerUnavailable):
            await attempt
    assert LedgerUnavailable.retriable


@pytest.mark.parametrize("url", ["mysql://host/db", "sqlite://", "sqlite:///", "sqlite:///:memory:", "/some/file"])
async def test_other_urls_are_refused(url: str) -> None:
    """The sentence shows the two forms that are understood."""
    with pytest.raises(LedgerError, match="sqlite:///<file>"):
        await check(url)


async def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    """A wrong path does not end in a traceback of the driver."""
    path = tmp_path / "not a database.db"
    path.write_bytes(b"hello " * 1_000)
    with pytest.raises(LedgerError, match="not a database"):
        await open_ledger(f"sqlite:///{path}")


async def _execute(url: str, sql: str) -> None:
    if url.startswith("sqlite"):
        with closing(sqlite3.connect(url.removeprefix("sqlite:///"), isolation_level=None)) as connection:
            connection.execute(sql)
    else:
        server = await asyncpg.connect(url)
        await server.execute(sql)
        await server.close()


def _compare(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
    return list(compare_metadata(context, metadata))


async def _differences(url: str) -> list[object]:
    if url.startswith("sqlite"):
        with create_engine(url).connect() as connection:
            return _compare(connection)
    engine = create_async_engine(url.replace("postgresql://", "postgresql+asyncpg://"))
    async with engine.connect() as server:
        found = await server.run_sync(_compare)
    await engine.dispose()
    return found
