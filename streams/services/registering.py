"""A record of the registry, changed by a person: published to `rectify.registry`, acknowledged, and then in force.

W-31  A change carries the digest of the record that was read. If the registry has another one by now, or somebody else
      has just submitted a change of the same one, it is refused with what differs, and nothing is published. The same
      form submitted twice changes once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from time import monotonic
from typing import Any, Final, NamedTuple

from streams.files.registry.records import digest, said
from streams.kafka.gathered_publishing import GatheredPublishing
from streams.kafka.publisher import OutMessage
from streams.ledger import Ledger
from streams.ledger.reading.queries import registered
from streams.store.record_changes import RecordChange, RecordChanges

IN_FORCE_WITHIN: Final = 2.0  # seconds that a person waits for the workers
_LOOK_SECONDS: Final = 0.1


class ReadRecord(NamedTuple):
    """A record as the ledger has it."""

    key: str
    text: str | None  # JSON; None: nothing is registered under this key

    @property
    def kind(self) -> str:
        """`unit`, `asset`."""
        return self.key.partition(":")[0]

    @property
    def digest(self) -> str:
        """Of what it says."""
        return digest(self.kind, self.text)

    @property
    def said(self) -> dict[str, Any]:
        """What it says."""
        return said(self.kind, self.text) if self.text is not None else {}


class StaleRecord(Exception):
    """Somebody has changed it meanwhile; `current` is what there is now, `by` who is changing it right now."""

    def __init__(self, current: ReadRecord, by: str = "") -> None:
        super().__init__(current.key)
        self.current = current
        self.by = by


class Registering:
    """Publishes records of the registry, and says when they are in force."""

    def __init__(self, ledger: Ledger, changes: RecordChanges, publishing: GatheredPublishing, topic: str) -> None:
        self._ledger = ledger
        self._changes = changes
        self._publishing = publishing
        self._topic = topic

    async def read(self, key: str) -> ReadRecord:
        """The record of this key."""
        return ReadRecord(key, (await registered(self._ledger, [key])).get(key))

    async def change(self, change: RecordChange, value: bytes) -> bool:
        """Publishes the record; whether the workers have it already.

        Raises StaleRecord; NotAcknowledged: the brokers have not taken it, and submitted again it is the same.
        """
        current = await self.read(change.key)
        if current.digest == change.made:
            return True
        if current.digest != change.base:
            raise StaleRecord(current)
        other = await self._changes.claim(change)
        if other is not None:
            raise StaleRecord(current, other.account)
        await self.publish(change.account, [(change.key, value)])
        return await self._in_force(change)

    async def publish(self, sender: str, records: Sequence[tuple[str, bytes]]) -> None:
        """Returns once the brokers have all of them. Raises NotAcknowledged."""
        await self._publishing.publish(sender, [OutMessage(self._topic, key.encode(), value) for key, value in records])

    async def became(self, form: str) -> list[tuple[RecordChange, bool]]:
        """What was submitted with a form, and whether it is in force."""
        return [(one, (await self.read(one.key)).digest == one.made) for one in await self._changes.of_form(form)]

    async def _in_force(self, change: RecordChange) -> bool:
        end = monotonic() + IN_FORCE_WITHIN
        while (await self.read(change.key)).digest != change.made:
            if monotonic() > end:
                return False
            await asyncio.sleep(_LOOK_SECONDS)
        return True
