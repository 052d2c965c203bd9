"""Workers as an operator starts them: `rectify worker` in a process of its own, ready when `/readyz` says so."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path
from time import monotonic
from typing import Final

import aiohttp

from bench.contenders import ROOT, STOP_SECONDS
from bench.processes import anonymous_mib, cpu_seconds, memory_mib
from streams.local.processes import end, free_ports, spawn, tail
from streams.settings.sources import PREFIX

LOOK_SECONDS: Final = 0.05
READY_WITHIN: Final = 300.0


class Running:
    """One worker."""

    def __init__(self, folder: Path, name: str, **settings: str) -> None:
        """`settings`: without their prefix, in lower case."""
        (self._port,) = free_ports(1)
        self._log = folder / f"{name}.log"
        env = {key: value for key, value in os.environ.items() if not key.startswith(PREFIX)}
        env |= {f"{PREFIX}{key.upper()}": value for key, value in settings.items()}
        env.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once
        env |= {"PYTHONPATH": str(ROOT), "PYTHONPYCACHEPREFIX": str(folder.parent / "compiled")}
        env |= {f"{PREFIX}WEB_PORT": str(self._port), f"{PREFIX}LOG_LEVEL": "ERROR"}
        command = [sys.executable, "-c", "from streams.cli import main; main()", "worker"]
        self._begun = monotonic()
        self.process: subprocess.Popen[bytes] = spawn(command, self._log, cwd=folder, env=env)

    async def ready(self) -> float:
        """Seconds from the start of the process until it says that it is ready."""
        async with aiohttp.ClientSession() as session, asyncio.timeout(READY_WITHIN):
            while True:
                assert self.process.poll() is None, tail(self._log, 30)
                try:
                    async with session.get(f"http://127.0.0.1:{self._port}/readyz") as answer:
                        if answer.status == 200:
                            return monotonic() - self._begun
                except aiohttp.ClientError:
                    pass
                await asyncio.sleep(LOOK_SECONDS)

    @property
    def cpu_seconds(self) -> float:
        """What it has used so far."""
        return cpu_seconds(self.process.pid)

    @property
    def memory_mib(self) -> float:
        """The most that it has ever held."""
        return memory_mib(self.process.pid)

    @property
    def anonymous_mib(self) -> float:
        """What it holds just now without what it has mapped of files."""
        return anonymous_mib(self.process.pid)

    def kill(self) -> None:
        """As if the machine had lost its power."""
        self.process.kill()
        self.process.wait()

    async def stop(self) -> None:
        """SIGTERM, and the end."""
        await asyncio.to_thread(end, self.process, grace=STOP_SECONDS)
