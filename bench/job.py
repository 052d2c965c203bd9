"""What a contender is asked to do, and what it says of it. Both travel as JSON files between processes."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path
from time import monotonic, process_time

from pydantic import BaseModel, ConfigDict


class Job(BaseModel):
    """One start of a contender: read `topic` up to `ends`; with no ends, until SIGTERM."""

    model_config = ConfigDict(frozen=True)

    bootstrap: str
    prefix: str  # of topics, consumer group and table
    topic: str
    ends: dict[int, int]  # by partition: the offset to reach
    folder: Path  # for whatever must be kept between two starts
    report: Path
    database_url: str = ""
    linger_ms: int = 0  # of the plain agent's producer


class Report(BaseModel):
    """What a contender measured, by the definition in `measuring.py`. Seconds."""

    model_config = ConfigDict(frozen=True)

    handled: int
    seconds: float
    cpu_seconds: float  # of the contender's process, in the same time
    owed_seconds: float = 0.0  # what it took afterwards to publish what may wait (counters)
    batch_seconds: tuple[float, ...] = ()  # each batch, from its fetch to its commit
    memory_mib: float = 0.0  # the most that the process ever held


def read_job() -> Job:
    """The job that this process was started with."""
    return Job.model_validate_json(sys.argv[1])


class Stopwatch:
    """Runs from the first record at the handler until `stop`; knows when the last record was handled."""

    def __init__(self, ends: dict[int, int]) -> None:
        self._ahead = {partition: end for partition, end in ends.items() if end > 0}
        self._started: float | None = None
        self._cpu = 0.0
        self.handled = 0
        self.finished = asyncio.Event()
        if not ends:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, self.finished.set)

    def begin(self) -> None:
        """To be called when a record, or a fetch of them, reaches the handler."""
        if self._started is None:
            self._started, self._cpu = monotonic(), process_time()

    def done(self, partition: int, end: int, records: int) -> None:
        """Everything of the partition below `end` is handled, which were so many more records."""
        self.handled += records
        if end >= self._ahead.get(partition, end + 1):
            del self._ahead[partition]
            if not self._ahead:
                self.finished.set()

    def report(self) -> Report:
        """The time until now."""
        if self._started is None:
            return Report(handled=0, seconds=0.0, cpu_seconds=0.0)
        return Report(handled=self.handled, seconds=monotonic() - self._started, cpu_seconds=process_time() - self._cpu)


def deliver(job: Job, report: Report) -> None:
    """Hands the report to whoever started the process; whole or not at all."""
    changes = job.report.with_suffix(".part")
    changes.write_text(report.model_dump_json())
    os.replace(changes, job.report)  # noqa: PTH105 - atomic, and it says so
