"""What must have come of it, computed from nothing but the records that lie on the inbound topics.

A producer whose broker dies before it answers may publish twice: what lies there counts. This is no second
implementation of the rules: it counts, and knows what the phases of a round mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from schemas.topics import Topics
from tests.crash.history import DARK
from tests.support.subscriber import Record

OUTCOMES = {"acknowledge": "acknowledged", "claim_fix": "claimed", "dismiss": "dismissed", "extend": "open"}
SAID = {"acknowledge": "acknowledged", "claim_fix": "fix_claimed", "dismiss": "dismissed", "extend": "extended"}


class Place(NamedTuple):
    """Where a problem is: its identity as the producer sees it."""

    asset_id: str
    check: str
    locator: str


@dataclass(slots=True)
class Sightings:
    """What was found at one place."""

    count: int = 0
    first: datetime | None = None
    last: datetime | None = None
    cause: str | None = None
    absent: datetime | None = None  # when somebody looked and did not see it

    def add(self, at: datetime) -> None:
        """One more."""
        self.count += 1
        self.first = min(self.first or at, at)
        self.last = max(self.last or at, at)

    @property
    def is_there(self) -> bool:
        """Whether it was seen after the last absence."""
        return self.last is not None and (self.absent is None or self.last > self.absent)


@dataclass(slots=True)
class Expected:
    """The end, as far as the input decides it."""

    places: dict[Place, Sightings] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)  # by ticket id, the action of a person
    refused: set[tuple[str, int, int]] = field(default_factory=set)  # topic, partition, offset

    def group(self, place: Place) -> Place | tuple[str, str, str]:
        """Problems with the same one share a ticket."""
        cause = self.places[place].cause
        return place if cause is None else (place.asset_id, place.check, cause)

    def tickets(self) -> dict[Any, list[Place]]:
        """The places of each ticket."""
        groups: dict[Any, list[Place]] = {}
        for place in self.places:
            groups.setdefault(self.group(place), []).append(place)
        return groups

    def events(self) -> Counter[str]:
        """How many of the types that the input decides."""
        groups = self.tickets().values()
        ended = [places for places in groups if all(self.places[place].absent for place in places)]
        back = [places for places in ended if any(self.places[place].is_there for place in places)]
        counts = Counter(SAID[action] for action in self.acts.values())
        counts += Counter(opened=len(groups), joined=len(self.places) - len(groups))
        return counts + Counter(closed=len(ended), reopened=len(back))

    def short_messages(self) -> int:
        """One at once for each problem whose deadline is in clock hours."""
        return sum(place.check == DARK for place in self.places)


def expected(topics: Topics, records: Iterable[Record]) -> Expected:
    """Reads the inbound topics."""
    end = Expected()
    runs: dict[str, datetime] = {}
    for record in records:
        message = _read(record.value)
        if message is None:
            end.refused.add((record.topic, record.partition, record.offset))
        elif record.topic == topics.commands:
            end.acts[message["ticket_id"]] = message["action"]
        elif message.get("type") == "run":
            runs[message["asset_id"]] = datetime.fromisoformat(message["started_at"])
        else:
            place = Place(message["asset_id"], message["check"], message["locator"])
            sightings = end.places.setdefault(place, Sightings())
            at = datetime.fromisoformat(message["observed_at"])
            if message.get("type") == "recheck":
                sightings.absent = at
            else:
                sightings.add(at)
                sightings.cause = message.get("cause", sightings.cause)
    for place, sightings in end.places.items():
        sightings.absent = sightings.absent or runs.get(place.asset_id)
    return end


def _read(value: bytes | None) -> dict[str, Any] | None:
    """The messages here are broken in two ways: no JSON object, or a time without a zone."""
    try:
        message = orjson.loads(value or b"")
    except orjson.JSONDecodeError:
        return None
    if not isinstance(message, dict):
        return None
    at = message.get("observed_at")
    return None if at is not None and datetime.fromisoformat(at).tzinfo is None else message
