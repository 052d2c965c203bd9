"""A contender: aiokafka and the worker's own validation, and nothing else. Run as `python -m bench.bare`.

The limit of what a worker in one process can reach: records are read, judged and forgotten.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from aiokafka import AIOKafkaConsumer

from bench.job import Job, Stopwatch, deliver, read_job
from streams.rules.intake.intake import Refusal, read_finding

MAX_RECORDS = 4_000
MAX_BYTES = 1_048_576


async def run(job: Job) -> None:
    """Runs until everything is read and valid."""
    watch = Stopwatch(job.ends)
    consumer = AIOKafkaConsumer(
        job.topic, bootstrap_servers=job.bootstrap, group_id=job.prefix, auto_offset_reset="earliest"
    )
    await consumer.start()
    try:
        while not watch.finished.is_set():
            for place, records in (await consumer.getmany(timeout_ms=500, max_records=MAX_RECORDS)).items():
                watch.begin()
                now = datetime.now(UTC)
                for record in records:
                    read = read_finding(record.value, record.headers, now, MAX_BYTES)
                    assert not isinstance(read, Refusal), read
                watch.done(place.partition, records[-1].offset + 1, len(records))
        report = watch.report()
    finally:
        await consumer.stop()
    deliver(job, report)


if __name__ == "__main__":
    asyncio.run(run(read_job()))
