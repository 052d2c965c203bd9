"""Numbers that were counted slowly are kept for a while (W-55); what is counted quickly is counted each time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from streams.ledger import LedgerError
from streams.rules.state.snapshot import Now
from streams.services.kept_numbers import MOST, SLOW_SECONDS, CountedNumbers, KeptNumbers
from tests.support.world import local

AT = local("2026-03-02 10:00")


class Desk:
    """Somebody who looks, a database that takes its time, and what is there to be counted."""

    def __init__(self, seconds: float) -> None:
        self.kept = KeptNumbers(lambda: self._spent)
        self.takes, self.there, self.counts = seconds, 0, 0
        self.fault: Exception | None = None
        self._spent = 0.0

    async def _count(self) -> int:
        self.counts += 1
        self._spent += self.takes
        await asyncio.sleep(0)
        if self.fault is not None:
            raise self.fault
        return self.there

    async def look(self, minutes: float = 0, key: str = "days") -> CountedNumbers[int]:
        """What the page shows so many minutes later."""
        at = AT + timedelta(minutes=minutes)
        return await self.kept.of(key, Now(at, at), self._count)


async def test_what_is_quick_is_counted_each_time() -> None:
    """Whatever has been counted before."""
    desk = Desk(SLOW_SECONDS / 2)
    assert (await desk.look()).value == 0
    desk.there = 1
    assert await desk.look() == CountedNumbers(1, AT)


async def test_what_is_slow_is_kept() -> None:
    """For a minute as it is; then shown once more, with its moment, while it is counted anew; at last waited for."""
    desk = Desk(SLOW_SECONDS * 2)
    await desk.look()
    desk.there = 1
    assert await desk.look(0.9) == CountedNumbers(0, AT)
    assert await desk.look(1.1) == CountedNumbers(0, AT)
    await asyncio.sleep(0.01)
    assert (await desk.look(1.2)).value == 1
    desk.there = 2
    assert (await desk.look(11.2)).value == 2
    assert desk.counts == 3
    assert (await desk.look(5)).value == 2, "by a clock that was put back nothing is fresh"
    assert desk.counts == 4


async def test_who_asks_meanwhile_waits_for_the_same() -> None:
    """Of each key once."""
    desk = Desk(SLOW_SECONDS * 2)
    found = await asyncio.gather(*(desk.look() for _ in range(5)), desk.look(key="units"))
    assert {one.value for one in found} == {0}
    assert desk.counts == 2


async def test_a_fault_is_whoever_waits_for_it() -> None:
    """And of nobody else; what is kept is shown until it is too old."""
    desk = Desk(SLOW_SECONDS * 2)
    desk.fault = LedgerError("away")
    with pytest.raises(LedgerError):
        await desk.look()
    desk.fault = None
    await desk.look()
    desk.fault = LedgerError("away")
    assert (await desk.look(2)).value == 0
    await asyncio.sleep(0.01)
    assert (await desk.look(9)).value == 0
    with pytest.raises(LedgerError):
        await desk.look(12)


async def test_so_many_are_kept() -> None:
    """The oldest makes room."""
    desk = Desk(SLOW_SECONDS * 2)
    for number in range(MOST + 1):
        await desk.look(key=str(number))
    await desk.look(key=str(MOST))
    assert desk.counts == MOST + 1
    await desk.look(key="0")
    assert desk.counts == MOST + 2
