"""Record batches that aiokafka would stumble over, or be crushed by.

librdkafka sends any bytes as a header's name; aiokafka raises in the middle of the batch. It unpacks whatever comes,
and raises at what it cannot unpack. Such a batch comes again with every fetch: it would stop its partition for good,
or end every worker. So a name is spelled out, batches are unpacked here against a limit, and of one that does not fit
a single record is left, an `UnreadBatch`, that stands for all of them: it becomes a dead letter, and reading goes on.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final

from aiokafka.consumer import fetcher
from aiokafka.errors import CorruptRecordException
from aiokafka.record.default_records import DefaultRecordBatch, _DefaultRecordBatchPy, _DefaultRecordPy
from aiokafka.record.memory_records import MemoryRecords
from aiokafka.record.util import decode_varint

from streams.kafka.records.message_sets import records_of
from streams.kafka.records.polled import BoundedResult
from streams.kafka.records.unpacking import UNPACKED_BYTES, Unfit, unpacked

HEADERS_BYTES: Final = 1024 * 1024  # of one record; as objects they take 30 times as much

_LENGTH: Final = struct.Struct(">i")
_ATTRIBUTES: Final = struct.Struct(">h")
_LENGTH_AT: Final = 8  # bytes, behind the base offset
_OVERHEAD: Final = 12  # bytes of a batch that its length does not count
_MAGIC_AT: Final = 16
_ATTRIBUTES_AT: Final = 21
_HEAD: Final = 61  # bytes in front of the records
_CODEC: Final = 0x07
_MODERN: Final = 2  # the format of batches since Kafka 0.11; before that: message sets


class UnreadBatch(bytes):
    """The value of a record that stands for all of a batch, from `first` (None: what follows) to its own offset."""

    first: int | None
    unfit: Unfit

    @classmethod
    def of(cls, first: int | None, unfit: Unfit) -> UnreadBatch:
        """Nothing of the batch is kept."""
        value = cls()
        value.first, value.unfit = first, unfit
        return value


class TolerantRecords:
    """Takes the place of aiokafka's MemoryRecords: the batches of one fetch of one partition."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._records = MemoryRecords(data)
        self._at = 0

    def size_in_bytes(self) -> int:
        """Return the size of all, an incomplete last batch included."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Tell whether there is another complete batch."""
        return bool(self._records.has_next())

    def next_batch(self) -> TolerantBatch:
        """Return the next batch."""
        size = _OVERHEAD + _LENGTH.unpack_from(self._data, self._at + _LENGTH_AT)[0]
        raw = memoryview(self._data)[self._at : self._at + size]
        self._at += size
        return TolerantBatch(self._records.next_batch(), raw)


class TolerantBatch:
    """A batch as aiokafka reads it, as far as it can."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        modern = self._raw[_MAGIC_AT] >= _MODERN
        first = self._batch.base_offset if modern else None
        records = self._modern() if modern else records_of(self._batch, self._raw)
        if not isinstance(records, Unfit):
            try:
                for record in records:
                    first = record.offset + 1
                    yield record
            except CorruptRecordException as error:
                records = Unfit("unreadable_batch", f"it cannot be read: {error}")
        if isinstance(records, Unfit):
            last = self._batch.next_offset - 1
            yield _DefaultRecordPy(last, 0, 0, None, UnreadBatch.of(first, records), [])

    def _modern(self) -> Iterator[Any] | Unfit:
        codec = _ATTRIBUTES.unpack_from(self._raw, _ATTRIBUTES_AT)[0] & _CODEC
        plain = self._raw if not codec else _plain(codec, self._raw)
        if isinstance(plain, Unfit):
            return plain
        if len(plain) > UNPACKED_BYTES + _HEAD:
            return Unfit("too_large", f"it is larger than {UNPACKED_BYTES} bytes, the limit of a batch")
        if len(plain) > HEADERS_BYTES and _has_bulky_headers(plain):
            return Unfit("too_large", f"headers of a record are longer than {HEADERS_BYTES} bytes")
        return _spelled(self._batch if not codec else DefaultRecordBatch(plain), plain)


def _plain(codec: int, raw: memoryview) -> bytearray | Unfit:
    """The batch as if it had never been packed; its checksum has been compared before."""
    records = unpacked(codec, raw[_HEAD:])
    if isinstance(records, Unfit):
        return records
    head = bytearray(raw[:_HEAD])
    _LENGTH.pack_into(head, _LENGTH_AT, _HEAD - _OVERHEAD + len(records))
    attributes = _ATTRIBUTES.unpack_from(head, _ATTRIBUTES_AT)[0] & ~_CODEC
    _ATTRIBUTES.pack_into(head, _ATTRIBUTES_AT, attributes)
    records[:0] = head
    return records


def _has_bulky_headers(plain: bytearray | memoryview) -> bool:
    """Walks from record to record, and looks into the large ones."""
    data, at = bytes(plain) if isinstance(plain, memoryview) else plain, _HEAD
    try:
        while at < len(data):
            length, at = decode_varint(data, at)
            if length < 0:
                return False  # whoever reads it will say so
            if length > HEADERS_BYTES:
                part = at + 1  # behind its attributes
                for _ in ("timestamp", "offset"):
                    _, part = decode_varint(data, part)
                for _ in ("key", "value"):
                    size, part = decode_varint(data, part)
                    part += max(size, 0)
                if at + length - part > HEADERS_BYTES:
                    return True
            at += length
    except (IndexError, ValueError):
        pass  # the same
    return False


def _spelled(batch: Any, plain: bytearray | memoryview) -> Iterator[Any]:
    """The records; from the first unreadable header's name on as they should be read."""
    read = 0
    try:
        for record in batch:
            read += 1
            yield record
    except UnicodeDecodeError:
        again = iter(_DefaultRecordBatchPy(plain))
        again._buffer = _Spelled(again._buffer)  # noqa: SLF001 - aiokafka reads names nowhere else
        yield from islice(again, read, None)


class _Spelled(bytearray):
    r"""Bytes that spell out what is not UTF-8, as ``\xff``: such a name can be sent on in a dead letter."""

    def __getitem__(self, key: Any) -> Any:
        part = super().__getitem__(key)
        return _Spelled(part) if isinstance(key, slice) else part

    def decode(self, *_: object) -> str:
        return super().decode("utf-8", "backslashreplace")


def install() -> None:
    """Make every consumer of this process read this way."""
    fetcher.MemoryRecords = TolerantRecords
    fetcher.FetchResult = BoundedResult
