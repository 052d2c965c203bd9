"""The pauses between attempts to reach a database or a broker."""

from __future__ import annotations

import asyncio

from streams.patience import Patience


async def test_the_pauses_come_in_turn_and_the_last_one_repeats() -> None:
    """Two retries at once, then every retry waits, the fourth as well as the third."""
    patience = Patience((0.0, 0.0, 60.0))
    async with asyncio.timeout(1):
        assert [await patience.pause(), await patience.pause()] == [True, True]
    for _ in range(2):
        pausing = asyncio.create_task(patience.pause())
        await asyncio.wait({pausing}, timeout=0.05)
        assert not pausing.done()
        pausing.cancel()


async def test_a_pause_ends_when_nobody_waits_any_more() -> None:
    """A pause of a minute is cut short, and so is every later one: the attempt is not to be repeated."""
    given_up = asyncio.Event()
    patience = Patience([60.0], given_up)
    pausing = asyncio.create_task(patience.pause())
    await asyncio.sleep(0)
    given_up.set()
    async with asyncio.timeout(1):
        assert not await pausing
        assert not await patience.pause()
