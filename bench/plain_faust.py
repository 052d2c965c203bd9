"""A contender: a Faust agent with a table, as the documentation has it. Run as `python -m bench.plain_faust`.

It counts by fingerprint, and publishes an event and a ticket for each new one. It validates nothing, keeps no
history, and a crash loses or repeats what is under way. In its favour: acknowledgements are not waited for one by
one but all together at the end, and the table is in memory.
"""

from __future__ import annotations

import asyncio
from hashlib import blake2b
from typing import Any

import faust
from faust.types import StreamT

from bench.job import Job, Stopwatch, deliver, read_job
from schemas.topics import Topics


def build(job: Job, watch: Stopwatch, unacknowledged: set[asyncio.Future[Any]]) -> faust.App:
    """The app; `watch` sees every event, `unacknowledged` holds the messages that the broker has not confirmed."""
    app = faust.App(
        job.prefix,
        broker=f"kafka://{job.bootstrap}",
        datadir=str(job.folder),
        store="memory://",
        topic_partitions=len(job.ends) or 4,
        producer_linger_ms=job.linger_ms,
        web_enabled=False,
        autodiscover=False,
        env={},
    )
    topics = Topics(job.prefix)
    findings = app.topic(topics.findings, value_serializer="json")
    events = app.topic(topics.events, value_serializer="json", key_serializer="raw")
    tickets = app.topic(topics.tickets, value_serializer="json", key_serializer="raw")
    counts = app.Table(f"{job.prefix}-counts", default=int)

    async def publish(topic: Any, key: str, value: dict[str, Any]) -> None:
        sent = await topic.send(key=key.encode(), value=value)
        unacknowledged.add(sent)
        sent.add_done_callback(unacknowledged.discard)

    @app.agent(findings)
    async def count(stream: StreamT[dict[str, Any]]) -> None:
        async for event in stream.events():
            watch.begin()
            finding: Any = event.value
            if "check" not in finding:  # a run has ended: nothing to it
                watch.done(event.message.partition, event.message.offset + 1, 1)
                continue
            place = f"{finding['asset_id']}|{finding['check']}|{finding['locator']}"
            fingerprint = blake2b(place.encode(), digest_size=16).hexdigest()
            before = counts[fingerprint]
            counts[fingerprint] = before + 1
            if before == 0:
                ticket = {
                    "ticket_id": fingerprint,
                    "asset_id": finding["asset_id"],
                    "check": finding["check"],
                    "locator": finding["locator"],
                    "status": "open",
                    "opened_at": finding["observed_at"],
                }
                opened = {"id": f"{fingerprint}:opened", "type": "opened", **ticket}
                await publish(events, finding["asset_id"], opened)
                await publish(tickets, fingerprint, ticket)
            watch.done(event.message.partition, event.message.offset + 1, 1)

    return app


async def run(job: Job) -> None:
    """Runs until everything is counted, published and acknowledged, the table's changes too."""
    watch = Stopwatch(job.ends)
    unacknowledged: set[asyncio.Future[Any]] = set()
    app = build(job, watch, unacknowledged)
    await app.start()
    try:
        await watch.finished.wait()
        if unacknowledged:
            await asyncio.wait(unacknowledged)
        await app.producer.flush()
        report = watch.report()
        await app.consumer.wait_empty()  # or the next start would read most of it again
    finally:
        await app.stop()
    deliver(job, report)


if __name__ == "__main__":
    asyncio.run(run(read_job()))
