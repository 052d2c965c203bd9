"""Numbers that take the database long are kept for a while, by each process (W-55).

W-55 Numbers of the desk that take longer than 0.1 seconds to count (the days ahead, the units that are behind, of many
     tickets) are kept, and shown with the moment of which they are: for a minute as they are, then for ten while they
     are counted anew. Numbers that are counted quickly are counted each time.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from datetime import datetime, timedelta
from time import monotonic
from typing import Any, Final, Generic, NamedTuple, TypeVar

from streams.ledger import LedgerError
from streams.log_events import event_log
from streams.rules.state.snapshot import Now

SLOW_SECONDS: Final = 0.1
FRESH: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(minutes=10)
MOST: Final = 500  # viewers' units differ

log = event_log(__name__)
Value = TypeVar("Value")


class CountedNumbers(NamedTuple, Generic[Value]):
    """What was counted, and as of when, by the domain's clock."""

    value: Value
    at: datetime


class _Entry(NamedTuple):
    counted: CountedNumbers[Any]
    real: datetime


class KeptNumbers:
    """One for each process that serves pages."""

    def __init__(self, seconds: Callable[[], float] = monotonic) -> None:
        """`seconds`: by what the counting is timed."""
        self._seconds = seconds
        self._kept: OrderedDict[Hashable, _Entry] = OrderedDict()
        self._counting: dict[Hashable, asyncio.Task[CountedNumbers[Any]]] = {}

    async def of(self, key: Hashable, now: Now, count: Callable[[], Awaitable[Value]]) -> CountedNumbers[Value]:
        """The numbers of this key, counted by `count` where none are kept; raises what it raises."""
        known = self._kept.get(key)
        age = now.real - known.real if known is not None else LONGEST
        if known is None or not timedelta() <= age < LONGEST:
            return await asyncio.shield(self._begun(key, now, count))
        if age >= FRESH:
            self._begun(key, now, count).add_done_callback(_noted)
        return known.counted

    def _begun(
        self, key: Hashable, now: Now, count: Callable[[], Awaitable[Value]]
    ) -> asyncio.Task[CountedNumbers[Value]]:
        """The counting of this key, which is under way once, whoever asks."""
        task = self._counting.get(key)
        if task is None:
            task = self._counting[key] = asyncio.create_task(self._count(key, now, count))
        return task

    async def _count(self, key: Hashable, now: Now, count: Callable[[], Awaitable[Value]]) -> CountedNumbers[Value]:
        begun = self._seconds()
        try:
            counted = CountedNumbers(await count(), now.at)
        finally:
            del self._counting[key]
        self._kept.pop(key, None)
        if self._seconds() - begun >= SLOW_SECONDS:
            self._kept[key] = _Entry(counted, now.real)
            if len(self._kept) > MOST:
                self._kept.popitem(last=False)
        return counted


def _noted(task: asyncio.Task[Any]) -> None:
    """What is counted anew while nobody waits may fail: what is kept stays until it is too old."""
    error = None if task.cancelled() else task.exception()
    if isinstance(error, LedgerError):
        log.debug("pages_without_database", error=str(error))
    elif error is not None:
        log.error("page_failed", page="/desk", exc_info=error)
