"""Dead letters: what was refused and why, and the original sent once more."""

from __future__ import annotations

import base64
from collections.abc import Collection
from typing import Any, Final, NamedTuple

from streams.kafka.publisher import OutMessage
from streams.services.brokers import publishing, reachable
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.services.listening import TopicRecord, open_reader
from streams.settings.model import Settings

_MARK: Final = "rectify-"  # our headers; everything else came with the original


class DeadLetter(NamedTuple):
    """One record of the topic."""

    record: TopicRecord

    @property
    def place(self) -> str:
        """`PARTITION:OFFSET`, by which people name it."""
        return f"{self.record.partition}:{self.record.offset}"

    @property
    def is_cut_short(self) -> bool:
        """Whether it has no more than the beginning of the original."""
        return bool(self.told("truncated"))

    def told(self, name: str) -> str:
        """What we say of it: `error`, `error-detail`, `origin-topic`; empty when we do not."""
        headers = self.record.headers
        return next((value.decode("utf-8", "replace") for key, value in headers if key == _MARK + name), "")

    def original(self) -> OutMessage:
        """Key, value and headers as they came, for the topic that they came from."""
        headers = tuple((name, value) for name, value in self.record.headers if not name.startswith(_MARK))
        return OutMessage(self.told("origin-topic"), self.record.key, self.record.value, headers)

    def document(self) -> dict[str, Any]:
        """All of it as JSON; what is no text in base64."""
        headers = self.record.headers
        ours = {name.removeprefix(_MARK): value for name, value in headers if name.startswith(_MARK)}
        return {
            "place": self.place,
            **{name.replace("-", "_"): value.decode("utf-8", "replace") for name, value in ours.items()},
            "key": _readable(self.record.key),
            "value": _readable(self.record.value),
            "headers": {
                name: _readable(value) for name, value in headers if name not in ours and not name.startswith(_MARK)
            },
        }


class Replayed(NamedTuple):
    """What was sent once more; `cut_short`: how many were left out, because nobody has all of them."""

    letters: list[DeadLetter]
    cut_short: int


async def dead_letters(settings: Settings, error: str | None) -> list[DeadLetter]:
    """All with this code, in the order of partition and offset. Raises Failure when no broker answers."""
    config = await reachable(kafka_config(settings))
    async with open_reader(config, [topics_of(settings).dead_letters], from_beginning=True) as reader:
        letters = (DeadLetter(record) async for record in reader.to_the_end())
        found = [letter async for letter in letters if error in (None, letter.told("error"))]
    return sorted(found, key=lambda letter: (letter.record.partition, letter.record.offset))


async def replay(settings: Settings, error: str | None, places: Collection[str]) -> Replayed:
    """Sends originals once more: those at these places, or without places all; each with this code, if one is given.

    Raises Failure: a place without a dead letter, or with one that is cut short; the broker refuses one.
    """
    chosen = _chosen(await dead_letters(settings, error), places)
    async with publishing(kafka_config(settings)) as publisher:
        refused = await publisher.publish([letter.original() for letter in chosen.letters])
    if refused:
        msg = f"{len(refused)} of {len(chosen.letters)} were refused by the broker, the first: {refused[0].detail}"
        raise Failure(msg)
    return chosen


def _chosen(letters: list[DeadLetter], places: Collection[str]) -> Replayed:
    found = [letter for letter in letters if not places or letter.place in places]
    missing = sorted(set(places) - {letter.place for letter in found})
    if missing:
        msg = f"没有这样的死信 · no such dead letter: {', '.join(missing)}"
        raise Failure(msg)
    cut = [letter.place for letter in found if letter.is_cut_short]
    if cut and places:
        msg = f"内容已截短，无法重放 · cut short, cannot be replayed: {', '.join(cut)}"
        raise Failure(msg)
    return Replayed([letter for letter in found if not letter.is_cut_short], len(cut))


def _readable(data: bytes | None) -> str | dict[str, str] | None:
    if data is None:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return {"base64": base64.b64encode(data).decode()}
