"""Patience between attempts to reach a database or a broker: pauses that grow, and end when nobody waits any more."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress
from typing import Final

AWAY_SECONDS: Final = 1.0  # real seconds between two attempts of whoever has nothing else to do while one is away


class Patience:
    """Of one task, from its first attempt to the one that succeeds."""

    def __init__(self, pauses: Iterable[float], given_up: asyncio.Event | None = None) -> None:
        """`pauses`: real seconds after each failure; the last one repeats. `given_up` cuts them short."""
        self._pauses = iter(pauses)
        self._seconds = 0.0
        self._given_up = given_up or asyncio.Event()

    async def pause(self) -> bool:
        """Waits after a failure; whether to try again; False: given up."""
        self._seconds = next(self._pauses, self._seconds)
        with suppress(TimeoutError):
            await asyncio.wait_for(self._given_up.wait(), self._seconds)
        return not self._given_up.is_set()
