"""Commands of pages: signed, published, awaited; one connection to Kafka for the life of the process.

Without a broker pages are shown all the same: the connection is made beside them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from time import monotonic
from typing import Final, NamedTuple, Self

from schemas.actions import ACTIONS, Action
from schemas.command import Command
from streams.kafka.config import KafkaConfig
from streams.kafka.publisher import Publisher, PublisherStoppedError
from streams.ledger import Ledger
from streams.ledger.reading.links import Recorded, decided_among, events_of_ticket, refused_among
from streams.ledger.reading.supervision import answers_about_runs
from streams.services.commands import REFUSED, Key, message_of

ACKNOWLEDGED_WITHIN: Final = 5.0  # seconds for the brokers to take what was submitted
DECIDED_WITHIN: Final = 2.0  # seconds that a person waits for the outcome
LOOK_SECONDS: Final = 0.1  # between two looks into the ledger


class PublishedCommand(NamedTuple):
    """A command whose answer is looked for."""

    command_id: str
    action: Action
    ticket_id: str  # empty: it is about a run
    asset_id: str


class Unanswerable(NamedTuple):
    """What a command has become that nobody decides (O-17)."""

    code: str


Answer = Recorded | Unanswerable


class KafkaAway(Exception):
    """The brokers have not taken it; it may be submitted again, and then acts once."""


class CommandSender:
    """Publishes commands and looks for their answers in the ledger."""

    def __init__(self, config: KafkaConfig, topic: str, ledger: Ledger) -> None:
        self._topic = topic
        self._ledger = ledger
        self._publisher = Publisher(config)
        self._starting: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begins to connect, and waits for nobody."""
        self._starting = asyncio.create_task(self._publisher.start())
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Leaves."""
        if self._starting is not None:
            self._starting.cancel()
            with suppress(asyncio.CancelledError, Exception):
                await self._starting
        await self._publisher.stop()

    async def answer(self) -> bool:
        """Whether a broker answers."""
        return await self._publisher.ping()

    async def carry_out(
        self, commands: Sequence[Command], key: Key | None, *, within: float = DECIDED_WITHIN
    ) -> list[Answer | None]:
        """What answers each, None for one that is not decided `within` so many seconds.

        Raises KafkaAway: the brokers have not taken them within 5 s, or refuse them.
        """
        await self._publish(commands, key)
        asked = [
            PublishedCommand(one.command_id or "", one.action, one.ticket_id or "", one.asset_id) for one in commands
        ]
        end = monotonic() + within
        found: dict[str, Answer] = {}
        while True:
            found |= await self.answered([one for one in asked if one.command_id not in found])
            if len(found) == len(asked) or monotonic() > end:
                return [found.get(one.command_id) for one in asked]
            await asyncio.sleep(LOOK_SECONDS)

    async def _publish(self, commands: Sequence[Command], key: Key | None) -> None:
        try:
            async with asyncio.timeout(ACKNOWLEDGED_WITHIN):
                if self._starting is not None:
                    await asyncio.shield(self._starting)
                refused = await self._publisher.publish([message_of(one, self._topic, key) for one in commands])
        except (TimeoutError, PublisherStoppedError):
            raise KafkaAway from None
        if refused:
            raise KafkaAway(refused[0].detail)

    async def answered(self, asked: Sequence[PublishedCommand]) -> dict[str, Answer]:
        """By command id: the event of the act itself or of its refusal, otherwise the dead letter that it became."""
        decided = await decided_among(self._ledger, [one.command_id for one in asked])
        waiting = [one.command_id for one in asked if one.command_id not in decided]
        refused = await refused_among(self._ledger, waiting) if waiting else {}
        found: dict[str, Answer] = {command_id: Unanswerable(code) for command_id, code in refused.items()}
        for one in asked:
            if one.command_id in decided:
                kinds = (ACTIONS[one.action].answer, REFUSED)
                for recorded in await self._events(one):
                    event = recorded.event
                    if event.get("command_id") == one.command_id and event["type"] in kinds:
                        found[one.command_id] = recorded
        return found

    async def _events(self, one: PublishedCommand) -> list[Recorded]:
        """Of its ticket; what is about a run or a notice may also be refused without one."""
        found = await events_of_ticket(self._ledger, one.ticket_id) if one.ticket_id else []
        if ACTIONS[one.action].about != "ticket":
            found += await answers_about_runs(self._ledger, one.asset_id)
        return found
