"""What is read from Kafka in one go."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from aiokafka import ConsumerRecord


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

    @property
    def begin(self) -> int:
        """Offset where this fetch starts."""
        return self.records[0].offset if self.asked is None else self.asked

    @property
    def end(self) -> int:
        """Offset where the next fetch starts."""
        return self.records[-1].offset + 1 if self.following is None else self.following

    def parts(self, most: int) -> Iterator[Fetch]:
        """The same in fetches of at most so many records, each of which begins where the one before it ends."""
        begin = self.begin
        for start in range(0, len(self.records), most):
            records = self.records[start : start + most]
            is_last = start + most >= len(self.records)
            part = Fetch(self.topic, self.partition, records, begin, self.end if is_last else records[-1].offset + 1)
            yield part
            begin = part.end


class Batch(NamedTuple):
    """A fetch on its way to the handler; ``epoch`` counts the partition's seeks, an older one is stale."""

    fetch: Fetch
    epoch: int
