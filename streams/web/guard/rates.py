"""How often: so many a minute for a key, counted in this process alone, in a memory that does not grow."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from time import monotonic
from typing import Final

_MINUTE: Final = 60.0
_KEYS: Final = 20_000  # the longest unused are forgotten


class Rate:
    """A bucket for each key that fills up again within a minute."""

    def __init__(self, a_minute: int, clock: Callable[[], float] = monotonic) -> None:
        self._most = float(a_minute)
        self._clock = clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()  # key -> what was left, when

    def allows(self, key: str, times: int = 1) -> bool:
        """Whether so many times more is allowed; it counts."""
        left = self._now(key)
        if left < times:
            return False
        self._left[key] = (left - times, self._clock())
        self._left.move_to_end(key)
        if len(self._left) > _KEYS:
            self._left.popitem(last=False)
        return True

    def is_used_up(self, key: str) -> bool:
        """Whether once more would be too often; nothing is counted."""
        return self._now(key) < 1

    def _now(self, key: str) -> float:
        at = self._clock()
        left, then = self._left.get(key, (self._most, at))
        return min(self._most, left + (at - then) * self._most / _MINUTE)
