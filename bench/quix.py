"""A contender: QuixStreams with its state in RocksDB. Run as `python -m bench.quix`, in .venv-bench.

It does what the plain Faust agent does (plain_faust.py): counts by fingerprint, and publishes an event and a ticket
for each new one. It validates nothing and keeps no ledger. State, changelog and offsets are committed every five
seconds, as it comes; the last commit, which waits for every acknowledgement, is in the time.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Any

from quixstreams import Application

from bench.job import Job, Report, Stopwatch, deliver, read_job
from schemas.topics import Topics


def count(finding: dict[str, Any], state: Any) -> list[dict[str, Any]]:
    """The messages of a new fingerprint; state belongs to the message's key, the asset."""
    place = f"{finding['asset_id']}|{finding['check']}|{finding['locator']}"
    fingerprint = blake2b(place.encode(), digest_size=16).hexdigest()
    before = state.get(fingerprint, default=0)
    state.set(fingerprint, before + 1)
    if before:
        return []
    ticket = {
        "ticket_id": fingerprint,
        "asset_id": finding["asset_id"],
        "check": finding["check"],
        "locator": finding["locator"],
        "status": "open",
        "opened_at": finding["observed_at"],
    }
    return [{"id": f"{fingerprint}:opened", "type": "opened", **ticket}, ticket]


def run(job: Job) -> Report:
    """Runs until everything is counted, published and acknowledged, the state's changes too."""
    watch = Stopwatch(job.ends)
    reports: list[Report] = []

    def handled(_topic: str, partition: int, offset: int) -> None:
        watch.done(partition, offset + 1, 1)
        if watch.finished.is_set():
            app.stop()

    app = Application(
        broker_address=job.bootstrap,
        consumer_group=job.prefix,
        auto_offset_reset="earliest",
        state_dir=job.folder / "state",
        loglevel="WARNING",
        on_message_processed=handled,
    )
    context = app._processing_context  # noqa: SLF001 - the only place that says when the last commit is through
    commit = context.commit_checkpoint

    def committed(*, force: bool = False, **more: Any) -> None:
        commit(force=force, **more)
        if force and watch.finished.is_set():
            reports.append(watch.report())

    context.commit_checkpoint = committed
    topics = Topics(job.prefix)
    events = app.topic(topics.events, value_serializer="json", key_serializer="str")
    tickets = app.topic(topics.tickets, value_serializer="json", key_serializer="str")
    findings = app.dataframe(app.topic(topics.findings, value_deserializer="json", key_deserializer="str"))

    def is_finding(message: dict[str, Any]) -> bool:
        watch.begin()
        return "check" in message

    messages = findings.filter(is_finding).apply(count, stateful=True, expand=True)
    messages.to_topic(
        lambda message, *_: events if "type" in message else tickets,
        key=lambda message: message["asset_id" if "type" in message else "ticket_id"],
    )
    app.run()
    return reports[0]


if __name__ == "__main__":
    job = read_job()
    deliver(job, run(job))
