"""What aiokafka logs, without the repetitions: a broker's absence is over a hundred lines a second otherwise."""

from __future__ import annotations

import logging
from time import monotonic

import aiokafka
import aiokafka.admin

REPEAT_SECONDS = 60.0


class NoRepeats(logging.Filter):
    """Lets a message (one template of one logger) pass once a minute and counts what it held back."""

    def __init__(self, seconds: float = REPEAT_SECONDS) -> None:
        super().__init__()
        self._seconds = seconds
        self._said: dict[tuple[str, str], tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is news."""
        key = (record.name, str(record.msg))
        last, held_back = self._said.get(key, (float("-inf"), 0))
        now = monotonic()
        if now - last < self._seconds:
            self._said[key] = (last, held_back + 1)
            return False
        if held_back:
            record.msg = f"{record.msg} (and {held_back} times before)"
        self._said[key] = (now, 0)
        return True


def install() -> None:
    """Give every logger of aiokafka the filter; a logger's filter does not hold for those below it."""
    no_repeats = NoRepeats()
    for name in logging.root.manager.loggerDict:
        if name.split(".")[0] == aiokafka.__name__:
            logging.getLogger(name).addFilter(no_repeats)
