"""Tests on a ledger run on both databases; each stands in the room of what it tests, those of a whole worker too."""

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.ledger import Ledger, open_ledger, upgrade
from streams.local.kafka import LocalKafka
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
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that is up to date, to be copied: migrations are tested in ledger/test_schema."""
    path = tmp_path_factory.mktemp("migrated") / "rectify.db"
    _upgrade(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def migrated_postgres(postgres: Postgres) -> str:
    """The same on PostgreSQL."""
    url = postgres.create_database()
    _upgrade(url)
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str:
    """Return the URL of a database that is up to date."""
    kind = "postgres" if request.param == "postgresql" else "sqlite"
    url: str = request.getfixturevalue(f"{kind}_database")
    return url


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_file: Path) -> str:
    """Return the URL of a SQLite database that is up to date."""
    path = tmp_path / "ledger" / "rectify.db"
    path.parent.mkdir()
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture
def postgres_database(postgres: Postgres, migrated_postgres: str) -> str:
    """Return the URL of a PostgreSQL database that is up to date."""
    return postgres.create_database(like=migrated_postgres)


def _upgrade(url: str) -> None:
    # A loop of its own and never the thread's current one, which belongs to pytest-asyncio.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(upgrade(url))


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
