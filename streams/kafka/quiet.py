"""What aiokafka logs, without the repetitions: a broker's absence is over a hundred lines a second otherwise.

And without what is normal: a group's coordinator is not there at once on a new Kafka, whose topic for groups is made
when the first group asks, and after a broker's restart.
"""

from __future__ import annotations

import logging
from time import monotonic

import aiokafka
import aiokafka.admin
from aiokafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

REPEAT_SECONDS = 60.0
NORMAL_SECONDS = 30.0  # for a coordinator to come
_NORMAL = (CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError)


class NoRepeats(logging.Filter):
    """Lets a message (one template of one logger) pass once a minute and counts what it held back."""

    def __init__(self, seconds: float = REPEAT_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._said: dict[tuple[str, str], tuple[float, int]] = {}
        self._missing_since = self._missing_until = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is news."""
        now = monotonic()
        if any(isinstance(arg, _NORMAL) for arg in record.args or ()) and self._comes_soon(now):
            return False
        key = (record.name, str(record.msg))
        last, held_back = self._said.get(key, (float("-inf"), 0))
        if now - last < self._seconds:
            self._said[key] = (last, held_back + 1)
            return False
        if held_back:
            record.msg = f"{record.msg} (and {held_back} times before)"
        self._said[key] = (now, 0)
        return True

    def _comes_soon(self, now: float) -> bool:
        """Whether the coordinator has not been missing for long."""
        if now - self._missing_until > self._seconds:
            self._missing_since = now
        self._missing_until = now
        return now - self._missing_since < NORMAL_SECONDS


def install() -> None:
    """Give every logger of aiokafka the filter; a logger's filter does not hold for those below it."""
    no_repeats = NoRepeats()
    for name in logging.root.manager.loggerDict:
        if name.split(".")[0] == aiokafka.__name__:
            logging.getLogger(name).addFilter(no_repeats)
