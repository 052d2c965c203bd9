"""A real disk without room under the database file: the worker says so, waits, and goes on; what it had is whole."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from streams.ledger import upgrade
from streams.local.kafka import LocalKafka
from tests.integration.worker.test_database_faults import FINDINGS, findings
from tests.support.disk import Disk
from tests.support.pipeline import Pipeline

MEGABYTES = 24


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    """A small one."""
    small = Disk(tmp_path / "disk", MEGABYTES)
    yield small
    small.remove()


@pytest.mark.long("fills a disk; without room is also in test_database_faults")
async def test_full_killed_and_started_again(kafka: LocalKafka, topic_prefix: str, disk: Disk, tmp_path: Path) -> None:
    """Full while it works, killed, started on the full disk: said once each time; with room all counts once."""
    database = f"sqlite:///{disk.folder / 'rectify.db'}"
    await upgrade(database)
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, database) as pipeline, pipeline.process() as worker:
        await worker.ready()
        await pipeline.send(*findings(0))
        await pipeline.settled()
        disk.fill([worker.pid])
        sent = FINDINGS
        while await worker.page("/readyz") != 503:  # what the log has room for is still decided
            await pipeline.send(*findings(sent))
            sent += FINDINGS
            await asyncio.sleep(0.5)
        await asyncio.sleep(2)
        (said,) = worker.logged("database_unavailable")
        assert "磁盘" in said["error"]

        await worker.kill()
        await worker.start()
        await pipeline.until(lambda: not worker.alive or len(worker.logged("database_unavailable")) == 2)
        if worker.alive:
            assert "磁盘" in worker.logged("database_unavailable")[1]["error"]
        else:  # where it finds no room to open the file in
            assert worker.exit_code == 1
            assert "磁盘" in worker.output.splitlines()[-1]
        disk.make_room()
        if not worker.alive:
            await worker.start()
        await worker.ready()
        await pipeline.settled()
        assert await pipeline.problems() == (sent, sent)
