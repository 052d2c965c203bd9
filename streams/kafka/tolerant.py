"""Record batches in which a header's name need not be UTF-8.

librdkafka sends any bytes as a header's name. aiokafka then raises in the middle of the batch, which comes again with
every fetch: one such message would stop its partition for good.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.memory_records import MemoryRecords

_LENGTH = struct.Struct(">i")
_LENGTH_AT = 8  # bytes, behind the base offset
_OVERHEAD = 12  # bytes of a batch that its length does not count


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
    """A batch as aiokafka reads it, and from the first unreadable header on as it should be read."""

    def __init__(self, batch: Any, raw: memoryview) -> None:
        self._batch = batch
        self._raw = raw

    def __getattr__(self, name: str) -> Any:
        return getattr(self._batch, name)

    def __next__(self) -> Any:
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                read += 1
                yield record
        except UnicodeDecodeError:
            batch = iter(_DefaultRecordBatchPy(self._raw))
            batch._buffer = _Spelled(batch._buffer)  # noqa: SLF001 - already decompressed, which happens nowhere else
            yield from islice(batch, read, None)


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
