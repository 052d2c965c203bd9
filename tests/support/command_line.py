"""The command `rectify` as people type it: to its end in this process, or as a process of its own."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping, Sequence
from contextlib import chdir
from pathlib import Path
from threading import Lock
from typing import Any, Final, NamedTuple

import structlog
from typer.testing import CliRunner

from streams.cli.terminal.root import app

COMMAND = (sys.executable, "-c", "from streams.cli import main; main()")
ROOT = Path(__file__).parents[2]

# One command at a time in this process: its folder, its settings and what it prints are those of the process.
_ALONE: Final = Lock()


class Ended(NamedTuple):
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on the standard output."""
        return json.loads(self.out)


class CommandLine:
    """Starts commands in one folder, with settings of their own."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """Settings are named as in the contract, without the prefix: `BROKER="kafka://..."`."""
        self._folder = folder
        self._settings = {f"RECTIFY_{name}": value for name, value in settings.items()}

    def with_settings(self, **settings: str) -> CommandLine:
        """The same place with more settings."""
        own = {name.removeprefix("RECTIFY_"): value for name, value in self._settings.items()}
        return CommandLine(self._folder, **{**own, **settings})

    @property
    def environment(self) -> Mapping[str, str]:
        """What the commands see: no setting of ours, and no terminal's width, which pytest-xdist tells its workers."""
        own = {
            name: value for name, value in os.environ.items() if not name.startswith("RECTIFY_") and name != "COLUMNS"
        }
        return {**own, **self._settings, "PYTHONPATH": str(ROOT)}

    async def start(self, *words: str, out: int = PIPE, err: int = PIPE, program: Sequence[str] = COMMAND) -> Process:
        """Start a command that stays; `program` takes the place of `rectify`."""
        return await asyncio.create_subprocess_exec(
            *program, *words, cwd=self._folder, env=self.environment, stdin=PIPE, stdout=out, stderr=err
        )

    async def apart(self, *words: str, given: bytes = b"") -> Ended:
        """Run a command to its end as a process of its own."""
        process = await self.start(*words)
        out, err = await process.communicate(given)
        assert process.returncode is not None
        return Ended(process.returncode, out.decode(), err.decode())

    async def run(self, *words: str, given: bytes = b"") -> Ended:
        """Run a command to its end in this process, which takes a tenth of the time; a fault of ours is raised."""
        return await asyncio.to_thread(self._run, words, given)

    def _run(self, words: Sequence[str], given: bytes) -> Ended:
        with _ALONE, chdir(self._folder):
            hidden = dict.fromkeys(name for name in os.environ if name not in self.environment)
            try:
                result = CliRunner(env={**hidden, **self._settings}).invoke(app, words, input=given)
            finally:
                heard()
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ended(result.exit_code, result.stdout, result.stderr)


def heard() -> None:
    """A command in this process silences Kafka's library and logs to what is closed by now: not so what follows."""
    structlog.reset_defaults()
    logging.getLogger("aiokafka").setLevel(logging.NOTSET)


def plain_faults() -> None:
    """A fault that is logged in a test is written as Python writes it: coloured frames cost seconds each."""
    for processor in structlog.get_config()["processors"]:
        if isinstance(processor, structlog.dev.ConsoleRenderer):
            processor.exception_formatter = structlog.dev.plain_traceback


async def interrupt(process: Process, seconds: float = 30.0) -> int:
    """Press Ctrl-C and wait for the end; the exit code."""
    process.send_signal(signal.SIGINT)
    async with asyncio.timeout(seconds):
        return await process.wait()
