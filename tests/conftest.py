"""Servers for the tests: each is real, started when the first test asks for it, and shared by the session."""

import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from hypothesis import HealthCheck, settings

from streams.local.kafka import LocalKafka
from tests.support.command_line import heard, plain_faults
from tests.support.kafka import topic_prefix as new_topic_prefix
from tests.support.kannel import Kannel
from tests.support.keeper import Keeper, ask, own
from tests.support.ledger import upgrade_alone
from tests.support.long import mark_second_databases
from tests.support.postgres import BRIEF, Postgres
from tests.support.proof import IntegrationProof
from tests.support.smtp import SmtpServer

LONGEST: Final = (
    "under_fire", "dispatch_killed", "unit_page", "demo", "histories", "crash", "pipeline_outage", "known_logs",
    "zombie", "secrets", "supervision", "scenarios", "cli", "support_servers", "upgrade_filled", "database_faults",
    "followers_in_any_order", "fetches", "backup",
)  # fmt: skip

# How long an example takes is the machine's business: a busy one must not fail a test that is right.
settings.register_profile("rectify", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("rectify")


def pytest_addoption(parser: pytest.Parser) -> None:
    """Offer `--require-integration`, which `make test` uses."""
    parser.addoption(
        "--require-integration",
        action="store_true",
        help="fail unless integration tests ran, and none of them was skipped or deselected",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Count integration tests where they are required; keep a Kafka for processes that share the tests.

    A shell that runs the suite in the background has it ignore Ctrl-C; what the tests start must not inherit that.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    plain_faults()
    if getattr(config.option, "numprocesses", None) and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Keeper())
    if config.getoption("--require-integration"):
        config.pluginmanager.register(IntegrationProof())


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The longest files begin first: one that began last would end alone, while the other processes are idle."""
    mark_second_databases(items)
    place = {f"test_{name}.py": number for number, name in enumerate(LONGEST)}
    items.sort(key=lambda item: place.get(item.path.name, len(place)))


@pytest.fixture(autouse=True)
def _heard() -> Iterator[None]:
    """What a command in this process did to the logs is over with its test."""
    yield
    heard()


@pytest.fixture(scope="session")
def kafka(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalKafka]:
    """Apache Kafka; tests keep apart by `topic_prefix` and group names, and must not stop it."""
    kept = getattr(pytestconfig, "workerinput", {}).get("kept")
    if kept:
        yield ask(Path(kept))
        return
    with own(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker


@pytest.fixture
def topic_prefix() -> str:
    """Return a topic prefix that no other test uses."""
    return new_topic_prefix()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """PostgreSQL; a test takes a database of its own with `create_database()`."""
    server = Postgres(**BRIEF)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def postgres_url(postgres: Postgres) -> str:
    """Return the URL of an empty database."""
    return postgres.create_database()


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite database that is up to date, to be copied: migrations are tested in integration/ledger."""
    path = tmp_path_factory.mktemp("migrated") / "rectify.db"
    upgrade_alone(f"sqlite:///{path}")
    return path


@pytest.fixture
def sqlite_database(tmp_path: Path, migrated_file: Path) -> str:
    """Return the URL of a SQLite database that is up to date."""
    path = tmp_path / "ledger" / "rectify.db"
    path.parent.mkdir()
    shutil.copy(migrated_file, path)
    return f"sqlite:///{path}"


@pytest.fixture(scope="session")
def kannel(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kannel]:
    """Kannel; tests keep apart by the receivers' numbers."""
    gateway = Kannel(tmp_path_factory.mktemp("kannel"))
    gateway.start()
    yield gateway
    gateway.stop()


@pytest.fixture
def smtp_server() -> Iterator[SmtpServer]:
    """Return a mail server that behaves until it is told not to."""
    server = SmtpServer()
    server.start()
    yield server
    server.end()


@pytest.fixture
def kafka_folder(tmp_path: Path) -> Path:
    """Return a folder, with a difficult name, for a broker that a test may stop and kill."""
    return tmp_path / "卡夫卡 1,2"
