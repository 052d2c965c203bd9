"""A command is there at once: it loads what it uses, and no library for what other commands do."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Final

import pytest
from alembic.script import ScriptDirectory

from streams.ledger import upgrade
from streams.ledger.migrations.revisions import MIGRATIONS, revisions

HEAVY: Final = {
    "aiohttp", "aiokafka", "aiosmtplib", "alembic", "asyncpg", "faust", "httpx", "jinja2", "mako", "openpyxl",
    "prometheus_client", "pygments", "sqlalchemy", "sqlalchemy.ext.asyncio", "sqlalchemy.orm", "structlog",
}  # fmt: skip
QUERIES: Final = {"sqlalchemy"}  # it writes the queries; its ORM and its engines are not wanted
HELP: Final = {"pygments"}  # rich draws help with it
KAFKA: Final = {"aiokafka", "structlog"}
RUN: Final = """
import sys
from streams.cli import main
for words in sys.argv[1:]:
    sys.argv[1:] = words.split()
    try:
        main()
    except SystemExit as end:
        if end.code:
            raise
print("LOADED", *sys.modules, file=sys.stderr)
"""


def loaded(folder: Path, *commands: str) -> set[str]:
    """What commands that end well have imported, one after the other in one process, among what is heavy."""
    settings = {"RECTIFY_DATA_DIR": str(folder), "PYTHONPATH": str(Path(__file__).parents[3])}
    ended = subprocess.run(
        [sys.executable, "-c", RUN, *commands], env=settings, cwd=folder, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    *_, modules = ended.stderr.rpartition("LOADED ")
    return HEAVY & set(modules.split())


def test_looking_at_a_sqlite_ledger_loads_no_client_and_no_second_database(tmp_path: Path) -> None:
    """A list needs the query writer alone: no Kafka, no HTTP, no mail, no PostgreSQL, no migrations."""
    asyncio.run(upgrade(f"sqlite:///{tmp_path / 'rectify.db'}"))
    assert loaded(tmp_path, "ticket list", "notice list", "run list", "db check", "score list") <= QUERIES


def test_the_overview_loads_nothing(tmp_path: Path) -> None:
    """`rectify --help` knows the commands from a table; nor do the options of what needs no library load one."""
    assert loaded(tmp_path, "--help", "config --help") <= HELP


@pytest.mark.parametrize(
    ("commands", "needed"),
    [(("ticket list", "ticket ack", "run accept", "notice resend"), QUERIES), (("publish", "watch", "worker"), KAFKA)],
)
def test_help_for_a_command_loads_no_other_commands_libraries(
    commands: tuple[str, ...], needed: set[str], tmp_path: Path
) -> None:
    """Whoever asks for the options of one command does not wait for the rest."""
    assert loaded(tmp_path, *(f"{command} --help" for command in commands)) <= needed | HELP


def test_the_versions_read_from_file_names_are_those_that_alembic_runs() -> None:
    """The chain of migrations, which only an upgrade loads, says the same as the names."""
    chain = [script.revision for script in ScriptDirectory(str(MIGRATIONS)).walk_revisions()]
    assert list(revisions()) == chain[::-1]
