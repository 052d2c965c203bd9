"""Tests on a ledger run on both databases; each stands in the room of what it tests, those of a whole worker too."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.ledger import Ledger, open_ledger
from streams.local.kafka import LocalKafka
from tests.support.ledger import upgrade_alone
from tests.support.pipeline import Pipeline
from tests.support.postgres import Postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_database(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of a database without tables."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger' / 'rectify.db'}"
    url: str = request.getfixturevalue("postgres_url")
    return url


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """The same on PostgreSQL."""
    url = postgres.create_database()
    upgrade_alone(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database that is up to date."""
    kind = "postgres" if request.param == "postgresql" else "sqlite"
    url: str = request.getfixturevalue(f"{kind}_database")
    return url


@pytest.fixture
def postgres_database(postgres: Postgres, migrated_postgres: str) -> str:
    """Return the URL of a PostgreSQL database that is up to date."""
    return postgres.create_database(like=migrated_postgres)


@pytest.fixture
async def ledger(database: str) -> AsyncIterator[Ledger]:
    """The open ledger of the first worker."""
    opened = await open_ledger(database, owner="worker-1")
    yield opened
    await opened.close()


@pytest.fixture
async def postgres_ledgers(postgres_database: str) -> AsyncIterator[tuple[Ledger, Ledger]]:
    """Two workers on one PostgreSQL."""
    first = await open_ledger(postgres_database, owner="worker-1")
    second = await open_ledger(postgres_database, owner="worker-2")
    yield first, second
    await first.close()
    await second.close()


@pytest.fixture
async def pipeline(kafka: LocalKafka, topic_prefix: str, database: str, tmp_path: Path) -> AsyncIterator[Pipeline]:
    """Return topics of their own and an empty database, with no worker yet."""
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as opened:
        yield opened
