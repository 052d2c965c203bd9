"""A network that loses connections without a word: the ledger does not wait for them one after the other."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from time import monotonic

import pytest

from streams.ledger import LedgerUnavailable
from streams.ledger.engines.postgres import PostgresConnector
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy

PATIENCE = 1.5  # seconds for a command
AT_ONCE = 4


@pytest.fixture
def line(postgres: Postgres) -> Iterator[Proxy]:
    """The way to the database."""
    proxy = Proxy(postgres.port).start()
    yield proxy
    proxy.stop()


@pytest.fixture
async def connector(line: Proxy, postgres: Postgres, postgres_url: str) -> AsyncIterator[PostgresConnector]:
    """A pool that has used several connections, all of which are idle now."""
    url = postgres_url.replace(f":{postgres.port}/", f":{line.port}/")
    pool = await PostgresConnector.connect(url, command_timeout=PATIENCE)
    async with AsyncExitStack() as stack:
        for _ in range(AT_ONCE):
            await stack.enter_async_context(pool.session())
    assert line.connections == AT_ONCE
    yield pool
    await pool.close()


async def test_forgotten_connections_cost_one_timeout(line: Proxy, connector: PostgresConnector) -> None:
    """One attempt fails after the time for a command; the next one has a new connection, whatever lay idle."""
    line.forget()
    began = monotonic()
    with pytest.raises(LedgerUnavailable):
        async with connector.session():
            pass
    async with connector.session() as session:
        assert await session.rows("select 1") == [(1,)]
    assert monotonic() - began < 2 * PATIENCE


async def test_forgotten_within_a_transaction(line: Proxy, connector: PostgresConnector) -> None:
    """No rollback is waited for."""
    began = monotonic()

    async def interrupted() -> None:
        async with connector.session() as session:
            line.forget()
            await session.rows("select 1")

    with pytest.raises(LedgerUnavailable):
        await interrupted()
    async with connector.session() as session:
        assert await session.rows("select 1") == [(1,)]
    assert monotonic() - began < 2 * PATIENCE


async def test_whoever_gives_up_waiting_is_let_go(line: Proxy, connector: PostgresConnector) -> None:
    """A readiness probe has its own patience, and its next question goes over another connection."""
    line.forget()
    began = monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.3), connector.session():
            pass
    assert monotonic() - began < PATIENCE


async def test_both_sides_ask_whether_the_other_is_there(connector: PostgresConnector) -> None:
    """Half a minute, instead of the two hours that systems have by default."""
    async with connector.session() as session:
        told = await session.rows("select name, setting from pg_settings where name like 'tcp_%'")
        line = session._connection._transport.get_extra_info("socket")
        assert line.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 15
        assert line.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000
    assert {row[0]: row[1] for row in told} == {
        "tcp_keepalives_idle": "15",
        "tcp_keepalives_interval": "5",
        "tcp_keepalives_count": "3",
        "tcp_user_timeout": "30000",
    }
