"""What is known of producers while a batch is decided: their standings (rules C-45, C-47) and rhythms (R-41).

Of standings additions are saved, so that workers which judge runs of one producer at once lose none of each other's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from streams.rules.state.records import ProducerRhythm, ProducerStanding


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


class Rhythms:
    """By source; two workers that see a producer's runs at once note the same to within the moment between them."""

    def __init__(self, loaded: Mapping[str, ProducerRhythm]) -> None:
        """As the ledger has them."""
        self._known = dict(loaded)
        self._put: dict[str, ProducerRhythm] = {}

    def of(self, source: str) -> ProducerRhythm | None:
        """None: nothing has been seen of it."""
        return self._known.get(source)

    def put(self, rhythm: ProducerRhythm) -> None:
        """Replaces what is known of a producer."""
        self._known[rhythm.source] = self._put[rhythm.source] = rhythm

    def changed(self) -> list[ProducerRhythm]:
        """What to save, in an order that is everybody's."""
        return [self._put[source] for source in sorted(self._put)]


def _sum(one: ProducerStanding, more: ProducerStanding) -> ProducerStanding:
    return one._replace(staked=one.staked + more.staked, absent=one.absent + more.absent, held=one.held + more.held)
