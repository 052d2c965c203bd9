"""Bounds of memory: what is loaded and said at once (O-16)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol

SAID_BYTES: Final = 16 * 1024 * 1024  # of messages that a decision makes; the events of one message may take more


class TooMuch(Exception):
    """More than a worker should have in memory at once: less is to be decided together."""


class Publishable(Protocol):
    """What a decision publishes."""

    @property
    def value(self) -> bytes | None:
        """Its bytes."""


class SaidBytes:
    """How much a decision has to publish, counted while it is made: it must not be made first and counted then."""

    def __init__(self, *, divisible: bool) -> None:
        """`divisible`: it is about several messages, so that less can be decided at once."""
        self._divisible = divisible
        self._left = SAID_BYTES
        self._counted = 0

    @property
    def is_enough(self) -> bool:
        """Whether the tickets that are left are to be published later, each by itself."""
        return self._left < 0

    def count(self, outbox: Sequence[Publishable]) -> None:
        """Counts what has been added since. Raises TooMuch."""
        while self._counted < len(outbox):
            self._left -= len(outbox[self._counted].value or b"")
            self._counted += 1
        if self._left < 0 and self._divisible:
            msg = f"more than {SAID_BYTES} bytes of messages to be made at once"
            raise TooMuch(msg)
