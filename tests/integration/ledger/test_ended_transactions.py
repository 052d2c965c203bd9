"""A transaction that PostgreSQL ends because too long is computed in it: known as such, harmless to what follows."""

from __future__ import annotations

import asyncio

import pytest

from streams.ledger import Ledger, LedgerUnavailable, TransactionEnded
from streams.ledger.engines.postgres import PostgresConnector
from streams.worker.health import Health, Identity

IDLE = 0.2  # seconds; a worker's server waits for 20


async def computing(ledger: Ledger) -> None:
    """Too long between two statements."""
    async with ledger.transaction() as tx:
        await tx.registry.version()
        await asyncio.sleep(3 * IDLE)
        await tx.registry.version()


async def computing_last(ledger: Ledger) -> None:
    """Too long before the commit."""
    async with ledger.transaction() as tx:
        await tx.registry.version()
        await asyncio.sleep(3 * IDLE)


async def test_it_is_told_from_a_lost_connection(postgres_database: str) -> None:
    """After the time that the server waits: `TransactionEnded`; a connection that it drops at once is out of reach."""
    connector = await PostgresConnector.connect(postgres_database, idle=IDLE)
    ledger = Ledger(connector, "worker-1")
    for word in (computing, computing_last):
        with pytest.raises(TransactionEnded):
            await word(ledger)
    with pytest.raises(LedgerUnavailable) as lost:
        async with ledger.transaction() as tx:
            await tx._session.rows("select pg_terminate_backend(pg_backend_pid())")
    assert not isinstance(lost.value, TransactionEnded)
    await ledger.close()


async def test_a_worker_goes_on_answering_whether_it_is_ready(postgres_database: str) -> None:
    """Ten batches in a row are ended, more than it has connections: the database is there, and the next one commits."""
    ledger = Ledger(await PostgresConnector.connect(postgres_database, idle=IDLE), "worker-1")

    async def answers() -> bool:
        async with ledger.transaction() as tx:
            await tx.registry.version()
        return True

    health = Health(
        in_group=lambda: True,
        broker=answers,
        database=answers,
        oldest_batch_seconds=lambda: 0.0,
        identity=Identity("city", "rectify", "cluster"),
    )

    for _ in range(2):
        results = await asyncio.gather(*(computing(ledger) for _ in range(5)), return_exceptions=True)
        assert all(isinstance(result, LedgerUnavailable) for result in results)
        async with asyncio.timeout(10):
            await health.probe()
        assert all(check.ok for check in health.checks().values())
    await ledger.close()
