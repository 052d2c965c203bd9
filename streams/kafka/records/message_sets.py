"""Message sets, the record formats before Kafka 0.11 (magic 0 and 1): old topics of old brokers still hold them.

A packed set is one message whose value holds the others. aiokafka unpacks it whole and lists it before the first one
is read; here it is unpacked against the limit and read one by one.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Any, Final

from aiokafka.errors import CorruptRecordException
from aiokafka.record.legacy_records import _LegacyRecordPy

from streams.kafka.records.unpacking import Unfit, unpacked

_HEAD: Final = struct.Struct(">qiIbb")  # offset, length, checksum, magic, attributes; with magic 1 a time follows
_TIME: Final = struct.Struct(">q")
_SIZE: Final = struct.Struct(">i")
_OVERHEAD: Final = 12  # bytes of a message that its length does not count
_CODEC: Final = 0x07
_BY_BROKER: Final = 0x08  # the time is the broker's, and the set's


def records_of(batch: Any, raw: memoryview) -> Iterator[Any] | Unfit:
    """The messages of a set, or the only one."""
    attributes = _HEAD.unpack_from(raw)[4]
    if not attributes & _CODEC:
        alone: Iterator[Any] = iter(batch)
        return alone
    try:
        _, value = _key_and_value(raw, _behind_head(raw))
    except (struct.error, ValueError) as error:
        return Unfit("unreadable_batch", f"it cannot be read: {error}")
    packed = unpacked(attributes & _CODEC, value or b"")
    return packed if isinstance(packed, Unfit) else _unwrapped(packed, raw)


def _unwrapped(packed: bytearray, raw: memoryview) -> Iterator[Any]:
    offset, _, _, magic, attributes = _HEAD.unpack_from(raw)
    kind = None if magic == 0 else int(bool(attributes & _BY_BROKER))
    last = 0
    for at in _places(packed):
        last = _HEAD.unpack_from(packed, at)[0]
    before = offset - last if magic else 0  # with magic 1 they count from the first one
    data = memoryview(packed)
    for at in _places(packed):
        number, _, checksum, inner, marks = _HEAD.unpack_from(packed, at)
        if marks & _CODEC or inner != magic:
            msg = "a message set within a message set"
            raise CorruptRecordException(msg)
        stamp = None
        if magic:
            (stamp,) = _TIME.unpack_from(raw if kind else packed, _HEAD.size + (0 if kind else at))
        try:
            key, value = _key_and_value(data, at + _behind_head(data[at:]))
        except (struct.error, ValueError) as error:
            raise CorruptRecordException(str(error)) from None
        yield _LegacyRecordPy(number + before, stamp, kind, key, value, checksum)


def _places(packed: bytearray) -> Iterator[int]:
    """Where each message begins; one that is cut short ends the set."""
    at = 0
    while at + _HEAD.size <= len(packed):
        _, length, _, magic, _ = _HEAD.unpack_from(packed, at)
        if length < _HEAD.size - _OVERHEAD + 2 * _SIZE.size + (_TIME.size if magic else 0):
            msg = f"a message of {length} bytes"
            raise CorruptRecordException(msg)
        if at + _OVERHEAD + length > len(packed):
            break
        yield at
        at += _OVERHEAD + length


def _behind_head(data: memoryview) -> int:
    return _HEAD.size + (_TIME.size if _HEAD.unpack_from(data)[3] else 0)


def _key_and_value(data: memoryview, at: int) -> tuple[bytes | None, bytes | None]:
    parts: list[bytes | None] = []
    for _ in ("key", "value"):
        (size,) = _SIZE.unpack_from(data, at)
        at += _SIZE.size
        if size > len(data) - at:
            msg = "a key or value is longer than its message"
            raise ValueError(msg)
        parts.append(None if size < 0 else bytes(data[at : at + size]))
        at += max(size, 0)
    key, value = parts
    return key, value
