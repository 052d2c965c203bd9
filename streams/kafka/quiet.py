"""What aiokafka logs, without what is normal: a group's coordinator is not there at once.

So on a new Kafka, whose topic for groups is made when the first group asks, and after a broker's restart.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic
from typing import Final

import aiokafka
import aiokafka.admin
from aiokafka.errors import CoordinatorLoadInProgressError, CoordinatorNotAvailableError, NotCoordinatorError

NORMAL_SECONDS: Final = 30.0  # for a coordinator to come
FORGOTTEN_SECONDS: Final = 60.0  # without a word of it: the next one is another absence
_NORMAL: Final = (CoordinatorNotAvailableError, NotCoordinatorError, CoordinatorLoadInProgressError)


class NotYetMissing(logging.Filter):
    """Lets a coordinator's absence pass once it lasts."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        super().__init__()
        self._clock = clock
        self._missing_since = self._missing_until = float("-inf")

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write it."""
        return not (any(isinstance(arg, _NORMAL) for arg in record.args or ()) and self._comes_soon())

    def _comes_soon(self) -> bool:
        """Whether the coordinator has not been missing for long."""
        now = self._clock()
        if now - self._missing_until > FORGOTTEN_SECONDS:
            self._missing_since = now
        self._missing_until = now
        return now - self._missing_since < NORMAL_SECONDS


def install() -> None:
    """Give every logger of aiokafka the filter; a logger's filter does not hold for those below it."""
    not_yet_missing = NotYetMissing()
    for name in logging.root.manager.loggerDict:
        if name.split(".")[0] == aiokafka.__name__:
            logging.getLogger(name).addFilter(not_yet_missing)
