"""What is read from Kafka in one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aiokafka import ConsumerRecord

from streams.kafka.identity import Log


class Fetch(NamedTuple):
    """What one poll found in one partition: records in order of offset, untouched, at least one.

    Everything that the broker has in ``[begin, end)`` is in ``records``; offsets missing in between are
    transaction markers, aborted or compacted records. So a ``begin`` above the offset that the reader had reached
    means that something was lost on the way, and a hole within means nothing.
    """

    topic: str
    partition: int
    records: Sequence[ConsumerRecord[bytes | None, bytes | None]]
    asked: int | None = None  # the offset that the broker was asked for; None: not known
    following: int | None = None  # the offset to ask for next; None: not known
    log: Log | None = None  # of which log; None: nobody asked

    @property
    def begin(self) -> int:
        """Offset where this fetch starts."""
        return self.records[0].offset if self.asked is None else self.asked

    @property
    def end(self) -> int:
        """Offset where the next fetch starts."""
        return self.records[-1].offset + 1 if self.following is None else self.following

    @property
    def place(self) -> tuple[str, int]:
        """Topic and partition."""
        return self.topic, self.partition

    def split(self, most: int) -> tuple[Fetch, Fetch]:
        """The first so many records, fewer than there are, and the others, which begin where the first end."""
        first = self._replace(records=self.records[:most], following=self.records[most - 1].offset + 1)
        return first, self._replace(records=self.records[most:], asked=first.end)


class Batch(NamedTuple):
    """What one poll found in one topic, on its way to the handler: a fetch for each partition that had something.

    ``epochs`` counts the seeks of each fetch's partition; a fetch with an older one is stale.
    """

    fetches: Sequence[Fetch]
    epochs: Sequence[int]


def batches(fetches: Sequence[Fetch], most: int) -> Iterator[list[Fetch]]:
    """The same records in the same order, in parts of at most so many."""
    rest = list(fetches)
    while rest:
        part, rest = cut(rest, most)
        yield part


def cut(fetches: Sequence[Fetch], most: int) -> tuple[list[Fetch], list[Fetch]]:
    """The first so many records, and the others."""
    for place, fetch in enumerate(fetches):
        if len(fetch.records) > most:
            first, rest = fetch.split(most) if most else (None, fetch)
            return [*fetches[:place], *([first] if first else ())], [rest, *fetches[place + 1 :]]
        most -= len(fetch.records)
    return list(fetches), []
