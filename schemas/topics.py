"""The topics of the public contract: names, and how each is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

MESSAGE_BYTES = 8 * 1024 * 1024  # bytes; a value over the contract's limit must still arrive, to be refused in words
DEAD_LETTER_BYTES = 9 * 1024 * 1024  # bytes; the original and our headers
RUNGS = ("urge", "supervise", "bulletin")


class TopicSpec(NamedTuple):
    """One topic to create. ``max_message_bytes`` is the broker's limit for a record batch."""

    name: str
    compacted: bool
    max_message_bytes: int


@dataclass(frozen=True, slots=True)
class Topics:
    """Topic names below one prefix (``RECTIFY_TOPIC_PREFIX``)."""

    prefix: str = "rectify"

    @property
    def findings(self) -> str:
        """In: findings, runs and rechecks."""
        return f"{self.prefix}.findings"

    @property
    def commands(self) -> str:
        """In: what people decide."""
        return f"{self.prefix}.commands"

    @property
    def registry(self) -> str:
        """In, compacted: units, assets, calendars, guarded periods, producers."""
        return f"{self.prefix}.registry"

    @property
    def bulletins(self) -> str:
        """In and for everybody, compacted: bulletins 通报 as they were issued."""
        return f"{self.prefix}.bulletins"

    @property
    def tickets(self) -> str:
        """Out, compacted: each ticket as it now stands."""
        return f"{self.prefix}.tickets"

    @property
    def events(self) -> str:
        """Out: what happened."""
        return f"{self.prefix}.events"

    @property
    def recheck_requests(self) -> str:
        """Out: please look again."""
        return f"{self.prefix}.recheck-requests"

    @property
    def receipts(self) -> str:
        """Out: what became of each mail and short message."""
        return f"{self.prefix}.receipts"

    @property
    def dead_letters(self) -> str:
        """Out: what could not be read or was refused."""
        return f"{self.prefix}.dead-letters"

    def escalation(self, rung: str) -> str:
        """Out: the supervisors' subscription for one rung of the ladder."""
        return f"{self.prefix}.escalations.{rung}"

    @property
    def inbound(self) -> tuple[str, ...]:
        """What a worker reads."""
        return (self.findings, self.commands, self.registry, self.bulletins)

    def specs(self, rungs: Iterable[str] = RUNGS) -> tuple[TopicSpec, ...]:
        """Every topic of the contract."""
        compacted = {self.registry, self.bulletins, self.tickets}
        names = (
            *self.inbound,
            self.tickets,
            self.events,
            *(self.escalation(rung) for rung in rungs),
            self.recheck_requests,
            self.receipts,
        )
        specs = [TopicSpec(name, name in compacted, MESSAGE_BYTES) for name in names]
        return (*specs, TopicSpec(self.dead_letters, compacted=False, max_message_bytes=DEAD_LETTER_BYTES))
