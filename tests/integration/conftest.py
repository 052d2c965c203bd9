"""The ledger's tests run on both databases."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.broker import LocalKafka
from streams.ledger import Ledger, open_ledger, upgrade
from tests.support.pipeline import Pipeline


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger' / 'rectify.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture
async def database(empty_database: str) -> str:
    """Return the URL of a database that is up to date."""
    await upgrade(empty_database)
    return empty_database


@pytest.fixture
async def ledger(database: str) -> AsyncIterator[Ledger]:
    """The open ledger of the first worker."""
    opened = await open_ledger(database, owner="worker-1")
    yield opened
    await opened.close()


@pytest.fixture
async def postgres_ledgers(postgres_url: str) -> AsyncIterator[tuple[Ledger, Ledger]]:
    """Two workers on one PostgreSQL."""
    await upgrade(postgres_url)
    first = await open_ledger(postgres_url, owner="worker-1")
    second = await open_ledger(postgres_url, owner="worker-2")
    yield first, second
    await first.close()
    await second.close()


@pytest.fixture
async def pipeline(kafka: LocalKafka, topic_prefix: str, database: str, tmp_path: Path) -> AsyncIterator[Pipeline]:
    """Return topics of their own and an empty database, with no worker yet."""
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as opened:
        yield opened
