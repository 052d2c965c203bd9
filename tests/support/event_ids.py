"""One event id has one text, in whole histories: readers drop what comes again under an id that they know."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from streams.rules.state.records import OutMessage


class EventIds:
    """Remembers what was said under each id."""

    def __init__(self, topic: str) -> None:
        self._topic = topic
        self._said: dict[str, bytes] = {}

    def see(self, messages: Iterable[OutMessage]) -> None:
        """Fails at the first id that has two texts."""
        for message in messages:
            if message.topic != self._topic or message.value is None:
                continue
            event_id = orjson.loads(message.value)["id"]
            before = self._said.setdefault(event_id, message.value)
            assert before == message.value, f"one id, two texts:\n{before.decode()}\n{message.value.decode()}"
