"""What is read from Kafka in one go."""

from __future__ import annotations

from collections.abc import Sequence
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


class Batch(NamedTuple):
    """A fetch on its way to the handler; ``epoch`` counts the partition's seeks, an older one is stale."""

    fetch: Fetch
    epoch: int
