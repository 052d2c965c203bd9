"""What a poll finds in a topic is one event.

Fails when an upgrade of Faust or aiokafka changes what the worker's consumer builds on.
"""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from itertools import pairwise
from time import monotonic
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.record.util import calc_crc32c

from streams.kafka.admin import end_offsets
from streams.kafka.config import KafkaConfig
from streams.kafka.consuming.faust_app import SeekBack
from streams.kafka.consuming.fetches import Fetch
from streams.kafka.publisher import OutMessage, Publisher
from streams.kafka.records.polled import POLL_BYTES
from streams.local.kafka import LocalKafka
from tests.support.fetching import BatchProcessor, Fatal, committed, reading, until
from tests.support.kafka import create_topics

MEGABYTE = 1024 * 1024


@pytest.fixture
def config(kafka: LocalKafka) -> KafkaConfig:
    """Return the way to the shared broker."""
    return KafkaConfig(kafka.bootstrap)


@pytest.fixture
async def topic(config: KafkaConfig, topic_prefix: str) -> str:
    """Return an empty topic of four partitions that takes 8 MiB."""
    name = f"{topic_prefix}.findings"
    await create_topics(config.bootstrap, [name], max_message_bytes=str(8 * MEGABYTE))
    return name


@pytest.fixture
async def publisher(config: KafkaConfig) -> AsyncIterator[Publisher]:
    """Return a running publisher."""
    publisher = Publisher(config)
    await publisher.start()
    yield publisher
    await publisher.stop()


def numbered(topic: str, count: int, start: int = 0) -> list[OutMessage]:
    """Return messages whose value is their number, spread over a hundred keys."""
    return [OutMessage(topic, b"%d" % (n % 100), b"%d" % n) for n in range(start, start + count)]


async def test_a_load_arrives_in_order_once_and_in_batches(
    config: KafkaConfig, topic: str, publisher: Publisher
) -> None:
    """Every record comes once, by offset within its partition, many to a fetch."""
    processor = BatchProcessor()
    await publisher.publish(numbered(topic, 20_000))
    async with reading(config, topic, {topic: processor}, max_poll_records=1000) as app:
        await until(lambda: len(processor) >= 20_000)
        assert {n: list(range(len(offsets))) for n, offsets in processor.offsets.items()} == processor.offsets
        assert sorted(int(record.value or b"") for record in processor.records) == list(range(20_000))
        assert len(processor.batches) < 50
        assert max(sum(len(fetch.records) for fetch in fetches) for fetches in processor.batches) == 1000
        assert set(app.lag().values()) == {0}
        assert app.has_read_all


async def test_a_poll_ends_by_bytes_too(config: KafkaConfig, topic: str) -> None:
    """80 messages of 1 MB, a few KB on the wire, are three polls at least, of all partitions together: none is lost."""
    processor = BatchProcessor()
    producer = AIOKafkaProducer(**config.aiokafka_options(), compression_type="zstd", max_request_size=2 * MEGABYTE)
    await producer.start()
    for number in range(80):
        await producer.send_and_wait(topic, b"%d" % number + b" " * 1_000_000, partition=number % 4)
    await producer.stop()
    async with reading(config, topic, {topic: processor}):
        await until(lambda: len(processor) >= 80)
    sizes = [
        sum(len(record.value or b"") for fetch in fetches for record in fetch.records) for fetches in processor.batches
    ]
    assert len(sizes) >= 3
    assert max(sizes) < POLL_BYTES + 2 * MEGABYTE
    assert processor.offsets == {partition: list(range(20)) for partition in range(4)}


async def test_a_fetch_is_of_one_partition_and_joins_the_one_before(
    config: KafkaConfig, topic: str, publisher: Publisher
) -> None:
    """Begin and end of a partition's fetches form a chain without a break."""
    processor = BatchProcessor()
    async with reading(config, topic, {topic: processor}):
        for start in range(0, 1000, 100):
            await publisher.publish(numbered(topic, 100, start))
        await until(lambda: len(processor) >= 1000)
    for partition in range(4):
        mine = [fetch for fetch in processor.fetches if fetch.partition == partition]
        assert [fetch.begin for fetch in mine] == [0, *(fetch.end for fetch in mine[:-1])]
    assert all(record.partition == fetch.partition for fetch in processor.fetches for record in fetch.records)


