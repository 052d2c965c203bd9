"""The publisher against a real broker: order, refusals, and what it does while there is no broker."""

import zlib
from collections.abc import AsyncIterator
from os import urandom

import pytest

from schemas.topics import Topics
from streams.kafka.admin import create_topics
from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import OutMessage, Publisher, PublisherStoppedError
from streams.local.kafka import LocalKafka
from tests.support.fetching import read_all

MEGABYTE = 1024 * 1024


@pytest.fixture
def config(kafka: LocalKafka) -> KafkaConfig:
    """Return the way to the shared broker."""
    return KafkaConfig(kafka.bootstrap)


@pytest.fixture
async def topics(config: KafkaConfig, topic_prefix: str) -> Topics:
    """Return the contract's topics, created."""
    topics = Topics(topic_prefix)
    await create_topics(config, topics.specs(), partitions=4)
    return topics


@pytest.fixture
async def publisher(config: KafkaConfig) -> AsyncIterator[Publisher]:
    """Return a running publisher that gives up on a missing topic soon."""
    publisher = Publisher(config, topic_seconds=0.5)
    await publisher.start()
    yield publisher
    await publisher.stop()


async def test_keys_keep_their_partition_and_order(config: KafkaConfig, topics: Topics, publisher: Publisher) -> None:
    """A key's messages stand in order in the partition that librdkafka's consistent partitioner would choose."""
    messages = [OutMessage(topics.events, b"key-%d" % (n % 37), b"%d" % n) for n in range(5000)]
    assert await publisher.publish(messages[:4000]) == []
    assert await publisher.publish(messages[4000:]) == []
    records = await read_all(config, topics.events)
    assert sorted(int(record.value or b"") for record in records) == list(range(5000))
    assert all(record.partition == zlib.crc32(record.key or b"") % 4 for record in records)
    for key in {record.key for record in records}:
        values = [int(record.value or b"") for record in records if record.key == key]
        assert values == sorted(values)


async def test_messages_without_a_key_are_spread(config: KafkaConfig, topics: Topics, publisher: Publisher) -> None:
    """Every partition gets its share."""
    await publisher.publish([OutMessage(topics.events, None, b"x") for _ in range(400)])
    records = await read_all(config, topics.events)
    assert [sum(record.partition == n for record in records) for n in range(4)] == [100] * 4


async def test_large_messages_pass_up_to_the_limit_of_the_topic(
    config: KafkaConfig, topics: Topics, publisher: Publisher
) -> None:
    """Dead letters take 8 MiB and their headers; what a topic refuses comes back and harms no neighbour."""
    key = b"same"
    sizes = [10, 8 * MEGABYTE, 20, 9 * MEGABYTE, 30, 10 * MEGABYTE, 40]
    refused = await publisher.publish([OutMessage(topics.dead_letters, key, urandom(size)) for size in sizes])
    assert [(error.index, error.code) for error in refused] == [(3, "too_large"), (5, "too_large")]
    assert await publisher.publish([OutMessage(topics.dead_letters, key, b"x" * 50)]) == []
    records = await read_all(config, topics.dead_letters)
    assert [len(record.value or b"") for record in records] == [10, 8 * MEGABYTE, 20, 30, 40, 50]


async def test_a_refusal_in_the_middle_of_a_batch_is_found(
    config: KafkaConfig, topics: Topics, publisher: Publisher
) -> None:
    """A compacted topic takes no message without a key; those with one arrive, also afterwards."""
    odd = {3, 500}
    messages = [OutMessage(topics.tickets, None if n in odd else b"k", b"%d" % n) for n in range(600)]
    refused = await publisher.publish(messages)
    assert [(error.index, error.code) for error in refused] == [(3, "refused"), (500, "refused")]
    assert await publisher.publish([OutMessage(topics.tickets, b"k", b"600")]) == []
    values = [int(record.value or b"") for record in await read_all(config, topics.tickets)]
    assert values == [n for n in range(601) if n not in odd]


async def test_a_missing_topic_is_named_and_delays_no_other(
    config: KafkaConfig, topics: Topics, publisher: Publisher
) -> None:
    """Messages to a topic that does not exist come back; the others arrive."""
    missing = topics.escalation("nowhere")
    refused = await publisher.publish([OutMessage(missing, b"k", b"a"), OutMessage(topics.events, b"k", b"b")])
    assert [(error.index, error.code) for error in refused] == [(0, "unknown_topic")]
    assert missing in refused[0].detail
    assert [record.value for record in await read_all(config, topics.events)] == [b"b"]


async def test_a_null_value_and_headers_arrive_untouched(
    config: KafkaConfig, topics: Topics, publisher: Publisher
) -> None:
    """What is published is what is read."""
    headers = (("rectify-error", "中文".encode()), ("twice", b"1"), ("twice", b"\xff"))
    assert await publisher.publish([OutMessage(topics.registry, b"asset:1", None, headers)]) == []
    (record,) = await read_all(config, topics.registry)
    assert (record.key, record.value, tuple(record.headers)) == (b"asset:1", None, headers)


async def test_after_the_stop_nothing_is_taken(config: KafkaConfig, topics: Topics) -> None:
    """A publication after the stop says so and does not hang."""
    publisher = Publisher(config)
    await publisher.start()
    await publisher.stop()
    with pytest.raises(PublisherStoppedError):
        await publisher.publish([OutMessage(topics.events, b"k", b"late")])
