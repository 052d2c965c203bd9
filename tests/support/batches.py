"""Record batches as brokers hand them out, made by hand: every codec, every format, also such as no producer makes."""

from __future__ import annotations

import struct
from binascii import crc32
from collections.abc import Callable, Sequence
from typing import Any, Final

import cramjam
from aiokafka import TopicPartition
from aiokafka.codec import gzip_encode, lz4_encode, snappy_encode, zstd_encode
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from aiokafka.record.util import calc_crc32c

from streams.kafka.records.tolerant import TolerantRecords

GZIP, SNAPPY, LZ4, ZSTD = 1, 2, 3, 4
HEAD: Final = 61
CODECS: Final[dict[str, tuple[int, Callable[[bytes], Any]]]] = {
    "gzip": (GZIP, gzip_encode),
    "snappy": (SNAPPY, lambda data: snappy_encode(data, xerial_compatible=False)),
    "snappy of Java": (SNAPPY, snappy_encode),
    "lz4": (LZ4, lz4_encode),
    "lz4 that says its size": (LZ4, cramjam.lz4.compress),
    "zstd": (ZSTD, zstd_encode),
}


def batch(values: Sequence[bytes], base: int = 0, headers: Sequence[tuple[str, bytes]] = ()) -> bytes:
    """An unpacked batch of format 2."""
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 2**31 - 1)
    for offset, value in enumerate(values):
        builder.append(offset, 1_700_000_000_000, b"k", value, list(headers))
    return based(bytes(builder.build()), base)


def packed(plain: bytes, codec: int, pack: Callable[[bytes], Any]) -> bytes:
    """The same batch with its records packed."""
    return with_records(plain, codec, bytes(pack(plain[HEAD:])))


def with_records(plain: bytes, codec: int, records: bytes) -> bytes:
    """The batch's head with other records, and a checksum that fits."""
    (attributes,) = struct.unpack_from(">h", plain, 21)
    body = struct.pack(">h", attributes & ~7 | codec) + plain[23:HEAD] + records
    return plain[:8] + struct.pack(">i", len(body) + 9) + plain[12:17] + struct.pack(">I", calc_crc32c(body)) + body


def based(plain: bytes, base: int) -> bytes:
    """The batch with another first offset, which no checksum covers."""
    return struct.pack(">q", base) + plain[8:]


def message(magic: int, offset: int, value: bytes | None, codec: int = 0) -> bytes:
    """One message of format 0 or 1."""
    time = struct.pack(">q", 1_700_000_000_000) if magic else b""
    content = struct.pack(">i", -1 if value is None else len(value)) + (value or b"")
    body = struct.pack(">bb", magic, codec) + time + struct.pack(">i", 1) + b"k" + content
    return struct.pack(">qiI", offset, len(body) + 4, crc32(body)) + body


def message_set(magic: int, values: Sequence[bytes], codec: int, pack: Callable[[bytes], Any], base: int = 0) -> bytes:
    """A packed set of format 0 or 1; with 1 the offsets within count from its first one."""
    first = base if magic == 0 else 0
    inner = b"".join(message(magic, first + number, value) for number, value in enumerate(values))
    return message(magic, base + len(values) - 1, bytes(pack(inner)), codec)


def read(data: bytes, position: int = 0) -> list[Any]:
    """What a consumer makes of the answer to a fetch from this position, as the worker's fetch thread reads it."""
    records = PartitionRecords(
        TopicPartition("t", 0),
        TolerantRecords(data),
        [],
        position,
        None,
        None,
        True,
        1,
    )
    return list(records)