async def test_transactions_leave_holes_and_no_jumps(config: KafkaConfig, topic: str) -> None:
    """Aborted records and markers are not seen, and do not look like losses."""
    processor = BatchProcessor()
    async with reading(config, topic, {topic: processor}):
        producer = AIOKafkaProducer(**config.aiokafka_options(), transactional_id=topic)
        await producer.start()
        for number in range(20):
            await producer.begin_transaction()
            await producer.send_and_wait(topic, b"%d" % number, partition=0)
            await (producer.abort_transaction() if number % 3 == 1 else producer.commit_transaction())
        await producer.stop()
        await until(lambda: len(processor) >= 13)
    assert [int(record.value or b"") for record in processor.records] == [n for n in range(20) if n % 3 != 1]
    assert [record.offset for record in processor.records] != list(range(13))
    # An aborted transaction on its own can be a fetch without records: then, and only then, there is a step.
    steps = [after.begin - before.end for before, after in pairwise(processor.fetches)]
    assert all(step in {0, 2} for step in steps), steps


async def test_what_retention_took_shows_as_a_jump(config: KafkaConfig, topic: str, publisher: Publisher) -> None:
    """A fetch that starts above the offset reached tells the reader that records are gone."""
    await publisher.publish([OutMessage(topic, b"same", b"%d" % n) for n in range(50)])
    admin = AIOKafkaAdminClient(bootstrap_servers=config.bootstrap)
    await admin.start()
    partition = next(tp[1] for tp, end in (await end_offsets(config, [topic])).items() if end == 50)
    await admin.delete_records({TopicPartition(topic, partition): RecordsToDelete(before_offset=30)})
    await admin.close()
    processor = BatchProcessor()
    async with reading(config, topic, {topic: processor}):
        await until(lambda: len(processor) >= 20)
    assert [fetch.begin for fetch in processor.fetches] == [30]


async def test_nothing_is_decoded_on_the_way(config: KafkaConfig, topic: str, publisher: Publisher) -> None:
    """Null values, broken bytes, headers and 5 MB come out as they went in, and their neighbours too."""
    headers: Any = (("ce_id", b"\xff"), ("ce_id", b"again"), ("empty", None))
    odd = [
        OutMessage(topic, b"k", b"first"),
        OutMessage(topic, b"k", None, headers),
        OutMessage(topic, b"k", b"\xff\xfe\x00{not json"),
        OutMessage(topic, b"k", b"x" * 5_000_000),
        OutMessage(topic, b"k", b"y" * 7_900_000),
        OutMessage(topic, b"k", b""),
        OutMessage(topic, b"k", b"last"),
    ]
    assert await publisher.publish(odd) == []
    processor = BatchProcessor()
    async with reading(config, topic, {topic: processor}):
        await until(lambda: len(processor) >= len(odd))
    arrived = [OutMessage(topic, record.key, record.value, tuple(record.headers)) for record in processor.records]
    assert arrived == odd


async def test_seek_back_reads_again_and_drops_what_was_read_ahead(
    config: KafkaConfig, topic: str, publisher: Publisher
) -> None:
    """After a seek back the partition comes again from there; nothing stale gets in between."""
    await publisher.publish([OutMessage(topic, b"same", b"%d" % n) for n in range(2000)])
    processor, requests = BatchProcessor(), [100]

    async def handler(fetches: Sequence[Fetch]) -> None:
        await asyncio.sleep(0.01)  # so that the reader reads ahead
        if fetches[0].begin == 300 and requests:
            raise SeekBack({fetches[0].place: requests.pop()})
        await processor(fetches)

    async with reading(config, topic, {topic: handler}, max_poll_records=100):
        await until(lambda: processor.fetches and processor.fetches[-1].end >= 2000)
    begins = [fetch.begin for fetch in processor.fetches]
    assert begins == [0, 100, 200, *range(100, 2000, 100)]
    assert [end for end in (await committed(config, topic, topic)).values() if end] == [2000]


