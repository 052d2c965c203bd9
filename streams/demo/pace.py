"""The pace: while the worker is behind, no time passes; so a slow or busy machine plays the same story, only longer."""

from __future__ import annotations

import asyncio
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from math import inf
from time import monotonic
from typing import Final

from schemas.channels import TO_PEOPLE
from schemas.topics import Topics
from streams.clock import Clock, system_time
from streams.ledger import Ledger
from streams.ledger.reading.polling import anything_to_send, due_work

LATE: Final = timedelta(hours=1)  # of the story; for what is undone for so long the clock waits
AT_MOST: Final = 10.0  # real seconds; what hangs for longer shall show in the outcome
GLANCE: Final = 0.02  # real seconds between two looks


class PatientClock(Clock):
    """A clock that can be told to stand still."""

    stands_at: datetime | None = None

    def domain(self, real: datetime) -> datetime:
        """What the clock shows; while it stands, nothing later than where it stands."""
        shown = super().domain(real)
        return shown if self.stands_at is None else min(shown, self.stands_at)

    def stand(self) -> None:
        """No time passes from now on."""
        self.stands_at = self.now().at

    def go(self) -> None:
        """It runs on from where it stands."""
        if self.stands_at is not None and self.acceleration is not None:
            self.acceleration = replace(self.acceleration, start=self.stands_at, at=system_time())
            self.stands_at = None


class Pace:
    """Keeps clock and worker together."""

    def __init__(self, clock: PatientClock, ledger: Ledger, topics: Topics, published: Sequence[datetime]) -> None:
        """`published` has the domain's time of each finding and command that was sent to the worker, and grows."""
        self._clock = clock
        self._ledger = ledger
        self._topics = topics
        self._published = published
        self.waited = 0.0  # real seconds for which the clock stood

    async def keep(self) -> None:
        """Watches until cancelled."""
        while True:
            if await self._behind():
                began = monotonic()
                self._clock.stand()
                try:
                    await self._caught_up(AT_MOST)
                finally:
                    self._clock.go()
                    self.waited += monotonic() - began
                await self._caught_up(inf)  # what hangs holds the clock no more
            await asyncio.sleep(GLANCE)

    async def _caught_up(self, seconds: float) -> None:
        until = monotonic() + seconds
        while await self._behind():
            if monotonic() >= until:
                return
            await asyncio.sleep(GLANCE)

    async def _behind(self) -> bool:
        """Whether something is undone that the worker had an hour's time for."""
        ledger, now = self._ledger, self._clock.now()
        then = now.at - LATE
        (handled,) = await ledger.glance(
            "select coalesce(sum(next_offset), 0) from source where topic in (?, ?)",
            self._topics.findings,
            self._topics.commands,
        )
        if int(handled) < bisect_right(self._published, then):
            return True
        due = await due_work(ledger, then, now.real)
        if due.tickets or due.requests or due.asks:
            return True
        return any([await anything_to_send(ledger, then, now.real, channel) for channel in TO_PEOPLE])
