"""What must have come of it, computed from nothing but the records that lie on the inbound topics.

A producer whose broker dies before it answers may publish twice: what lies there counts. This is no second
implementation of the rules: it counts, and knows what the phases of a round mean.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from schemas.topics import Topics
from tests.crash.history import ASKER, DARK
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


ASK_OF: Final = {"extend": "extension", "dismiss": "false_alarm"}  # what an act grants
EXTENSIONS: Final = 2  # by the default pack


@dataclass(slots=True)
class Asking:
    """What people did about one ticket, in the order in which it lies on the topic."""

    events: Counter[str] = field(default_factory=Counter)
    open: set[str] = field(default_factory=set)  # kinds
    ended: bool = False
    extensions: int = 0
    acted: set[str] = field(default_factory=set)  # command ids

    def add(self, command: dict[str, Any]) -> None:
        """One more command; one that has acted before changes nothing."""
        if command["command_id"] in self.acted:
            return
        self.acted.add(command["command_id"])
        self.events[self._answer(command["action"], command.get("kind"))] += 1

    def _answer(self, action: str, kind: str | None) -> str:
        if action == "note":
            return "noted"
        full = "extension" in (kind, ASK_OF.get(action)) and self.extensions == EXTENSIONS
        if self.ended or full or kind in self.open:
            return "command_refused"
        if kind is not None:
            self.open.add(kind)
            return "asked"
        self.open.discard(ASK_OF[action])
        if action == "extend":
            self.extensions += 1
        else:
            self.events["ask_ended"] += len(self.open)
            self.open, self.ended = set(), True
        return SAID[action]


@dataclass(slots=True)
class Expected:
    """The end, as far as the input decides it."""

    places: dict[Place, Sightings] = field(default_factory=dict)
    acts: dict[str, str] = field(default_factory=dict)  # by ticket id, the action of a person
    asking: dict[str, Asking] = field(default_factory=dict)  # by ticket id
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
        counts = Counter(SAID[action] for ticket_id, action in self.acts.items() if ticket_id not in self.asking)
        counts += sum((asking.events for asking in self.asking.values()), Counter[str]())
        counts += Counter(opened=len(groups), joined=len(self.places) - len(groups))
        return counts + Counter(closed=len(ended), reopened=len(back))

    def open_asks(self) -> set[tuple[str, str]]:
        """Ticket and kind of each ask that nobody has answered."""
        return {(ticket_id, kind) for ticket_id, asking in self.asking.items() for kind in asking.open}

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
            _command(end, message)
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


def _command(end: Expected, message: dict[str, Any]) -> None:
    """Those of one person are acts, one a ticket; the other one asks and answers."""
    ticket_id, action = message["ticket_id"], message["action"]
    if message["by"] != ASKER:
        end.acts[ticket_id] = action
        return
    asking = end.asking.setdefault(ticket_id, Asking())
    asking.add(message)
    if asking.ended:
        end.acts[ticket_id] = "dismiss"


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
