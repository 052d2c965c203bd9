"""Publishing for many at once: what comes while a round is under way goes out together in the next (rule H-4).

A round has a share of every sender that waits, so that whoever sends much delays nobody else.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Sequence
from typing import Final, NamedTuple

from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import MessagePlace, OutMessage, Publisher, PublisherStoppedError

ACKNOWLEDGED_WITHIN: Final = 10.0  # seconds
SHARE: Final = 1_000  # messages of one sender in a round, and the rest of the last request
ROUND: Final = 4_000  # messages of a round; whoever has no part in it is first in the next
WAITING_BYTES: Final = 64 * 1024 * 1024


class NotAcknowledged(Exception):
    """The brokers have not taken all of it in time, or refuse something; what they did take may be sent again."""


class _Handed(NamedTuple):
    messages: Sequence[OutMessage]
    size: int  # bytes
    done: asyncio.Future[list[MessagePlace | None]]


class GatheredPublishing:
    """One connection to Kafka, made when something is first published."""

    def __init__(self, config: KafkaConfig, *, within: float = ACKNOWLEDGED_WITHIN) -> None:
        """`within`: seconds that the brokers have for what is handed over at once."""
        self._publisher = Publisher(config)
        self._within = within
        self._started = False
        self._waiting: OrderedDict[str, deque[_Handed]] = OrderedDict()
        self._bytes = 0
        self._working: asyncio.Task[None] | None = None

    async def publish(self, sender: str, messages: Sequence[OutMessage]) -> list[MessagePlace | None]:
        """Returns once every message is acknowledged, with their places; None where the broker does not know its own.

        Raises NotAcknowledged.
        """
        size = sum(len(message.value or b"") for message in messages)
        if self._bytes and self._bytes + size > WAITING_BYTES:
            msg = "too much is waiting for the brokers"
            raise NotAcknowledged(msg)
        handed = _Handed(messages, size, asyncio.get_running_loop().create_future())
        self._waiting.setdefault(sender, deque()).append(handed)
        self._bytes += size
        if self._working is None:
            self._working = asyncio.create_task(self._work())
        try:
            async with asyncio.timeout(self._within):
                return await handed.done
        except TimeoutError:
            msg = f"the brokers have not acknowledged it within {self._within:g} s"
            raise NotAcknowledged(msg) from None

    async def stop(self) -> None:
        """Leaves; whoever still waits gets NotAcknowledged."""
        if self._working is not None:
            self._working.cancel()
            await asyncio.wait({self._working})
        await self._publisher.stop()
        for handed in [one for queue in self._waiting.values() for one in queue]:
            _fail(handed, "the pages are being stopped")

    async def _work(self) -> None:
        """Round after round, until nobody waits."""
        try:
            while self._waiting:
                if not self._started:
                    await self._publisher.start()
                    self._started = True
                if taken := self._take():
                    await self._round(taken)
        finally:
            self._working = None

    def _take(self) -> list[_Handed]:
        """Of every sender its share, as far as a round goes; who has given up is left out."""
        taken: list[_Handed] = []
        total = 0
        for sender in list(self._waiting):
            if total >= ROUND:
                break
            queue, share = self._waiting.pop(sender), 0
            while queue and share < SHARE:
                handed = queue.popleft()
                if handed.done.done():
                    self._bytes -= handed.size
                    continue
                taken.append(handed)
                share += len(handed.messages)
            total += share
            if queue:
                self._waiting[sender] = queue  # behind those that have had no share
        return taken

    async def _round(self, taken: Sequence[_Handed]) -> None:
        try:
            refused, places = await self._send([message for handed in taken for message in handed.messages])
        except PublisherStoppedError:
            for handed in taken:
                _fail(handed, "the pages are being stopped")
            return
        except BaseException:
            for handed in taken:
                _fail(handed, "publishing has failed")
            raise
        finally:
            self._bytes -= sum(handed.size for handed in taken)
        first = 0
        for handed in taken:
            indexes = range(first, first + len(handed.messages))
            first = indexes.stop
            faults = [refused[index] for index in indexes if index in refused]
            if faults:
                _fail(handed, faults[0])
            elif not handed.done.done():
                handed.done.set_result([places.get(index) for index in indexes])

    async def _send(self, messages: Sequence[OutMessage]) -> tuple[dict[int, str], dict[int, MessagePlace]]:
        """By index, what the brokers refuse for good and why, and where the others have come to lie."""
        refused, places = await self._publisher.publish_placed(messages)
        return {error.index: error.detail for error in refused}, places


def _fail(handed: _Handed, words: str) -> None:
    if not handed.done.done():
        handed.done.set_exception(NotAcknowledged(words))
