"""Checked records of a registry file on disk: a file is parsed once, and never stands in memory whatever its size.

Keys that stand twice are found without keeping them all: each sets two bits in a map of fixed size, those that find
both set already are suspected, and a second look at the file tells which of the suspects were there before.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from tempfile import TemporaryFile
from typing import Final, NamedTuple

import orjson

BITS: Final = 27  # of a place in the map: 16 MiB; of a million keys about a hundred are suspected for nothing
BUFFER: Final = 1024 * 1024  # bytes


class Repeated(NamedTuple):
    """A key that stands in the file for the second time."""

    key: str
    place: str
    column: str
    first: str  # where it stood before


class Spool:
    """Records in the order of their file."""

    def __init__(self, bits: int = BITS) -> None:
        """`bits`: fewer only make more suspects."""
        self._file = TemporaryFile(buffering=BUFFER)  # noqa: SIM115 - deleted when the last reader lets go of it
        self._bits = bits
        self._mask = (1 << bits) - 1
        self._map = bytearray(1 << bits >> 3)
        self._suspects: set[str] = set()
        self.records = 0
        self.strangers: Counter[tuple[str, str]] = Counter()  # kind, field that the schema does not know
        self.notes: list[str] = []  # what was passed over

    def add(self, key: str, place: str, column: str, value: bytes) -> None:
        """One record as JSON without line breaks, and where its id stands."""
        self._file.write(orjson.dumps((key, place, column)) + b"\t" + value + b"\n")
        self.records += 1
        number = hash(key)
        one, other = number & self._mask, number >> self._bits & self._mask
        marks = self._map
        if marks[one >> 3] >> (one & 7) & marks[other >> 3] >> (other & 7) & 1:
            self._suspects.add(key)
        marks[one >> 3] |= 1 << (one & 7)
        marks[other >> 3] |= 1 << (other & 7)

    def repeated(self) -> Iterator[Repeated]:
        """Every record whose key was there before."""
        first: dict[str, str] = {}
        for line in self._lines() if self._suspects else ():
            key, place, column = orjson.loads(line[: line.index(b"\t")])
            if key in self._suspects:
                if key in first:
                    yield Repeated(key, place, column, first[key])
                first.setdefault(key, place)

    def __iter__(self) -> Iterator[tuple[str, bytes]]:
        """Keys and values."""
        for line in self._lines():
            head, _, value = line.partition(b"\t")
            yield orjson.loads(head)[0], value[:-1]

    def _lines(self) -> Iterator[bytes]:
        self._file.seek(0)
        yield from iter(self._file.readline, b"")
