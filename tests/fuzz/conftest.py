"""The two databases that the fuzz commits to."""

from collections.abc import Iterator

import pytest

from tests.fuzz.ledgers import Offices
from tests.support.postgres import Postgres


@pytest.fixture(scope="session")
def offices(tmp_path_factory: pytest.TempPathFactory, postgres: Postgres) -> Iterator[Offices]:
    """A SQLite file and a PostgreSQL database, with a worker on each."""
    file = tmp_path_factory.mktemp("fuzz") / "rectify.db"
    both = Offices([f"sqlite:///{file}", postgres.create_database()])
    yield both
    both.close()
