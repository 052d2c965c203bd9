"""Compressed batches, unpacked against a limit: 712 KB on the wire can be 700 MiB of blanks.

What a batch says of its unpacked size is at most a hint: the room into which it is unpacked is made by us, grows in
steps, and ends at the limit. aiokafka would unpack whatever comes, whole.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any, Final, Literal, NamedTuple

import cramjam

UNPACKED_BYTES: Final = 32 * 1024 * 1024  # of one batch; producers make them of a few MiB at most
GZIP: Final = 1
SNAPPY: Final = 2
LZ4: Final = 3
ZSTD: Final = 4

_LEAST: Final = 64 * 1024
_STEP: Final = 8  # times as much room at the next try
_FULL: Final = ("failed to write whole buffer", "output buffer")  # what cramjam says when the room is too small
_XERIAL: Final = bytes((0x82, *b"SNAPPY", 0, 0, 0, 0, 1, 0, 0, 0, 1))  # how Java's snappy begins: blocks follow
_SIZE: Final = struct.Struct(">i")
_INTO: Final[dict[int, Callable[[Any, Any], int]]] = {
    GZIP: cramjam.gzip.decompress_into,
    LZ4: cramjam.lz4.decompress_into,
    ZSTD: cramjam.zstd.decompress_into,
}


class Unfit(NamedTuple):
    """Why a batch cannot be read: a code as dead letters have it, and words."""

    code: Literal["too_large", "unreadable_batch"]
    words: str


def unpacked(codec: int, packed: bytes | memoryview, most: int = UNPACKED_BYTES) -> bytearray | Unfit:
    """What a codec of Kafka's has packed, or why not."""
    try:
        if codec == SNAPPY:
            blocks = _blocks(memoryview(packed)[len(_XERIAL) :]) if packed[: len(_XERIAL)] == _XERIAL else [packed]
            return _snappy(blocks, most)
        return _streamed(_INTO[codec], packed, most)
    except KeyError:
        return Unfit("unreadable_batch", f"its codec {codec} is not known")
    except (cramjam.DecompressionError, ValueError, struct.error) as error:
        return Unfit("unreadable_batch", f"it cannot be unpacked: {error}")


def _streamed(into: Callable[[Any, Any], int], packed: bytes | memoryview, most: int) -> bytearray | Unfit:
    room = min(max(_STEP * len(packed), _LEAST), most)
    while True:
        out = bytearray(room)
        try:
            size = into(packed, out)
        except cramjam.DecompressionError as error:
            if not str(error).startswith(_FULL):
                raise
            if room == most:
                return _too_large(most)
            room = min(_STEP * room, most)
        else:
            del out[size:]
            return out


def _blocks(rest: memoryview) -> list[memoryview]:
    """The blocks of Java's snappy, each with its size in front."""
    blocks, at = [], 0
    while at < len(rest):
        (size,) = _SIZE.unpack_from(rest, at)
        at += _SIZE.size
        if not 0 <= size <= len(rest) - at:
            msg = "a block of snappy is longer than the batch"
            raise ValueError(msg)
        blocks.append(rest[at : at + size])
        at += size
    return blocks


def _snappy(blocks: list[Any], most: int) -> bytearray | Unfit:
    """Snappy says in front how much it is, and what it says must be right to the byte."""
    sizes = [cramjam.snappy.decompress_raw_len(block) for block in blocks]
    if sum(sizes) > most:
        return _too_large(most)
    out = bytearray(sum(sizes))
    room, at = memoryview(out), 0
    for block, size in zip(blocks, sizes, strict=True):
        cramjam.snappy.decompress_raw_into(block, room[at : at + size])
        at += size
    room.release()
    return out


def _too_large(most: int) -> Unfit:
    return Unfit("too_large", f"unpacked it is larger than {most} bytes, the limit of a batch")
