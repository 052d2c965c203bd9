"""The letters that a channel has in hand: written down as `sending` together, sent four at once, recorded together.

A channel that gets rid of its letters quickly takes more of them in hand, so that a transaction is shared by many; one
that is slow or fails takes no more than it sends at once, so that nothing urgent waits behind them and a kill leaves
few in the dark. Short messages stay at those four: of what a kill interrupts nobody knows whether it arrived (N-9).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final

from notifiers.protocol import Outcome
from streams.presentation.letters.letter import Others
from streams.rules.sending.sending import Delivery
from streams.worker.delivery.journal import Leased

AT_ONCE: Final = 4  # letters of a channel under way
QUICK_SECONDS: Final = 0.25  # from call to answer: 32 letters, four at once, are two seconds
GATHERED_SECONDS: Final = 0.05  # answers that come so close to each other share a transaction


@dataclass(frozen=True, slots=True)
class Job:
    """A letter to be sent; it is written when its turn comes. A probe tries a provider that did not work."""

    delivery: Delivery
    leased: Leased
    why: Mapping[str, str]  # by notice id: why a ticket was sent back, reopened or closed, what was held
    others: Others | None
    probe: bool


@dataclass(frozen=True, slots=True)
class Answered:
    """What a provider said to a letter; None: it was not asked."""

    delivery: Delivery
    leased: Leased
    outcome: Outcome | None


class InFlight:
    """One per channel. A letter is in hand from its being taken up until what became of it is recorded."""

    def __init__(
        self,
        call: Callable[[Job], Awaitable[Outcome | None]],
        record: Callable[[list[Answered]], Awaitable[None]],
        freed: Callable[[], None],
        *,
        most: int = AT_ONCE,
    ) -> None:
        """`call` sends once, or not at all (None); `freed`: there may be room for more. `most` in hand."""
        self._call = call
        self._record = record
        self._freed = freed
        self._most = most
        self._limit = AT_ONCE
        self._waiting: deque[Job] = deque()
        self._calls: set[asyncio.Task[None]] = set()
        self._answered: list[Answered] = []
        self._recording: asyncio.Task[None] | None = None
        self._held = 0

    @property
    def held(self) -> int:
        """Letters in hand."""
        return self._held

    @property
    def limit(self) -> int:
        """How many there may be at this moment; 0 while enough of them have not begun yet."""
        return self._limit if len(self._waiting) <= (self._limit - AT_ONCE) // 2 else 0

    def take(self, job: Job) -> None:
        """Takes up a letter that is marked as `sending`."""
        self._held += 1
        self._waiting.append(job)
        self._begin()

    async def empty(self, within: float) -> None:
        """Returns when nothing is in hand any more, or after so many seconds."""
        end = time.monotonic() + within
        while (tasks := self._tasks()) and (left := end - time.monotonic()) > 0:
            await asyncio.wait(tasks, timeout=left, return_when=asyncio.FIRST_COMPLETED)

    def drop(self) -> None:
        """Lets go of everything at once, like a crash."""
        self._waiting.clear()
        for task in self._tasks():
            task.cancel()

    def _tasks(self) -> set[asyncio.Task[None]]:
        recording = self._recording
        return self._calls | ({recording} if recording is not None and not recording.done() else set())

    def _begin(self) -> None:
        while self._waiting and len(self._calls) < AT_ONCE:
            task = asyncio.create_task(self._send(self._waiting.popleft()))
            self._calls.add(task)
            task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._calls.discard(task)
        self._begin()
        self._freed()

    async def _send(self, job: Job) -> None:
        started = time.monotonic()
        outcome = await self._call(job)
        well = outcome is not None and outcome.state == "accepted" and time.monotonic() - started <= QUICK_SECONDS
        self._limit = min(self._limit + 1, self._most) if well else AT_ONCE
        self._answered.append(Answered(job.delivery, job.leased, outcome))
        if self._recording is None or self._recording.done():
            self._recording = asyncio.create_task(self._record_all())

    async def _record_all(self) -> None:
        while self._answered:
            if self._limit > AT_ONCE and (self._waiting or self._calls):
                await asyncio.sleep(GATHERED_SECONDS)
            answered, self._answered = self._answered, []
            await self._record(answered)
            self._held -= len(answered)
            self._freed()
