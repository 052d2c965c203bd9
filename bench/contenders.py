"""Who takes part, and starting one of them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from bench.job import Job, Report
from streams.local.processes import end, spawn, tail
from streams.settings.sources import PREFIX

ROOT = Path(__file__).resolve().parent.parent
LIMIT_SECONDS = 1_800.0
STOP_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Contender:
    """A program that reads findings. `database`: what it needs beside Kafka."""

    name: str
    module: str
    database: Literal["none", "sqlite", "postgresql"] = "none"
    linger_ms: int = 0
    python: str = sys.executable
    publishes: bool = True

    @property
    def has_latency(self) -> bool:
        """Whether it can run without an end, and publishes tickets one by one."""
        return self.publishes and self.python == sys.executable

    @property
    def is_own(self) -> bool:
        """Whether it is this project's worker, which wants its tables and the registry first."""
        return self.database != "none"


OTHER_PYTHON = ROOT / ".venv-bench" / "bin" / "python"  # scripts/tool_venv.sh bench
BARE = "aiokafka + validation, nothing else (the limit)"
QUIX = "QuixStreams + state (no validation, no ledger)"
CONTENDERS = (
    Contender(BARE, "bench.bare", publishes=False),
    Contender(QUIX, "bench.quix", python=str(OTHER_PYTHON)),
    Contender("plain Faust agent + table, linger 0 (default)", "bench.plain_faust"),
    Contender("plain Faust agent + table, linger 20 ms", "bench.plain_faust", linger_ms=20),
    Contender("this worker, SQLite", "bench.own_worker", database="sqlite"),
    Contender("this worker, PostgreSQL", "bench.own_worker", database="postgresql"),
)


class ContenderFailed(Exception):
    """A contender ended without a report; the text holds the end of its log."""


async def run(contender: Contender, job: Job) -> Report:
    """Starts the contender, waits until it has done its job and has left. Raises ContenderFailed."""
    log = job.report.with_suffix(".log")
    job.report.unlink(missing_ok=True)
    process = start(contender, job)
    try:
        await asyncio.to_thread(process.wait, LIMIT_SECONDS)
    except subprocess.TimeoutExpired:
        raise ContenderFailed(f"{contender.name} has not ended within {LIMIT_SECONDS:.0f} s") from None
    finally:
        end(process, grace=STOP_SECONDS)
    if not job.report.exists():
        raise ContenderFailed(f"{contender.name} ended with {process.returncode}:\n{tail(log, 30)}")
    return Report.model_validate_json(job.report.read_text())


def start(contender: Contender, job: Job) -> subprocess.Popen[bytes]:
    """Starts the contender in a process of its own; its log goes beside the report.

    Of the user's settings (environment, `rectify.toml` in the working directory) it sees none: nobody gets mail.
    """
    command = [contender.python, "-m", contender.module, job.model_dump_json()]
    env = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return spawn(command, job.report.with_suffix(".log"), cwd=job.folder, env={**env, "PYTHONPATH": str(ROOT)})
