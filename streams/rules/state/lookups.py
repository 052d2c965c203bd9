"""What a decision looks up again and again, worked out once: by one message at a time it would be quadratic.

3,000 messages of a batch may be about one asset with 20,000 problems, and each of its runs may name 10,000 places.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from itertools import islice
from typing import Generic, TypeVar

from schemas.run import Run
from streams.rules.state.coverage import ParsedRun, coverage
from streams.rules.state.places import PlaceNormalizer
from streams.rules.state.records import Problem, RunRecord, Ticket
from streams.rules.state.snapshot import RunKey

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Index(Generic[K, V]):
    """The records of a dictionary that only grows, by something in them that hardly ever changes."""

    def __init__(self, records: Mapping[K, V], by: Callable[[V], Hashable]) -> None:
        self._records = records
        self._by = by
        self._read = 0
        self._keys: dict[Hashable, list[K]] = {}

    def find(self, value: Hashable) -> Iterator[V]:
        """Those that have it, as they stand now, in order."""
        self.read()
        found = (self._records[key] for key in self._keys.get(value, ()))
        return (record for record in found if self._by(record) == value)

    def read(self) -> None:
        """Takes in what has come since."""
        if self._read < len(self._records):
            for key in islice(self._records, self._read, None):
                self._keys.setdefault(self._by(self._records[key]), []).append(key)
            self._read = len(self._records)

    def again(self, key: K) -> None:
        """This record has changed in what it is found by."""
        keys = self._keys.setdefault(self._by(self._records[key]), [])
        if key not in keys:
            keys.append(key)


class KnownPlaces:
    """Locators as fingerprints compare them (D-1), each worked out once."""

    def __init__(self, one: Callable[[str], str]) -> None:
        self._one = one
        self._places: dict[str, str] = {}

    def __call__(self, locator: str) -> str:
        """The place."""
        place = self._places.get(locator)
        if place is None:
            place = self._places[locator] = self._one(locator)
        return place


def parsed(message_json: str, place: Callable[[str], str], one: Callable[[str], str]) -> ParsedRun:
    """What a run has said; `one` reads each of its own places, `place` those that it is compared with."""
    run = Run.model_validate_json(message_json)
    places = None if run.locators is None else coverage(run.locators, one)
    missed = coverage(run.missed, one) if run.missed else None
    return ParsedRun(run, frozenset(run.checks), places, missed, place)


class Lookups:
    """Over the dictionaries of one `Changes`. Nothing in here leads back to it: it must go when it is saved.

    What refers to itself waits for the garbage collector, which looks rarely; with it a whole snapshot would wait.
    """

    def __init__(
        self,
        places: PlaceNormalizer,
        runs: Mapping[RunKey, RunRecord],
        problems: Mapping[bytes, Problem],
        tickets: Mapping[int, Ticket],
    ) -> None:
        self._one = places.one
        self._place = KnownPlaces(places.one)
        self._of_problems = problems
        self.moved: list[bytes] = []  # identities whose row another one replaces, perhaps at another place (D-2)
        self._runs = Index(runs, lambda run: run.asset_pk)
        self._problems = self._index()
        self._tickets = Index(tickets, lambda ticket: (ticket.asset_pk, ticket.check, ticket.opened_by))
        self.judged = {run.asset_pk for run in runs.values() if run.state == "settled"}  # assets
        self._said: dict[RunKey, ParsedRun] = {}

    def _index(self) -> Index[bytes, Problem]:
        place = self._place
        return Index(self._of_problems, lambda one: (one.asset_pk, one.check, place(one.locator)))

    def renamed(self) -> None:
        """A problem has another identity: its dictionary did not only grow."""
        self._problems = self._index()

    def said(self, known: RunRecord, message_json: str) -> ParsedRun:
        """What a run has said; its message never changes."""
        key = (known.asset_pk, known.source, known.run_id)
        said = self._said.get(key)
        if said is None:
            said = self._said[key] = parsed(message_json, self._place, self._one)
        return said

    def runs_of(self, asset_pk: int) -> Iterator[RunRecord]:
        """The runs over an asset."""
        return self._runs.find(asset_pk)

    def problems_at(self, asset_pk: int, check: str, locator: str) -> Iterator[Problem]:
        """The current problems of a check at a place of an asset."""
        self._problems.read()
        while self.moved:
            self._problems.again(self.moved.pop())
        return self._problems.find((asset_pk, check, self._place(locator)))

    def opened_by(self, asset_pk: int, check: str, run: str) -> Iterator[Ticket]:
        """The tickets of a check that a run has opened."""
        return self._tickets.find((asset_pk, check, run))
