"""Batches are unpacked against a limit: a small one that is large inside is a record that says so, and no memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import pytest

from streams.kafka.records.tolerant import UnreadBatch
from streams.kafka.records.unpacking import UNPACKED_BYTES
from tests.support.batches import (
    CODECS,
    GZIP,
    SNAPPY,
    ZSTD,
    batch,
    message,
    message_set,
    packed,
    read,
    with_records,
)
from tests.support.command_line import ROOT

Codec = tuple[int, Callable[[bytes], Any]]
BLANKS: Final = 128 * 1024 * 1024
GROWTH: Final = 96 * 1024  # KiB: less than the blanks, more than three times the limit
OLD: Final = {name: codec for name, codec in CODECS.items() if codec[0] != ZSTD}  # message sets know no zstd
VALUES: Final = [b'{"n": %d}' % number for number in range(50)]
_READ: Final = """
import resource, sys
from pathlib import Path
from tests.support.batches import read
data = Path(sys.argv[1]).read_bytes()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
for record in read(data):
    print(record.offset, len(record.value), getattr(record.value, "unfit", ("",))[0])
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
every_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)
every_old_codec = pytest.mark.parametrize("codec", OLD.values(), ids=OLD)


def growth(path: Path, data: bytes) -> tuple[list[str], int]:
    """What a process of its own reads, and by how many KiB its memory has grown at most."""
    path.write_bytes(data)
    done = subprocess.run(
        [sys.executable, "-c", _READ, str(path)], cwd=ROOT, capture_output=True, text=True, check=True, timeout=120
    )
    *lines, grown = done.stdout.splitlines()
    return lines, int(grown)


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """One record of 128 MiB of blanks, before a codec has it."""
    return batch([b" " * BLANKS], base=7)


@every_codec
def test_a_bomb_costs_little_and_the_next_batch_is_read(codec: Codec, bomb: bytes, tmp_path: Path) -> None:
    """128 MiB of blanks grow a process by less than 96 MiB; they are one record that says so, then the good ones."""
    lines, grown = growth(tmp_path / "fetch", packed(bomb, *codec) + packed(batch([b"good"], base=8), *codec))
    assert lines == ["7 0 too_large", "8 4 "]
    assert grown < GROWTH


@every_old_codec
@pytest.mark.parametrize("magic", [0, 1])
def test_a_bomb_of_an_old_format_too(codec: Codec, magic: int, tmp_path: Path) -> None:
    """The same in a message set of Kafka 0.8 or 0.10."""
    bomb = message_set(magic, [b" " * BLANKS], *codec, base=7)
    lines, grown = growth(tmp_path / "fetch", bomb + message_set(magic, [b"good"], *codec, base=8))
    assert lines == ["7 0 too_large", "8 4 "]
    assert grown < GROWTH


@every_codec
def test_what_fits_is_read_as_ever(codec: Codec) -> None:
    """Every record of a packed batch, with its offset, key, time and headers; also from the middle of it."""
    plain = batch(VALUES, base=100, headers=[("ce_id", b"1")])
    records = read(packed(plain, *codec), position=100)
    assert records == read(plain, position=100)
    assert [(record.offset, record.value) for record in records] == list(enumerate(VALUES, 100))
    assert {(record.key, record.headers, record.timestamp) for record in records} == {
        (b"k", (("ce_id", b"1"),), 1_700_000_000_000)
    }
    assert [record.offset for record in read(packed(plain, *codec), position=140)] == list(range(140, 150))


@every_old_codec
@pytest.mark.parametrize("magic", [0, 1])
def test_old_formats_are_read_as_ever(codec: Codec, magic: int) -> None:
    """Packed message sets and single messages, with offsets that are the set's and not those within."""
    data = message_set(magic, VALUES, *codec, base=100) + message(magic, 150, b"alone") + message(magic, 151, None)
    records = read(data, position=100)
    assert [(record.offset, record.value) for record in records] == [*enumerate([*VALUES, b"alone", None], 100)]
    assert {record.timestamp for record in records} == ({1_700_000_000_000} if magic else {None})


def test_a_batch_of_the_limit_fits_and_one_byte_more_does_not() -> None:
    """The limit is the batch's, whatever its codec, and also without one."""
    overhead = len(batch([b" " * UNPACKED_BYTES])) - 61 - UNPACKED_BYTES
    for pack in (lambda plain: plain, lambda plain: packed(plain, *CODECS["zstd"])):
        most, more = (batch([b" " * (UNPACKED_BYTES - overhead + extra)]) for extra in (0, 1))
        assert len(read(pack(most))[0].value) == UNPACKED_BYTES - overhead
        (record,) = read(pack(more))
        assert isinstance(record.value, UnreadBatch)
        assert "33554432 bytes, the limit of a batch" in record.value.unfit.words


@pytest.mark.parametrize(
    ("codec", "records"),
    [
        (GZIP, b"no gzip"),
        (GZIP, CODECS["gzip"][1](batch(VALUES)[61:])[:-9]),
        (SNAPPY, b"\xff\xff\xff\xff\x0f" + b"x"),
        (SNAPPY, b"\x05" + b"x"),
        (SNAPPY, bytes(CODECS["snappy of Java"][1](b"x"))[:16] + b"\xff\xff\xff\xf0xxxx"),
        (ZSTD, b"\x28\xb5\x2f\xfd"),
        (5, b"no codec of Kafka's"),
        (0, b"\x02"),
        (GZIP, CODECS["gzip"][1](b"\x7f\x00\x00\x00")),
    ],
    ids=range(9),  # gzip writes the time: the processes that share the tests would not agree on their names
)
def test_what_cannot_be_read_stops_nobody(codec: int, records: bytes) -> None:
    """Broken, cut short, lying about its size, or unknown: a record that says so, and the next batch is read."""
    broken = with_records(batch([b"1", b"2", b"3"], base=5), codec, records)
    first, second = read(broken + batch([b"good"], base=8), position=5)
    assert (first.offset, type(first.value), first.value.first) == (7, UnreadBatch, 5)
    assert first.value.unfit.code in ("unreadable_batch", "too_large")
    assert (second.offset, second.value) == (8, b"good")


@pytest.mark.parametrize(
    "inner", [message(1, 0, b"x", GZIP), message(1, 0, b"x")[:8] + b"\x00" * 20], ids=["gzip", "blank"]
)
def test_message_sets_that_cannot_be_read_stop_nobody(inner: bytes) -> None:
    """A set within a set, or a length that goes backwards, for which aiokafka would list messages without end."""
    first, second = read(message(1, 6, CODECS["gzip"][1](inner), GZIP) + message(1, 7, b"good"), position=5)
    assert (first.offset, first.value.unfit.code) == (6, "unreadable_batch")
    assert second.value == b"good"


def test_headers_by_the_million_are_not_made_objects_of() -> None:
    """A record with 2 MiB of headers, which would be 64 MiB of objects, is refused with its batch; 3,000 are read."""
    many, few = ([("", b"")] * number for number in (1_000_000, 3_000))
    (record,) = read(packed(batch([b"x"], headers=many), *CODECS["zstd"]))
    assert record.value.unfit.code == "too_large"
    (record,) = read(packed(batch([b"x" * 2_000_000], headers=few), *CODECS["zstd"]))
    assert len(record.headers) == 3_000
