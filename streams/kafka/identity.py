"""Which log is it: a topic's id, its leader's epoch, and the one record by which a log is known again.

A topic that is deleted and created anew keeps its name and counts from 0 again; Kafka tells it apart by an id (2.8 and
later). A log that an unclean election has cut short keeps its id; its leader's epoch grows, and its last record is not
the one that was read.
"""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from io import BytesIO
from typing import Any, Final, NamedTuple

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.client import AIOKafkaClient
from aiokafka.errors import UnknownTopicOrPartitionError
from aiokafka.protocol.abstract import AbstractType
from aiokafka.protocol.api import Request, RequestStruct, Response
from aiokafka.protocol.types import Boolean, CompactArray, CompactString, Int16, Int32, Schema, TaggedFields

from streams.kafka.admin import REQUEST_MS, connected
from streams.kafka.config import KafkaConfig
from streams.kafka.records import tolerant

LOOK_MS: Final = 3_000  # without a record from any partition; then the others have none
AT_ONCE: Final = 4  # partitions
PEEK_BYTES: Final = 64 * 1024  # of a partition; its first batch comes whole in any case
_NONE: Final = bytes(16)


class AnotherLogError(Exception):
    """The broker's log is not the one that the ledger has read; the text says which, and the way on."""


class Log(NamedTuple):
    """What a fetch says of the log that it comes from."""

    topic_id: str | None  # None: the broker knows no ids
    leader_epoch: int | None
    term: int = 0  # counts the assignments of this worker


class _Id(AbstractType[bytes]):  # type: ignore[misc]
    @classmethod
    def encode(cls, value: bytes) -> bytes:
        return value

    @classmethod
    def decode(cls, data: BytesIO) -> bytes:
        return data.read(16)


_TEXT: Final = CompactString("utf-8")
_NUMBERS: Final = CompactArray(Int32)
_TAGS: Final = ("tags", TaggedFields)
_PARTITION: Final = CompactArray(
    ("error_code", Int16),
    ("partition", Int32),
    ("leader", Int32),
    ("leader_epoch", Int32),
    ("replicas", _NUMBERS),
    ("isr", _NUMBERS),
    ("offline_replicas", _NUMBERS),
    _TAGS,
)
_TOPIC: Final = CompactArray(
    ("error_code", Int16),
    ("topic", _TEXT),
    ("topic_id", _Id),
    ("is_internal", Boolean),
    ("partitions", _PARTITION),
    ("operations", Int32),
    _TAGS,
)
_BROKER: Final = CompactArray(("node_id", Int32), ("host", _TEXT), ("port", Int32), ("rack", _TEXT), _TAGS)


class _Answer(Response):  # type: ignore[misc]
    API_KEY = 3
    API_VERSION = 10
    SCHEMA = Schema(
        ("throttle_time_ms", Int32),
        ("brokers", _BROKER),
        ("cluster_id", _TEXT),
        ("controller_id", Int32),
        ("topics", _TOPIC),
        ("cluster_operations", Int32),
        _TAGS,
    )


class _Question(RequestStruct):  # type: ignore[misc]
    FLEXIBLE_VERSION = True
    API_KEY = 3
    API_VERSION = 10
    RESPONSE_TYPE = _Answer
    SCHEMA = Schema(
        ("topics", CompactArray(("topic_id", _Id), ("name", _TEXT), _TAGS)),
        ("allow_auto_topic_creation", Boolean),
        ("include_cluster_operations", Boolean),
        ("include_topic_operations", Boolean),
        _TAGS,
    )


class WhichLogs(Request[_Question]):  # type: ignore[misc]
    """Asks for topics by name; none is created by that."""

    API_KEY = 3

    def __init__(self, topics: Sequence[str]) -> None:
        self._topics = topics

    def build(self, request_struct_class: type[_Question]) -> _Question:
        """As aiokafka asks for it."""
        return request_struct_class([(_NONE, name, {}) for name in self._topics], False, False, False, {})


def told(answer: Any) -> dict[str, tuple[str | None, dict[int, int]]]:
    """Each topic that is there: its id, and the epochs of its partitions' leaders."""
    return {
        name: (topic_id.hex() if topic_id != _NONE else None, {part[1]: part[3] for part in partitions})
        for error, name, topic_id, _, partitions, *_ in answer.topics
        if not error
    }


async def log_ids(config: KafkaConfig, topics: Iterable[str]) -> dict[str, str]:
    """The id of each topic that has one; nothing from brokers that know none."""
    async with connected(config) as admin:
        try:
            answer = await admin._send_request(WhichLogs(list(topics)))  # noqa: SLF001 - it has no other door
        except NotImplementedError:
            return {}
    return {name: topic_id for name, (topic_id, _) in told(answer).items() if topic_id is not None}


async def logs_of(client: AIOKafkaClient, places: Iterable[tuple[str, int]]) -> dict[Any, Log]:
    """Of which log each partition is now, by its leader, which knows of a new one no later than it has records of it.

    On a connection of its own: on the others a fetch may be waiting. Raises KafkaError where nobody knows.
    """
    by_leader: defaultdict[int, list[tuple[str, int]]] = defaultdict(list)
    for place in places:
        leader = client.cluster.leader_for_partition(TopicPartition(*place))
        by_leader[client.get_random_node() if leader in (None, -1) else leader].append(place)
    logs: dict[Any, Log] = {}
    for leader, led in by_leader.items():
        try:
            answer = told(await client.send(leader, WhichLogs(sorted({topic for topic, _ in led})), group="logs"))
        except NotImplementedError:
            logs.update((place, Log(None, None)) for place in led)
            continue
        for place in led:
            if place[0] not in answer:
                raise UnknownTopicOrPartitionError
            topic_id, epochs = answer[place[0]]
            logs[place] = Log(topic_id, epochs.get(place[1]))
    return logs


def known_by(record: ConsumerRecord[bytes | None, bytes | None]) -> str:
    """What a record is known by again: `offset:timestamp:crc`."""
    return f"{record.offset}:{record.timestamp}:{zlib.crc32(record.value or b'', zlib.crc32(record.key or b'')):08x}"


async def still_there(config: KafkaConfig, known: Mapping[tuple[str, int], str]) -> dict[tuple[str, int], bool | None]:
    """Whether the record that each partition is known by is in it; None: nobody can tell.

    Retention and compaction take records away, which proves nothing; another one in its place is another log's.
    """
    found: dict[tuple[str, int], bool | None] = dict.fromkeys(known)
    if not known:
        return found
    offsets = {TopicPartition(*place): int(mark.partition(":")[0]) for place, mark in known.items()}
    tolerant.install()
    consumer = AIOKafkaConsumer(
        **config.aiokafka_options(),
        enable_auto_commit=False,
        auto_offset_reset="earliest",  # of what begins later by now
        max_partition_fetch_bytes=PEEK_BYTES,
        request_timeout_ms=REQUEST_MS,
    )
    try:
        await consumer.start()
        places = list(offsets)
        for some in (places[at : at + AT_ONCE] for at in range(0, len(places), AT_ONCE)):  # batches of many MiB each
            waiting = {tp: offsets[tp] for tp in some}
            consumer.assign(some)
            for tp, offset in waiting.items():
                consumer.seek(tp, offset)
            while waiting and (polled := await consumer.getmany(*waiting, timeout_ms=LOOK_MS, max_records=1)):
                for tp, records in polled.items():
                    if records[0].offset == waiting.pop(tp):
                        place = (tp.topic, tp.partition)
                        found[place] = known_by(records[0]) == known[place]
    finally:
        await consumer.stop()
    return found
