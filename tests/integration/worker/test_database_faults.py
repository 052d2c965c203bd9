"""A database that cannot be used: one sentence and exit code 1; a worker that runs waits, and goes on by itself."""

import asyncio
import os
import resource
import shutil
import sqlite3
from asyncio.subprocess import PIPE
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

import pytest

from streams.ledger import upgrade
from streams.local.kafka import LocalKafka
from tests.support.command_line import COMMAND, CommandLine, Ended
from tests.support.pipeline import Pipeline
from tests.support.worker_process import WorkerProcess

ROOM = 65_536  # bytes that a file may grow beyond what is there
FINDINGS = 400


def refused(ended: Ended, *words: str) -> None:
    """Exit code 1 and one sentence, Chinese first, with these words in it, and no traceback."""
    assert ended.code == 1, ended.out + ended.err
    assert len(ended.err.splitlines()) == 1, ended.err
    assert ended.err.startswith(("数据库", "无法访问数据库")), ended.err
    assert [word for word in words if word not in ended.err] == [], ended.err


async def limited(command: CommandLine, size: int, *words: str) -> Ended:
    """Run a command that may write no file beyond `size` bytes, as on a disk that is full."""
    process = await command.start(*words)
    resource.prlimit(process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


async def run_as_nobody(command: CommandLine, *words: str) -> Ended:
    """Run a command without root's passe-partout."""
    drop = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
    process = await asyncio.create_subprocess_exec(
        *drop, *COMMAND, *words, cwd="/", env=command.environment, stdout=PIPE, stderr=PIPE
    )
    out, err = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, out.decode(), err.decode())


@pytest.fixture
def command(tmp_path: Path) -> CommandLine:
    """The command with a data folder of its own."""
    return CommandLine(tmp_path, DATA_DIR=str(tmp_path / "data"))


async def test_a_file_that_is_no_database(command: CommandLine, tmp_path: Path) -> None:
    """Check, list and upgrade say so, and leave the file as it is."""
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "rectify.db"
    path.write_bytes(b"hello " * 1_000)
    for words in (("db", "check"), ("ticket", "list"), ("db", "upgrade")):
        refused(await command.run(*words), "损坏", "not a database", "backup")
    assert path.read_bytes() == b"hello " * 1_000


async def test_a_corrupt_database(command: CommandLine, tmp_path: Path) -> None:
    """A page of zeroes in the middle is found by `db check --full`, which reads the file from end to end."""
    assert (await command.run("db", "upgrade")).code == 0
    path = tmp_path / "data" / "rectify.db"
    with closing(sqlite3.connect(path)) as connection:
        (root,) = connection.execute("select rootpage from sqlite_master where name = 'tickets'").fetchone()
        (size,) = connection.execute("pragma page_size").fetchone()
        connection.execute("pragma wal_checkpoint(truncate)")
    with path.open("r+b") as file:
        file.seek((root - 1) * size)
        file.write(b"\xff" * size)
    refused(await command.run("db", "check"), "损坏")  # the tickets themselves cannot be read
    refused(await command.run("db", "check", "--full"), "corrupt")


async def test_older_and_newer_databases(command: CommandLine, tmp_path: Path) -> None:
    """Older: run the upgrade. Newer: install a newer release; the upgrade refuses too."""
    assert (await command.run("db", "upgrade")).code == 0
    path = tmp_path / "data" / "rectify.db"
    for version, words in (("0001", "rectify db upgrade"), ("9999", "newer release")):
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("update alembic_version set version_num = ?", (version,))
        refused(await command.run("db", "check"), words)
    refused(await command.run("db", "upgrade"), "newer release")


@pytest.fixture
def closed() -> Iterator[Path]:
    """A data folder for others to look into; pytest's own are closed to them."""
    place = Path(mkdtemp(prefix="rectify-closed-"))
    place.chmod(0o755)
    yield place / "data"
    shutil.rmtree(place)


async def test_a_folder_that_nobody_may_write(closed: Path, tmp_path: Path) -> None:
    """Neither made there, nor opened there: the sentence names the file and whose it must be."""
    command = CommandLine(tmp_path, DATA_DIR=str(closed))
    assert (await command.run("db", "upgrade")).code == 0
    os.chmod(closed, 0o555)  # noqa: PTH101, S103
    os.chmod(closed / "rectify.db", 0o444)  # noqa: PTH101
    refused(await run_as_nobody(command, "db", "check"), "无权读写", "no right", "rectify.db")
    elsewhere = command.with_settings(DATA_DIR=str(closed / "below"))
    refused(await run_as_nobody(elsewhere, "db", "upgrade"), "cannot make the database", "Permission denied")


async def test_a_full_disk_while_the_tables_are_made(command: CommandLine, tmp_path: Path) -> None:
    """The upgrade says so and changes nothing; with room it works."""
    refused(await limited(command, 20_000, "db", "upgrade"), "磁盘")
    assert (await command.run("db", "upgrade")).code == 0
    assert (await command.run("db", "check")).code == 0


async def test_a_running_worker_waits_for_room(kafka: LocalKafka, topic_prefix: str, tmp_path: Path) -> None:
    """Full: not ready, said once, nothing acknowledged. With room it goes on; every finding counts once."""
    database = f"sqlite:///{tmp_path / 'rectify.db'}"
    await upgrade(database)
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as pipeline, pipeline.process() as worker:
        await worker.ready()
        await pipeline.send(*findings(0))
        await pipeline.settled()
        limit(worker, full=True)
        await pipeline.send(*findings(FINDINGS))
        await worker.ready(503)
        assert await worker.page("/healthz") == 200
        await asyncio.sleep(3)
        said = [line for line in worker.logged("database_unavailable") if line.get("waits") == "batches"]
        assert len(said) == 1
        assert "磁盘" in said[0]["error"]
        assert await pipeline.problems() == (FINDINGS, FINDINGS)
        limit(worker, full=False)
        await worker.ready()
        await pipeline.settled(60)
        assert await pipeline.problems() == (2 * FINDINGS, 2 * FINDINGS)
        assert worker.logged("database_available")
        assert len(worker.logged("worker_started")) == 1


def limit(worker: WorkerProcess, *, full: bool) -> None:
    """Let the worker's files grow no more, or as they like."""
    size = ROOM if full else resource.RLIM_INFINITY
    resource.prlimit(worker.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def findings(first: int) -> list[dict[str, Any]]:
    """Different findings, each a problem of its own."""
    return [
        {
            "asset_id": f"site-{number % 7}",
            "check": "link.dead",
            "locator": f"https://a.gov.cn/{number}",
            "observed_at": "2026-03-02T09:00:00+08:00",
        }
        for number in range(first, first + FINDINGS)
    ]
