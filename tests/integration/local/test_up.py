"""`rectify up` as a process: its Kafka dies, and it notices."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path

import pytest

from streams.local.processes import free_ports
from streams.local.upkeep import TIMES
from tests.support.command_line import CommandLine

PATIENCE = 180.0  # seconds; a busy machine takes its time


def children(pid: int) -> dict[int, str]:
    """The processes that this one has started, and what the kernel says of each: `Z` is one that nobody has buried."""
    found = {}
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            state, parent = (process / "stat").read_text().rpartition(")")[2].split()[:2]
            if int(parent) == pid:
                found[int(process.name)] = state
    return found


async def the_kafka_of(up: Process, log: Path, lives: int) -> int:
    """Its process id, once it has been started so often and answers."""
    async with asyncio.timeout(PATIENCE):
        while True:
            said = await asyncio.to_thread(log.read_text)
            if said.count("kafka_restarted") + said.count("worker_started") == lives and list(
                children(up.pid).values()
            ) != ["Z"]:
                (java,) = children(up.pid)  # and nobody unburied beside it
                return java
            assert up.returncode is None, said
            await asyncio.sleep(0.2)


@pytest.mark.long("Kafka is started four times")
async def test_a_kafka_that_dies_is_started_again_and_not_for_ever(tmp_path: Path) -> None:
    """Killed as the kernel does when memory is short: three times it comes back, then `up` ends for its supervisor."""
    (port,) = free_ports(1)
    command = CommandLine(tmp_path, DATA_DIR=str(tmp_path / "data"), WEB_PORT=str(port), LOG_FORMAT="json")
    log = tmp_path / "log"
    with log.open("wb") as file:
        up = await command.start("up", out=file.fileno(), err=file.fileno())
    try:
        for life in range(1, TIMES + 2):
            java = await the_kafka_of(up, log, life)
            os.kill(java, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            assert await up.wait() == 1
    finally:
        if up.returncode is None:
            up.kill()
            await up.wait()
    said = log.read_text()
    assert said.count('"event":"kafka_ended"') == TIMES
    assert '"exit_code":-9' in said
    last = said.strip().splitlines()[-1]
    assert "第 4 次意外停止，不再重启 · Kafka has ended 4 times and is not started again" in last
    assert "Traceback" not in said
    assert "GroupCoordinatorNotAvailableError" not in said
    assert "GroupCoordinator Request failed" not in said
