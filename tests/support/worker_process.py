"""`rectify worker` as a process of its own, which can be stopped, and killed at the worst moment."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import ssl
from asyncio.subprocess import Process
from collections.abc import Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Self

import httpx

from streams.local.processes import free_ports, tail
from tests.support.command_line import COMMAND, CommandLine
from tests.support.wall_clock import WallClock

READY_WITHIN = 180.0  # seconds; a busy machine takes its time
ENDS_WITHIN = 30.0  # seconds
_PLAIN = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # made once: it takes longer than a question, and is not needed


class WorkerProcess:
    """One worker; it may be started again after its end, under the same name and address."""

    def __init__(
        self, folder: Path, settings: Mapping[str, str], name: str = "worker", wall: WallClock | None = None
    ) -> None:
        """`settings` are named as in `Settings`; `wall` is the clock of its machine, if that is not the real one."""
        (self._port,) = free_ports(1)
        named = {key.upper(): value for key, value in settings.items()}
        self._command = CommandLine(folder, **{**named, "WEB_PORT": str(self._port)})
        self._wall = wall
        self._log = folder / f"{name}.log"
        self._process: Process | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self.alive:
            await self.kill()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    @property
    def exit_code(self) -> int | None:
        """How it ended, if it was started and has."""
        return self._process.returncode if self._process is not None else None

    @property
    def pid(self) -> int:
        """Its process id, while it runs."""
        assert self._process is not None
        return self._process.pid

    async def start(self) -> None:
        """Start it, without waiting for anything."""
        descriptor = os.open(self._log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        try:
            program = self._wall.program if self._wall else COMMAND
            self._process = await self._command.start("worker", out=descriptor, err=descriptor, program=program)
        finally:
            os.close(descriptor)

    async def kill(self) -> None:
        """SIGKILL, and wait for the end."""
        assert self._process is not None
        if self.alive:
            self._process.kill()
        await self._process.wait()

    def freeze(self) -> None:
        """SIGSTOP: it does nothing, and does not know it."""
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT."""
        if self._process is not None and self.alive:
            self._process.send_signal(signal.SIGCONT)

    async def ended(self, seconds: float = ENDS_WITHIN) -> int:
        """The exit code, once it has ended by itself."""
        assert self._process is not None
        async with asyncio.timeout(seconds):
            return await self._process.wait()

    async def stop(self) -> tuple[int, float]:
        """SIGTERM; the exit code, and how many seconds it took."""
        assert self._process is not None
        began = monotonic()
        self._process.send_signal(signal.SIGTERM)
        return await self.ended(), monotonic() - began

    async def page(self, path: str) -> int:
        """The status of one of its pages; 0 while nothing answers there."""
        try:
            async with httpx.AsyncClient(trust_env=False, timeout=5.0, verify=_PLAIN) as client:
                return (await client.get(f"http://127.0.0.1:{self._port}{path}")).status_code
        except httpx.HTTPError:
            return 0

    async def ready(self, status: int = 200, seconds: float = READY_WITHIN) -> None:
        """Returns when `/readyz` answers so."""
        end = monotonic() + seconds
        while await self.page("/readyz") != status:
            assert self.alive, f"the worker has ended:\n{tail(self._log)}"
            assert monotonic() < end, f"/readyz is not {status} after {seconds} s:\n{tail(self._log)}"
            await asyncio.sleep(0.1)

    @property
    def output(self) -> str:
        """Everything it wrote, over all its lives."""
        return self._log.read_text(encoding="utf-8") if self._log.exists() else ""

    def logged(self, event: str) -> list[dict[str, Any]]:
        """The lines of its log with this event."""
        lines = [json.loads(line) for line in self.output.splitlines() if line.startswith("{")]
        return [line for line in lines if line["event"] == event]
