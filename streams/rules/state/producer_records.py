"""The standings of producers while a batch is decided: as loaded, added to, and cleared (rules C-45, C-47).

What is saved are additions, so that workers which judge runs of one producer at once lose none of each other's.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from streams.rules.state.records import ProducerStanding


class Standings:
    """By source and slot."""

    def __init__(self, loaded: Iterable[ProducerStanding]) -> None:
        """As the ledger has them: within the window."""
        self._known: dict[tuple[str, datetime], ProducerStanding] = {(one.source, one.slot_at): one for one in loaded}
        self._added: dict[tuple[str, datetime], ProducerStanding] = {}
        self._cleared: set[str] = set()

    def of(self, source: str) -> list[ProducerStanding]:
        """A producer's slots, the latest first."""
        mine = (one for one in self._known.values() if one.source == source)
        return sorted(mine, key=lambda one: one.slot_at, reverse=True)

    def add(self, more: ProducerStanding) -> None:
        """Counts for its slot."""
        for kept in (self._known, self._added):
            before = kept.get((more.source, more.slot_at))
            kept[(more.source, more.slot_at)] = more if before is None else _sum(before, more)

    def clear(self, source: str) -> None:
        """The producer begins anew."""
        self._cleared.add(source)
        for kept in (self._known, self._added):
            for key in [key for key in kept if key[0] == source]:
                del kept[key]

    def changed(self) -> tuple[list[ProducerStanding], list[str]]:
        """What to add, and whose to delete before that: in an order that is everybody's, so that nobody deadlocks."""
        return sorted(self._added.values()), sorted(self._cleared)


def _sum(one: ProducerStanding, more: ProducerStanding) -> ProducerStanding:
    return one._replace(staked=one.staked + more.staked, absent=one.absent + more.absent, held=one.held + more.held)
