"""The director: plays the cues when the domain's clock shows their moment, as producers and people would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

import orjson

from schemas.topics import Topics
from streams.clock import Clock
from streams.demo.contacts import Contacts
from streams.demo.fates import Action
from streams.demo.notices import Item
from streams.demo.registry import Record
from streams.demo.scenario import SECOND_PRODUCER, Cue
from streams.demo.topic_reader import TopicReader
from streams.kafka.publisher import OutMessage, Publisher

PATIENCE: Final = 20.0  # real seconds for a ticket or what an act answers to be published, and for the letter to come
_GLANCE: Final = 0.05  # real seconds between two looks
_ANSWERS: Final[Mapping[Action, Action]] = {"recheck": "claim_fix", "refuse_ask": "ask", "extend": "ask"}
_SUPERVISORS: Final[frozenset[Action]] = frozenset(("approve", "extend", "refuse_ask"))


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
        contacts: Contacts,
        tell: Callable[[datetime, str], None],
    ) -> None:
        """`tell` is given the title of a cue when it is played."""
        self._clock = clock
        self._publisher = publisher
        self._topics = topics
        self._topic_reader = topic_reader
        self._contacts = contacts
        self._tell = tell
        self.published: list[datetime] = []  # the domain's time of each finding and command, also those of pages

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
        begun = self._clock.now().at
        if cue.by_link:  # counted before it is submitted: meanwhile the clock waits as for a worker that is behind
            self.published.append(begun)
        for _ in range(int(PATIENCE / _GLANCE)):
            ticket = self._topic_reader.ticket_of(item.key)
            if ticket is not None and await self._acted(cue, item, ticket["ticket_id"]):
                return
            await asyncio.sleep(_GLANCE)
        if cue.by_link:
            self.published.remove(begun)

    async def _acted(self, cue: Cue, item: Item, ticket_id: str) -> bool:
        assert cue.act is not None  # noqa: S101 - only cues with an act come here
        if cue.by_link:
            return await self._contacts.submit(item, cue.act, ticket_id)
        answered = self._topic_reader.called_for(ticket_id, cue.act.action)
        if len(answered) < acts_before(cue, item):
            return False
        message = act_message(cue, item, ticket_id, answered[-1] if answered else {})
        topic = self._topics.commands if "action" in message else self._topics.findings
        await self._send([OutMessage(topic, item.asset_id.encode(), orjson.dumps(message))])
        return True

    async def _send(self, messages: list[OutMessage]) -> None:
        await self._publish(messages)
        self.published.extend([self._clock.now().at] * len(messages))

    async def _publish(self, messages: list[OutMessage]) -> None:
        refused = await self._publisher.publish(messages)
        if refused:
            raise PublishRefused(refused[0].detail)


def acts_before(cue: Cue, item: Item) -> int:
    """How many rechecks or asks must have come of earlier acts before this act, which answers the last of them."""
    wanted = _ANSWERS.get(cue.act.action) if cue.act is not None else None
    return sum(act.action == wanted and act.at < cue.at for act in item.fate.acts)


def act_message(cue: Cue, item: Item, ticket_id: str, answered: dict[str, Any]) -> dict[str, Any]:
    """The command, or the recheck that answers a request; an answered message names its place instead.

    `answered` is the recheck request or the event of the ask that the act is about, if it is about one.
    """
    assert cue.act is not None  # noqa: S101 - only cues with an act come here
    act, asset_id = cue.act, item.asset_id
    if act.action in ("recheck", "answer"):
        place = (
            {"request_id": answered["request_id"], "fingerprint": answered["fingerprint"]}
            if act.action == "recheck"
            else {"check": item.check, "locator": item.locator}
        )
        looked = {"observed_at": act.at.isoformat(), "source": "recheck"}
        return {"type": "recheck", "asset_id": asset_id, **looked, **place, **act.fields}
    by = "审核人" if act.action in _SUPERVISORS else item.unit_name
    command = {"action": act.action, "asset_id": asset_id, "ticket_id": ticket_id, "by": by, "at": act.at.isoformat()}
    about = {"refuse_ask": "ask_id", "extend": "answers"}.get(act.action)
    if about is not None:
        command[about] = answered["ask_id"]
    return {**command, "command_id": f"{ticket_id}-{act.action}-{act.at:%m%d%H%M}", **act.fields}
