"""What waits for the broker is bounded by bytes (O-16), until it is acknowledged."""

from __future__ import annotations

import asyncio

from streams.rules.state.records import OutMessage
from streams.worker.waiting import Outgoing, WaitingMessages

LARGE = Outgoing([1], [OutMessage("rectify.tickets", b"a", b"x" * 1_000)])


async def test_what_is_being_published_still_counts() -> None:
    """Taken out, it is not acknowledged: the next one waits until it is."""
    waiting = WaitingMessages(10, 1_000)
    await waiting.put(LARGE)
    taken = await waiting.get()
    putting = asyncio.create_task(waiting.put(LARGE))
    await asyncio.sleep(0)
    assert not putting.done()
    waiting.acknowledged(taken)
    async with asyncio.timeout(1):
        await putting
        waiting.acknowledged(await waiting.get())
        await waiting.join()