async def test_seek_back_of_one_partition_leaves_the_others(
    config: KafkaConfig, topic: str, publisher: Publisher
) -> None:
    """Of a batch of four partitions one is read again: the others are handed over at once, and acknowledged."""
    processor, refused = BatchProcessor(), list[Sequence[Fetch]]()

    async def handler(fetches: Sequence[Fetch]) -> None:
        if len(fetches) == 4 and not refused:
            refused.append(fetches)
            raise SeekBack({fetches[1].place: 0})
        await processor(fetches)

    async with reading(config, topic, {topic: handler}):
        while not refused:  # four at once need not be found at the first attempt
            await publisher.publish(numbered(topic, 100))
            await until(lambda: refused or len(processor) % 100 == 0)
        sent = sum((await end_offsets(config, [topic])).values())
        await until(lambda: len({(r.partition, r.offset) for r in processor.records}) == sent)
    sought, others = refused[0][1], [refused[0][0], *refused[0][2:]]
    at = processor.batches.index(others)
    again = [
        fetch for fetches in processor.batches[at + 1 :] for fetch in fetches if fetch.partition == sought.partition
    ]
    assert again[0].begin == 0
    assert all(
        processor.offsets[fetch.partition] == list(range(len(processor.offsets[fetch.partition]))) for fetch in others
    )
    assert sum((await committed(config, topic, topic)).values()) == sent


async def test_what_comes_while_a_batch_is_at_work_is_one_batch(
    config: KafkaConfig, topic: str, publisher: Publisher
) -> None:
    """However many partitions and small fetches: when the first batch is done, all that came is taken together."""
    processor, go_on = BatchProcessor(), asyncio.Event()

    async def handler(fetches: Sequence[Fetch]) -> None:
        await processor(fetches)
        await go_on.wait()

    async with reading(config, topic, {topic: handler}):
        await publisher.publish([OutMessage(topic, b"same", b"first")])
        await until(lambda: processor.batches)
        for start in range(0, 1_000, 20):
            await publisher.publish(numbered(topic, 20, start))
        go_on.set()
        await until(lambda: len(processor) == 1_001)
    # The first, what was fetched as it began, and what came after that: a response of the broker or two.
    assert len(processor.batches) <= 5, [len(fetches) for fetches in processor.batches]


async def test_a_topic_whose_batch_is_at_work_holds_up_no_other(
    config: KafkaConfig, topic: str, publisher: Publisher
) -> None:
    """A command is heard while a flood of findings is being decided; and the flood goes on when its turn comes."""
    other = f"{topic}.commands"
    await create_topics(config.bootstrap, [other])
    flood, commands, go_on = BatchProcessor(), BatchProcessor(), asyncio.Event()

    async def handler(fetches: Sequence[Fetch]) -> None:
        await flood(fetches)
        await go_on.wait()
        await asyncio.sleep(0.01)  # until the reader waits

    async with reading(config, topic, {topic: handler, other: commands}, max_poll_records=20):
        await publisher.publish(numbered(topic, 1_000))
        await until(lambda: flood.batches)
        for number in range(5):
            await publisher.publish([OutMessage(other, b"k", b"%d" % number)])
            await until(lambda: len(commands) == number + 1)  # noqa: B023 - awaited at once
        assert len(flood.batches) == 1
        go_on.set()
        begin = monotonic()
        await until(lambda: len(flood) == 1_000)
        # 49 more batches: a reader that waits for something else to arrive needs half a second for each.
        assert monotonic() - begin < 12.0


async def test_a_worker_with_one_topic_goes_on_at_once(config: KafkaConfig, topic: str, publisher: Publisher) -> None:
    """While its only topic is left aside there is nothing to read; afterwards it waits for nobody."""
    processor = BatchProcessor()

    async def handler(fetches: Sequence[Fetch]) -> None:
        await processor(fetches)
        await asyncio.sleep(0.01)  # until the reader waits

    await publisher.publish(numbered(topic, 2_000))
    async with reading(config, topic, {topic: handler}, max_poll_records=50):
        await until(lambda: processor.batches)
        begin = monotonic()
        await until(lambda: len(processor) == 2_000)
        assert monotonic() - begin < 12.0  # 40 batches; with Faust's second between two of them it would be 39


async def test_a_graceful_stop_acknowledges_what_was_handled(
    config: KafkaConfig, topic: str, publisher: Publisher
) -> None:
    """The next worker of the group reads nothing twice and skips nothing."""
    first, second = BatchProcessor(), BatchProcessor()
    await publisher.publish(numbered(topic, 5000))
    async with reading(config, topic, {topic: first}, max_poll_records=500):
        await until(lambda: len(first) >= 1000)
    await publisher.publish(numbered(topic, 100, 5000))
    async with reading(config, topic, {topic: second}):
        await until(lambda: len(first) + len(second) >= 5100)
    assert sorted(int(record.value or b"") for record in [*first.records, *second.records]) == list(range(5100))


