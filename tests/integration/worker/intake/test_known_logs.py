"""Another log under a topic's name is never read as if it were the old one: a worker says so, and one command goes on.

Logs that lost their oldest records, that were compacted or that end with a transaction's marker are the same logs.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable
from typing import Any, cast

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions, RecordsToDelete
from sqlalchemy import select

from schemas.topics import Topics
from streams.clock import Clock
from streams.kafka.admin import create_topics
from streams.kafka.fetch import Fetch
from streams.kafka.identity import AnotherLogError, Log
from streams.kafka.publisher import Publisher
from streams.ledger import Ledger
from streams.ledger.tables import assets, source, tickets
from streams.worker.intake.origins import Origins
from streams.worker.relay import Relay
from tests.support.fetching import read_all
from tests.support.kafka import delete_topics
from tests.support.pipeline import Pipeline
from tests.support.processors import ProcessorOnLedger

WAY_ON = "rectify db adopt-cluster"


def findings(name: str, number: int) -> list[dict[str, Any]]:
    """Each of an asset of its own, so that it is known from which log it came."""
    return [
        {
            "asset_id": f"{name}-{n}",
            "check": "text.typo",
            "locator": "https://a.gov.cn/",
            "observed_at": "2026-03-02T09:00:00+08:00",
        }
        for n in range(number)
    ]


async def anew(pipeline: Pipeline) -> None:
    """The findings topic is deleted and made anew, with the same partitions."""
    await delete_topics(pipeline.config.bootstrap, [pipeline.topics.findings])
    specs = [spec for spec in pipeline.topics.specs() if spec.name == pipeline.topics.findings]
    await create_topics(pipeline.config, specs, partitions=pipeline.partitions)
    pipeline.published[pipeline.topics.findings] = 0


async def read_from(pipeline: Pipeline) -> Counter[str]:
    """Of which logs the ledger has tickets, and how many."""
    rows = await pipeline.ledger.read(select(assets.c.asset_id).join(tickets, tickets.c.asset_pk == assets.c.pk))
    return Counter(row[0].partition("-")[0] for row in rows)


async def numbers(pipeline: Pipeline) -> set[str]:
    """Of all tickets."""
    return {row[0] for row in await pipeline.ledger.read(select(tickets.c.ticket_id))}


async def test_made_anew_while_stopped_with_more_than_was_read(pipeline: Pipeline) -> None:
    """20 read, then another topic with 60: refused, in both languages; adopted from its beginning, all 60 are decided.

    Tickets of before stay, and no number is given twice.
    """
    async with pipeline.working():
        await pipeline.send(*findings("before", 20))
        await pipeline.settled()
    known = await numbers(pipeline)
    await anew(pipeline)
    await pipeline.send(*findings("after", 60))
    said = await pipeline.refusal()
    assert pipeline.topics.findings in said
    assert WAY_ON in said
    assert "已被删除重建" in said
    assert "was made anew" in said
    unsure = await pipeline.command_line().run("db", "adopt-cluster")
    assert unsure.code == 1
    assert "60" in unsure.out
    assert "--yes" in unsure.err
    adopted = await pipeline.command_line().run("db", "adopt-cluster", "--from", "beginning", "--yes", "--json")
    assert adopted.json["topics"] == [pipeline.topics.findings]
    async with pipeline.working():
        await pipeline.settled()
    assert await read_from(pipeline) == {"before": 20, "after": 60}
    assert known < await numbers(pipeline)
    again = await pipeline.command_line().run("db", "adopt-cluster")
    assert (again.code, "nothing to adopt" in again.out) == (0, True)


@pytest.mark.long("a client looks for topics that have vanished once a minute; made anew while stopped is before")
async def test_made_anew_while_a_worker_runs(pipeline: Pipeline) -> None:
    """It ends with the same sentence before it decides or drops any of them; from the end, only what is later counts.

    While it still ran, adopting was refused.
    """
    async with pipeline.process() as worker:
        await worker.ready()
        await pipeline.send(*findings("before", 20))
        await pipeline.settled()
        await anew(pipeline)
        early = await pipeline.command_line().run("db", "adopt-cluster", "--yes")
        assert (early.code, "stop every worker first" in early.err) == (1, True)
        await pipeline.send(*findings("lost", 60))
        # Its client looks for topics that have vanished once a minute.
        assert await worker.ended(seconds=100) == 1, worker.output
        said = [line for line in worker.output.splitlines() if not line.startswith("{")]
        assert len(said) == 1
        assert WAY_ON in said[0]
    assert await read_from(pipeline) == {"before": 20}
    assert WAY_ON in await pipeline.refusal()

    async def is_adopted() -> bool:
        adopted = await pipeline.command_line().run("db", "adopt-cluster", "--from", "end", "--yes")
        assert adopted.code == 0 or "stop every worker first" in adopted.err, adopted.err
        return adopted.code == 0

    await pipeline.eventually(is_adopted)  # the broker takes a worker that has died for one of the group, for 12 s
    async with pipeline.working():
        await pipeline.send(*findings("later", 10))
        await pipeline.settled()
    assert await read_from(pipeline) == {"before": 20, "later": 10}


async def test_another_cluster_is_adopted_with_all_its_logs(pipeline: Pipeline) -> None:
    """The ledger stays, its open tickets are published to the new cluster, and every log is read under new numbers."""
    async with pipeline.working():
        await pipeline.send(*findings("before", 5))
        await pipeline.settled()
    async with pipeline.ledger.transaction() as tx:
        await tx._session.run("update meta set value = 'burnt-down' where key = 'cluster_id'")
    said = await pipeline.refusal()
    assert "burnt-down" in said
    assert WAY_ON in said
    versions = {one["ticket_id"]: one["version"] for one in pipeline.seen.tickets.values()}
    adopted = await pipeline.command_line().run("db", "adopt-cluster", "--yes", "--json")
    assert adopted.json["open_tickets_published"] == 5
    assert len(adopted.json["topics"]) == len(pipeline.topics.inbound)
    async with pipeline.working():
        await pipeline.settled()
        await pipeline.until(
            lambda: all(one["version"] > versions[one["ticket_id"]] for one in pipeline.seen.tickets.values())
        )
        epochs = await pipeline.ledger.read(select(source.c.epoch).distinct())
        assert [row[0] for row in epochs] == [1]


async def test_what_was_fetched_before_an_adoption_is_not_decided_after_it(ledger: Ledger) -> None:
    """A worker slept while the topic was made anew: its fetch fits the offset, but comes from another log than stands.

    That is nobody's odd message: nothing is set aside, nothing is decided, the offset stays.
    """
    processor, topic = ProcessorOnLedger(ledger, "2026-03-02 10:00"), Topics().findings
    await processor.fetch(topic, 0, findings("before", 2), Log("old", 0))
    with pytest.raises(AnotherLogError, match="was made anew"):
        await processor.fetch(topic, 0, findings("slept", 3), Log("new", 0))
    assert len(processor.tickets()) == 2
    assert processor.published(Topics().dead_letters) == []
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {(topic, 0): 2}


async def marked_otherwise(pipeline: Pipeline) -> None:
    """As if the log had been cut short by an election and had grown again: it has another message there."""
    async with pipeline.ledger.transaction() as tx:
        await tx._session.run("update source set last_record = replace(last_record, ':', ':1')")


async def test_cut_short_and_grown_again(pipeline: Pipeline) -> None:
    """The same topic, but the last message that was read is another one: refused, at a start and while running."""
    topic = pipeline.topics.findings
    async with pipeline.working():
        await pipeline.send(*findings("before", 5))
        await pipeline.settled()
    await marked_otherwise(pipeline)
    said = await pipeline.refusal()
    assert "another message" in said
    assert WAY_ON in said
    (record, *_) = await read_all(pipeline.config, topic)
    relay = Relay(pipeline.ledger, cast("Publisher", None), Clock(), pipeline.topics)
    origins = Origins(pipeline.ledger, pipeline.config, relay)
    for log in (Log("t", 0, 1), Log("t", 1, 1)):  # the first fetch, and the first after another leader was elected
        try:
            await origins.verify([Fetch(topic, record.partition, [record], log=log._replace(topic_id=None))])
        except AnotherLogError as error:
            assert "another message" in str(error)  # noqa: PT017 - both times
        else:
            raise AssertionError


async def test_what_time_and_compaction_take_away_proves_nothing(pipeline: Pipeline) -> None:
    """The record that a log is known by is gone, partitions were added, a transaction's marker is last: it goes on."""
    topic, bootstrap = pipeline.topics.findings, pipeline.config.bootstrap
    async with pipeline.working():
        await pipeline.send(*findings("before", 20))
        await pipeline.settled()
    ends = await _ends(pipeline)
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        await admin.delete_records({tp: RecordsToDelete(before_offset=end) for tp, end in ends})
        await admin.create_partitions({topic: NewPartitions(total_count=pipeline.partitions + 2)})
    finally:
        await admin.close()
    producer = AIOKafkaProducer(bootstrap_servers=bootstrap, transactional_id=topic)
    await producer.start()
    async with asyncio.timeout(60):
        while 5 not in await producer.partitions_for(topic):  # the new one, once brokers say so
            await producer.client.force_metadata_update()
    async with producer.transaction():
        await producer.send_and_wait(
            topic, b'{"asset_id":"within-1","check":"text.typo","observed_at":"2026-03-02T09:00:00+08:00"}', partition=5
        )
    await producer.stop()
    for _ in range(2):
        async with pipeline.working():
            await pipeline.eventually(lambda: _reads_all(pipeline))
    assert await _reads_all(pipeline)


async def _reads_all(pipeline: Pipeline) -> bool:
    return await read_from(pipeline) == {"before": 20, "within": 1}


async def _ends(pipeline: Pipeline) -> Iterable[tuple[TopicPartition, int]]:
    rows = await pipeline.ledger.read(
        select(source.c.partition, source.c.next_offset).where(source.c.topic == pipeline.topics.findings)
    )
    return [(TopicPartition(pipeline.topics.findings, row[0]), row[1]) for row in rows]
