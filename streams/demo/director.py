"""The director: plays the cues when the domain's clock shows their moment, as producers and people would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Final

import orjson

from schemas.topics import Topics
from streams.clock import Clock
from streams.demo.notices import Item
from streams.demo.registry import Record
from streams.demo.scenario import SECOND_PRODUCER, Cue
from streams.demo.topic_reader import TopicReader
from streams.kafka.publisher import OutMessage, Publisher

PATIENCE: Final = 20.0  # real seconds for a ticket or a recheck request to be published
_GLANCE: Final = 0.05  # real seconds between two looks


class PublishRefused(Exception):
    """The broker would not take a message of the scenario; the text says why."""


class Director:
    """Sends what the outside world sends."""

    def __init__(
        self,
        clock: Clock,
        publisher: Publisher,
        topics: Topics,
        topic_reader: TopicReader,
        tell: Callable[[datetime, str], None],
    ) -> None:
        """`tell` is given the title of a cue when it is played."""
        self._clock = clock
        self._publisher = publisher
        self._topics = topics
        self._topic_reader = topic_reader
        self._tell = tell
        self.published: list[datetime] = []  # the domain's time of each finding and command

    async def register(self, records: Iterable[Record]) -> None:
        """Publishes units, assets and guarded periods."""
        await self._publish(
            [OutMessage(self._topics.registry, key.encode(), orjson.dumps(value)) for key, value in records]
        )

    async def play(self, cues: Iterable[Cue], end: datetime) -> None:
        """Plays every cue at its moment, and waits for the end."""
        async with asyncio.TaskGroup() as acting:
            for cue in cues:
                await self._until(cue.at)
                if cue.title:
                    self._tell(cue.at, cue.title)
                await self._send([self._message(message) for message in cue.messages])
                if cue.item is not None:
                    acting.create_task(self._act(cue, cue.item))
        await self._until(end)

    async def _until(self, moment: datetime) -> None:
        while True:  # the clock may stand meanwhile (pace.py)
            left = self._clock.real_seconds_until(moment)
            if not left:
                return
            await asyncio.sleep(left)

    def _message(self, message: dict[str, Any] | bytes) -> OutMessage:
        if isinstance(message, bytes):
            return OutMessage(self._topics.findings, None, message)
        # The second producer gives no key: that must not matter.
        key = None if message["source"] == SECOND_PRODUCER else str(message["asset_id"]).encode()
        return OutMessage(self._topics.findings, key, orjson.dumps(message))

    async def _act(self, cue: Cue, item: Item) -> None:
        """Acts on the ticket of the item as soon as it is known; what it waits for in vain shows in the outcome."""
        for _ in range(int(PATIENCE / _GLANCE)):
            ticket = self._topic_reader.ticket_of(item.key)
            requests = self._topic_reader.requests.get(ticket["ticket_id"], []) if ticket else []
            if ticket and len(requests) >= claims_before(cue, item):
                message = act_message(cue, item, ticket["ticket_id"], requests[-1] if requests else {})
                topic = self._topics.commands if "action" in message else self._topics.findings
                await self._send([OutMessage(topic, item.asset_id.encode(), orjson.dumps(message))])
                return
            await asyncio.sleep(_GLANCE)

    async def _send(self, messages: list[OutMessage]) -> None:
        await self._publish(messages)
        self.published.extend([self._clock.now().at] * len(messages))

    async def _publish(self, messages: list[OutMessage]) -> None:
        refused = await self._publisher.publish(messages)
        if refused:
            raise PublishRefused(refused[0].detail)


def claims_before(cue: Cue, item: Item) -> int:
    """How many rechecks must have been asked for before this act."""
    if cue.act is None or cue.act.action != "recheck":
        return 0
    return sum(act.action == "claim_fix" and act.at < cue.at for act in item.fate.acts)


def act_message(cue: Cue, item: Item, ticket_id: str, request: dict[str, Any]) -> dict[str, Any]:
    """The command, or the recheck that answers `request`; an answered message names its place instead."""
    assert cue.act is not None  # noqa: S101 - only cues with an act come here
    act, asset_id = cue.act, item.asset_id
    if act.action in ("recheck", "answer"):
        place = (
            {"request_id": request["request_id"], "fingerprint": request["fingerprint"]}
            if act.action == "recheck"
            else {"check": item.check, "locator": item.locator}
        )
        looked = {"observed_at": act.at.isoformat(), "source": "recheck"}
        return {"type": "recheck", "asset_id": asset_id, **looked, **place, **act.fields}
    by = "审核人" if act.action in ("approve", "extend") else item.unit_name
    command = {"action": act.action, "asset_id": asset_id, "ticket_id": ticket_id, "by": by, "at": act.at.isoformat()}
    return {**command, "command_id": f"{ticket_id}-{act.action}-{act.at:%m%d%H%M}", **act.fields}
