"""What a worker takes in memory, whatever is sent: measured on a real process that reads a real broker."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

import pytest
from aiokafka import AIOKafkaProducer
from sqlalchemy import func, select

from streams.ledger.tables import outbox
from streams.local.kafka import LocalKafka
from tests.support.pipeline import Pipeline
from tests.support.worker_process import WorkerProcess

MEGABYTE: Final = 1024 * 1024
MOST: Final = 512 * 1024  # KiB
GOOD: Final = {"asset_id": "site", "check": "text.typo", "observed_at": "2026-03-02T09:00:00+08:00", "locator": "good"}
SITES: Final = 24
CODECS: Final = ("gzip", "zstd", "lz4", "snappy")


def peak(worker: WorkerProcess) -> int:
    """The most memory that the process has had resident, in KiB."""
    lines = Path(f"/proc/{worker.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM"))


def of_its_own(worker: WorkerProcess) -> int:
    """What the process has resident that is no file, in KiB."""
    lines = Path(f"/proc/{worker.pid}/status").read_text(encoding="utf-8").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))


async def send(pipeline: Pipeline, codec: str, *values: bytes, topic: str = "") -> None:
    """As a producer that packs; all to one partition, one batch a value."""
    producer = AIOKafkaProducer(
        **pipeline.config.aiokafka_options(), compression_type=codec, max_request_size=2**31 - 1
    )
    await producer.start()
    try:
        for value in values:
            await producer.send_and_wait(topic or pipeline.topics.findings, value, key=b"registry", partition=0)
    finally:
        await producer.stop()


@pytest.fixture
async def pipeline(tmp_path: Path, kafka: LocalKafka, topic_prefix: str, sqlite_database: str) -> Any:
    """An installation on SQLite."""
    async with Pipeline(tmp_path, kafka.bootstrap, topic_prefix, sqlite_database) as one:
        yield one


async def test_bombs_of_every_codec_cost_little_and_hold_nobody_up(pipeline: Pipeline) -> None:
    """I-7: 128 MiB of blanks in each codec and each topic: a dead letter that names it, and the next one is decided."""
    bomb = b" " * (128 * MEGABYTE)
    for codec in CODECS:
        await send(pipeline, codec, bomb)
    await send(pipeline, "zstd", bomb, topic=pipeline.topics.commands)
    await send(pipeline, "zstd", bomb, topic=pipeline.topics.registry)
    await send(pipeline, "zstd", json.dumps(GOOD).encode())
    async with pipeline.process() as worker:
        await worker.ready()
        await pipeline.until(lambda: len(pipeline.seen.tickets) == 1 and len(pipeline.seen.dead_letters) == 6)
        assert peak(worker) < MOST // 2  # one of them unpacked would be more
    letters = [dict(letter.headers) for letter in pipeline.seen.dead_letters]
    places = {
        (letter["rectify-origin-topic"], letter["rectify-origin-offset"], letter["rectify-origin-last-offset"])
        for letter in letters
    }
    assert len(places) == 6
    assert {letter["rectify-error"] for letter in letters} == {b"too_large"}


def large(number: int) -> bytes:
    """Texts of the largest size: 130 KB, 400 KB in memory; the 51st of a site makes one ticket of all."""
    texts = {"evidence": {"pad": "a" * 65_000}, "detail": "\U0001f600" * 8_192, "title": "\U0001f600" * 8_192}
    named = {"locator": f"/{number}", "asset_id": f"site-{number % SITES}", "source": "crawler", "run_id": "r1"}
    return json.dumps({**GOOD, **named, **texts}, ensure_ascii=False).encode()


@pytest.mark.long("fills half a gigabyte")
async def test_tickets_of_many_large_findings(pipeline: Pipeline) -> None:
    """O-16: 24 tickets of 52 findings change together; each is 6 MB when it is published.

    What is mapped of the database's file is not counted: the system takes it back when it needs it.
    """
    number, most = 52 * SITES, 0
    await send(pipeline, "gzip", *map(large, range(number)))
    async with pipeline.process() as worker:

        async def result() -> bool:
            nonlocal most
            most = max(most, of_its_own(worker))
            waiting = await pipeline.number(select(func.count()).select_from(outbox))
            return await pipeline.problems() == (number, number) and not waiting

        await worker.ready()
        await pipeline.eventually(result, seconds=300)
    assert most < MOST
