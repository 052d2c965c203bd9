"""What waits for the broker: by number and by bytes (O-16)."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import NamedTuple

from streams.rules.state.records import OutMessage


class Outgoing(NamedTuple):
    """Chunks of the outbox and the messages in them, in order."""

    chunks: Sequence[int]
    messages: Sequence[OutMessage]
    taken_over: bool = False
    since: float = 0.0  # when it was known to be ours, in steady seconds; the relay notes it


class WaitingMessages(asyncio.Queue[Outgoing]):
    """Full by number, or by the bytes that are not acknowledged yet; the one that goes beyond is the last."""

    def __init__(self, number: int, most: int) -> None:
        super().__init__(number)
        self._most = most  # bytes
        self._bytes = 0

    def full(self) -> bool:
        """Whether the next one has to wait."""
        return super().full() or self._bytes >= self._most

    def _put(self, item: Outgoing) -> None:
        self._bytes += _size(item)
        super()._put(item)

    def acknowledged(self, item: Outgoing) -> None:
        """What was taken from here is published: there is room for more."""
        self._bytes -= _size(item)
        self.task_done()
        self._wakeup_next(self._putters)  # type: ignore[attr-defined]  # asyncio's, as its own subclasses do


def _size(outgoing: Outgoing) -> int:
    return sum([len(message.value or b"") for message in outgoing.messages])
