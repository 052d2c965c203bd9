"""Publishing a batch while the next is being made ready: broker and checking work at the same time, order is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Final, Self

from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import OutMessage, Publisher, PublishError
from streams.services.brokers import publishing

TURN: Final = 100  # rows that are made ready between two turns of the event loop: a millisecond or two


class Ahead:
    """`async with Ahead(publisher) as ahead:`; at the end of the block everything is acknowledged or refused."""

    def __init__(self, publisher: Publisher) -> None:
        self._publisher = publisher
        self._under_way: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Nothing is under way."""
        return self

    async def __aexit__(self, _: object, error: BaseException | None, __: object) -> None:
        """Waits for the last batch; after an error nobody does."""
        if error is None:
            await self.finish()
        elif self._under_way is not None:
            self._under_way.cancel()

    async def finish(self) -> None:
        """Waits until the last batch is acknowledged or refused."""
        if self._under_way is not None:
            await self._under_way

    async def publish(self, messages: Sequence[OutMessage], done: Callable[[Sequence[PublishError]], None]) -> None:
        """Sends a batch once the one before is acknowledged; `done` is told what was refused of it for good."""
        await self.finish()
        self._under_way = asyncio.create_task(self._publish(messages, done))
        await asyncio.sleep(0)

    async def _publish(self, messages: Sequence[OutMessage], done: Callable[[Sequence[PublishError]], None]) -> None:
        done(await self._publisher.publish(messages))


@asynccontextmanager
async def publishing_ahead(config: KafkaConfig) -> AsyncIterator[Ahead]:
    """On a broker that answers."""
    async with publishing(config) as publisher, Ahead(publisher) as ahead:
        yield ahead
