"""A worker that must end waits neither for the broker nor for the database."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from schemas.topics import Topics
from streams.clock import Clock
from streams.rules.state.records import OutMessage
from streams.worker.relay import WAITING, Outgoing, Relay


def idle_relay() -> Relay:
    """Return a relay that publishes nothing."""
    return Relay(cast("Any", None), cast("Any", None), Clock(), Topics())


async def test_offering_waits_for_the_broker_until_the_worker_must_end() -> None:
    """Full, who decides waits; given up, it goes on at once, and the outbox keeps what was not published."""
    relay = idle_relay()
    outgoing = Outgoing([1], [OutMessage("rectify.events", b"a", b"{}")])
    for _ in range(WAITING):
        await relay.offer(outgoing)
    waiting = asyncio.create_task(relay.offer(outgoing))
    await asyncio.wait({waiting}, timeout=0.05)
    assert not waiting.done()
    relay.give_up()
    async with asyncio.timeout(1):
        await waiting
        await relay.offer(outgoing)
