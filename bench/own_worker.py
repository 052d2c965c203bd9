"""A contender: this project's worker as `rectify worker` runs it. Run as `python -m bench.own_worker`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from datetime import datetime, timedelta
from time import monotonic

from pydantic import SecretStr

from bench.job import Job, Report, Stopwatch, deliver, read_job
from bench.processes import memory_mib
from streams.clock import Clock, system_time
from streams.kafka.consuming.fetches import Fetch
from streams.settings.model import Settings
from streams.worker import logs
from streams.worker.intake.reading import Reader
from streams.worker.worker import Worker

DRAIN_SECONDS = 300.0
COUNTERS_AFTER = timedelta(days=1, seconds=1)  # counters that changed are published within a day of real time (T-2)


def settings_of(job: Job) -> Settings:
    """As an operator would set them; no mail server, so that notices wait as rows."""
    return Settings(
        broker=f"kafka://{job.bootstrap}",
        topic_prefix=job.prefix,
        group_id=job.prefix,
        database_url=SecretStr(job.database_url),
        data_dir=job.folder,
        web_port=0,
    )


class MeasuredWorker:
    """A worker whose desk is timed, and whose clock can be put forward to have waiting counters published."""

    def __init__(self, job: Job) -> None:
        self._topic = job.topic
        self._is_finite = bool(job.ends)
        self._ahead = timedelta()
        self._turn = asyncio.Lock()
        self._batches: list[float] = []
        self.watch = Stopwatch(job.ends)
        self.worker = Worker(settings_of(job), clock=Clock(real=self._real))

    def _real(self) -> datetime:
        return system_time() + self._ahead

    def attach(self) -> None:
        """Puts the stopwatch between the reader and the batch processor."""
        take, once = self.worker.processor.take, self.worker.duewatch.once

        async def timed_take(fetches: Sequence[Fetch], reader: Reader) -> None:
            if fetches[0].topic != self._topic:
                await take(fetches, reader)
                return
            self.watch.begin()
            begun = monotonic()
            await take(fetches, reader)
            self._batches.append(monotonic() - begun)
            for fetch in fetches:
                self.watch.done(fetch.partition, fetch.end, len(fetch.records))

        async def once_at_a_time() -> bool:
            async with self._turn:
                return await once()

        self.worker.processor.take = timed_take  # type: ignore[method-assign]
        self.worker.duewatch.once = once_at_a_time  # type: ignore[method-assign]

    async def measure(self) -> Report:
        """Waits for the last record and the last acknowledgement, then for the counters that may wait."""
        await self.watch.finished.wait()
        await self._do_what_is_due()
        memory = memory_mib(os.getpid())
        report = self.watch.report().model_copy(update={"batch_seconds": tuple(self._batches), "memory_mib": memory})
        if not self._is_finite:
            return report
        self._ahead = COUNTERS_AFTER
        await self._do_what_is_due()
        return report.model_copy(update={"owed_seconds": self.watch.report().seconds - report.seconds})

    async def _do_what_is_due(self) -> None:
        """Runs are judged and counters noted, and every message of that is acknowledged."""
        while await self.worker.duewatch.once():
            pass
        await self.worker.relay.drain(DRAIN_SECONDS)


async def run(job: Job) -> None:
    """Runs until everything is decided, stored, published and acknowledged."""
    logs.configure(fmt="json", level="WARNING")
    measured = MeasuredWorker(job)
    async with measured.worker as worker:
        measured.attach()
        running = asyncio.create_task(worker.run())
        report = await measured.measure()
        worker.stop()
        await running
    deliver(job, report)


if __name__ == "__main__":
    asyncio.run(run(read_job()))
