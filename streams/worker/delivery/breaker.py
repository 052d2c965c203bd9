"""The breaker: a provider that does not work is left alone for a while, and then tried with one message."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from notifiers.protocol import Outcome

FAILURES: Final = 5  # in a row
REST_SECONDS: Final = 60.0  # real time
_AT_ONCE: Final = frozenset({"auth", "sender", "balance"})  # no message will pass before a person has done something
_ABOUT_ONE_MESSAGE: Final = frozenset({"deferred"})  # the provider works, it only wants this one later


class Breaker:
    """One provider account's. Open at once when it refuses account, sender or balance, otherwise after 5 failures."""

    def __init__(self, *, rest_seconds: float = REST_SECONDS, clock: Callable[[], float] = time.monotonic) -> None:
        self._rest = rest_seconds
        self._clock = clock
        self._failures = 0
        self._opened_at: float | None = None

    @property
    def is_open(self) -> bool:
        """Whether the provider is under suspicion (also while it is being tried)."""
        return self._opened_at is not None

    def allowed(self, running: int, most: int) -> int:
        """How many more messages may go out while `running` of at most `most` are under way."""
        if self._opened_at is None:
            return most - running
        rested = self._clock() - self._opened_at >= self._rest
        return 1 if rested and not running else 0

    def record(self, outcome: Outcome) -> None:
        """Takes in an answer."""
        word = outcome.code.partition(":")[0]
        if word in _ABOUT_ONE_MESSAGE:
            self._close()
        elif word in _AT_ONCE:
            self._failures = FAILURES
            self._opened_at = self._clock()
        elif outcome.state in {"retry", "uncertain"}:
            self._failures += 1
            if self._failures >= FAILURES or self._opened_at is not None:
                self._opened_at = self._clock()
        else:
            self._close()

    def _close(self) -> None:
        self._failures = 0
        self._opened_at = None


def is_providers_fault(outcome: Outcome) -> bool:
    """Whether a refusal says nothing about the message, so that it may go once the provider works."""
    return outcome.code.partition(":")[0] in _AT_ONCE
