"""A broker that is not there yet, is killed in mid-stream and goes for good: publisher and reader side by side."""

import asyncio
import logging
from pathlib import Path
from time import monotonic

import pytest
from structlog.testing import capture_logs

from schemas.topics import Topics
from streams.kafka.admin import create_topics
from streams.kafka.config import KafkaConfig
from streams.kafka.consuming.faust_app import build_app, run_app
from streams.kafka.publisher import OutMessage, Publisher, PublisherStoppedError
from streams.local.kafka import LocalKafka
from streams.worker.logs import OnceAMinute
from tests.support.fetching import BatchProcessor, Fatal, until


@pytest.mark.long("Kafka is started three times; a whole worker's outage is in test_pipeline_outage")
async def test_both_wait_for_the_broker_and_go_on_by_themselves(
    kafka_folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """Everything published arrives, in order; little is said meanwhile; at the end both stop without a broker."""
    caplog.handler.addFilter(OnceAMinute())
    broker = LocalKafka(kafka_folder, brief=True)
    await broker.start()
    config, topics = KafkaConfig(broker.bootstrap), Topics("outage")
    await create_topics(config, topics.specs(), partitions=2)
    broker.kill()

    processor, fatal, publisher = BatchProcessor(), Fatal(), Publisher(config)
    app = build_app(config, "outage", {topics.findings: processor, topics.commands: processor}, on_fatal=fatal)
    running, starting = asyncio.create_task(run_app(app)), asyncio.create_task(publisher.start())
    try:
        await until(lambda: "no broker" in caplog.text)
        assert not await publisher.ping()
        await broker.start()
        await starting
        await until(lambda: app.group.joined)
        assert await publisher.ping()

        async def publish(start: int) -> None:
            numbers = range(start, start + 1000)
            assert await publisher.publish([OutMessage(topics.findings, b"k", b"%d" % n) for n in numbers]) == []

        await publish(0)
        await until(lambda: len(processor) >= 1000)
        caplog.clear()
        with capture_logs() as said:
            publishing = asyncio.create_task(publish(1000))
            broker.kill()
            more = asyncio.create_task(publish(2000))
            await until(lambda: said)
            assert not running.done()
            await broker.start()
            await asyncio.gather(publishing, more)
        await until(lambda: {int(record.value or b"") for record in processor.records} == set(range(3000)))
        assert not fatal.errors
        assert [line["event"] for line in said] == ["kafka_publishing_stalled", "kafka_publishing_resumed"]
        assert len([record for record in caplog.records if record.levelno >= logging.WARNING]) < 30
        for thousand in range(3):
            mine = [n for n in (int(record.value or b"") for record in processor.records) if n // 1000 == thousand]
            assert list(dict.fromkeys(mine)) == sorted(set(mine))

        broker.kill()
        hopeless = asyncio.create_task(publish(3000))
        began = monotonic()
        await asyncio.gather(publisher.stop(), app.stop())
        assert monotonic() - began < 15
        with pytest.raises(PublisherStoppedError):
            await hopeless
        await running
    finally:
        starting.cancel()
        await app.stop()
        await broker.stop()
