"""SQLite beside another process that writes: waited for, while everything else in the worker goes on."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

from streams.ledger import Conflict, Ledger, check, open_ledger, upgrade
from streams.ledger.reading.polling import due_work
from streams.worker.health import Health, Identity
from streams.worker.metrics import Metrics
from streams.worker.pages import build_app, serve
from tests.support.ledger import NOW
from tests.support.processors import TOPICS, ProcessorOnLedger

PATIENCE = 2.0  # seconds; SQLite's own wait would be five
FINDING = {"asset_id": "a", "check": "text.typo", "observed_at": "2026-03-02T10:00:00+08:00"}


@pytest.fixture
def other(sqlite_database: str) -> Iterator[sqlite3.Connection]:
    """Another process's connection, which holds the file."""
    with closing(sqlite3.connect(sqlite_database.removeprefix("sqlite:///"), isolation_level=None)) as connection:
        connection.execute("begin immediate")
        yield connection


async def test_a_batch_waits_and_the_loop_does_not(sqlite_database: str, other: sqlite3.Connection) -> None:
    """Meanwhile /healthz answers and the ledger can be looked at; when the file is free the batch is committed once."""
    ledger = await open_ledger(sqlite_database, owner="worker-1")
    processor = ProcessorOnLedger(ledger, "2026-03-02 12:00")

    async def answers() -> bool:
        return True

    health = Health(
        in_group=lambda: True,
        broker=answers,
        database=answers,
        oldest_batch_seconds=lambda: 0.0,
        identity=Identity("city", "rectify", "cluster"),
    )

    async def observe() -> None:
        """Nothing of the database is asked for."""

    async with serve(build_app(health, Metrics(), observe=observe), "127.0.0.1", 0) as port:
        sending = asyncio.create_task(processor.send(FINDING))
        async with asyncio.timeout(PATIENCE), httpx.AsyncClient(trust_env=False) as client:
            for _ in range(10):
                assert (await client.get(f"http://127.0.0.1:{port}/healthz")).status_code == 200
                await due_work(ledger, *NOW)
        assert not sending.done()
        other.execute("commit")
        await sending
    assert len(processor.published(TOPICS.tickets)) == 1
    await ledger.close()


async def test_whoever_waits_may_be_stopped(sqlite_database: str, other: sqlite3.Connection) -> None:
    """A cancelled wait leaves the turn to the next one."""
    ledger = await open_ledger(sqlite_database, owner="worker-1")

    async def version() -> int:
        async with ledger.transaction() as tx:
            return await tx.registry.version()

    first, second = asyncio.create_task(version()), asyncio.create_task(version())
    await asyncio.sleep(0)
    first.cancel()
    other.execute("rollback")
    assert await second == 0
    with pytest.raises(asyncio.CancelledError):
        await first
    await ledger.close()


async def test_who_never_lets_go_is_a_conflict(
    sqlite_database: str, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After some seconds the caller hears of it, and tries again or not."""
    monkeypatch.setattr("streams.ledger.engines.sqlite._BUSY", 0.05)
    ledger: Ledger = await open_ledger(sqlite_database, owner="worker-1")
    with pytest.raises(Conflict, match="locked"):
        async with ledger.transaction():
            pytest.fail("the other one has it")
    other.execute("rollback")
    async with ledger.transaction() as tx:
        assert await tx.registry.version() == 0
    await ledger.close()


async def test_a_new_file_that_another_process_is_about_to_fill(tmp_path: Path) -> None:
    """Two upgrades at once: SQLite refuses a write-ahead log while another writes; it is asked again."""
    path = tmp_path / "rectify.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("create table of_another (number)")
        connection.execute("begin immediate")
        upgrading = asyncio.create_task(upgrade(f"sqlite:///{path}"))
        done, _ = await asyncio.wait({upgrading}, timeout=0.3)
        assert done == set()
        connection.execute("commit")
        await upgrading
    await check(f"sqlite:///{path}")
