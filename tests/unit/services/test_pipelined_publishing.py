"""Batches are published in order, each while the next is being made ready."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import cast

import pytest

from streams.kafka.publisher import OutMessage, Publisher, PublishError
from streams.services.pipelined_publishing import Ahead


class Broker:
    """Acknowledges when it is told to, and refuses what says so."""

    def __init__(self) -> None:
        self.taken: list[bytes] = []
        self.answer = asyncio.Event()

    async def publish(self, messages: Sequence[OutMessage]) -> list[PublishError]:
        """As the publisher does."""
        self.taken += [message.value or b"" for message in messages]
        await self.answer.wait()
        return [PublishError(n, "refused", "no") for n, message in enumerate(messages) if message.value == b"bad"]


def batch(*values: bytes) -> list[OutMessage]:
    """Messages with these values."""
    return [OutMessage("findings", b"key", value) for value in values]


async def test_the_next_batch_is_made_ready_meanwhile() -> None:
    """The first is under way when `publish` returns; the second goes only when the first is acknowledged."""
    broker, said = Broker(), list[str]()
    async with asyncio.timeout(5), Ahead(cast(Publisher, broker)) as ahead:
        await ahead.publish(batch(b"1", b"2"), lambda refused: said.append(f"first {len(refused)}"))
        assert (broker.taken, said) == ([b"1", b"2"], [])
        second = asyncio.create_task(
            ahead.publish(batch(b"bad"), lambda refused: said.append(f"second {len(refused)}"))
        )
        await asyncio.sleep(0.01)
        assert broker.taken == [b"1", b"2"]
        broker.answer.set()
        await second
        assert said[0] == "first 0"
    assert (broker.taken, said) == ([b"1", b"2", b"bad"], ["first 0", "second 1"])


async def test_what_a_batch_raises_is_heard() -> None:
    """By the next call, or at the end of the block."""
    broker = Broker()
    broker.answer.set()

    def refuse(_: Sequence[PublishError]) -> None:
        msg = "unit:a: refused"
        raise ValueError(msg)

    with pytest.raises(ValueError, match="unit:a"):
        async with asyncio.timeout(5), Ahead(cast(Publisher, broker)) as ahead:
            await ahead.publish(batch(b"1"), refuse)


async def test_after_an_error_nobody_waits() -> None:
    """A broker that does not answer holds nobody up who has given up."""

    async def give_up() -> None:
        async with asyncio.timeout(5), Ahead(cast(Publisher, Broker())) as ahead:
            await ahead.publish(batch(b"1"), lambda _: None)
            raise KeyError

    with pytest.raises(KeyError):
        await give_up()