async def test_an_exception_ends_everything_before_the_acknowledgement(
    config: KafkaConfig, topic: str, publisher: Publisher
) -> None:
    """A failed fetch and all that follow stay unacknowledged, and the next worker gets them."""
    await publisher.publish([OutMessage(topic, b"same", b"%d" % n) for n in range(1000)])
    handled, fatal, later = BatchProcessor(), Fatal(), BatchProcessor()

    async def handler(fetches: Sequence[Fetch]) -> None:
        if fetches[0].begin == 300:
            message = "the ledger is gone"
            raise RuntimeError(message)
        await handled(fetches)

    async with reading(config, topic, {topic: handler}, max_poll_records=100, on_fatal=fatal):
        await until(lambda: fatal.errors)
        # Faust restarts the agent, which then takes what comes behind the failed fetch.
        with pytest.raises(AssertionError, match="in time"):
            await until(lambda: len(handled) > 300, seconds=2)
    assert [str(error) for error in fatal.errors] == ["the ledger is gone"]
    assert list((await committed(config, topic, topic)).values()) == [300]
    async with reading(config, topic, {topic: later}):
        await until(lambda: len(handled) + len(later) >= 1000)
    assert [record.offset for record in later.records] == list(range(300, 1000))


async def test_two_workers_share_the_partitions(config: KafkaConfig, topic: str, publisher: Publisher) -> None:
    """Once the group has settled every record is handled by one worker, the one that has its partition."""
    one, two = BatchProcessor(), BatchProcessor()
    async with reading(config, topic, {topic: one}) as first:
        await publisher.publish(numbered(topic, 1000))
        await until(lambda: len(one) >= 1000)
        async with reading(config, topic, {topic: two}) as second:
            await until(lambda: len(first.group.partitions) == 2 and len(second.group.partitions) == 2)
            assert first.group.partitions.isdisjoint(second.group.partitions)
            before = len(one)
            await publisher.publish(numbered(topic, 2000, 1000))
            await until(lambda: len(one) + len(two) >= 3000)
            assert {(r.topic, r.partition) for r in two.records} == set(second.group.partitions)
            assert {(r.topic, r.partition) for r in one.records[before:]} == set(first.group.partitions)
        await until(lambda: len(first.group.partitions) == 4)
        await publisher.publish(numbered(topic, 100, 3000))
        await until(lambda: len(one) + len(two) >= 3100)
    assert sorted(int(r.value or b"") for r in [*one.records, *two.records]) == list(range(3100))


async def test_a_header_name_that_is_not_utf8_stops_nothing(config: KafkaConfig, topic: str) -> None:
    """A name of any bytes, as C clients send it, comes out spelled; its neighbours in the batch are unharmed."""
    producer = AIOKafkaProducer(**config.aiokafka_options())
    await producer.start()
    batch = producer.create_batch()
    for value, headers in ((b"before", []), (b"odd", [("QQ", b"v")]), (b"after", [("ok", b"w")])):
        batch.append(timestamp=None, key=None, value=value, headers=headers)
    batch._buffer = with_header_name(batch._build(), b"QQ", b"\xff\xfe")
    await (await producer.send_batch(batch, topic, partition=0))
    await producer.send_and_wait(topic, b"next", partition=0)
    await producer.stop()
    processor = BatchProcessor()
    async with reading(config, topic, {topic: processor}):
        await until(lambda: len(processor) >= 4)
    assert [(record.value, record.headers) for record in processor.records] == [
        (b"before", ()),
        (b"odd", (("\\xff\\xfe", b"v"),)),
        (b"after", (("ok", b"w"),)),
        (b"next", ()),
    ]


def with_header_name(batch: bytes, name: bytes, odd: bytes) -> bytes:
    """Return a record batch with another header name of the same length, and the checksum to match."""
    crc_at, counted_from = 17, 21
    changed = batch.replace(name, odd)
    return changed[:crc_at] + struct.pack(">I", calc_crc32c(changed[counted_from:])) + changed[counted_from:]
