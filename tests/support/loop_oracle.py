"""What must be true of every problem, told from the input alone: a naive model that knows no rule's code.

It remembers who saw what and when, who looked and saw nothing, and what people judged. It does not say how a message is
handled, only which end is right: closed needs somebody who looked no earlier than the last sighting and was entitled to
say so; open needs that nobody did who came in while the problem was open. Where the order of arrival decides, both are
right.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

Message = Mapping[str, Any]
RunId = tuple[str, str, str]  # asset_id, source, run_id

SETTLE, GIVE_UP = timedelta(seconds=30), timedelta(seconds=300)
RELAPSE = timedelta(days=30)


class Place(NamedTuple):
    """Where a problem is; for the checks of the model, also which one it is."""

    asset_id: str
    check: str
    locator: str


class Observation(NamedTuple):
    """Somebody saw it."""

    at: datetime
    source: str | None
    run: RunId | None
    declared: bool = False  # as one of a first load
    certain: bool = True  # not: a recheck's `present` so long after a proof that it may count as a new problem


class Absence(NamedTuple):
    """Somebody entitled to say so looked and did not see it; `decisive` if this came in time to close it."""

    at: datetime
    run: RunId | None
    decisive: bool


@dataclass
class RunFacts:
    """What has arrived of a run."""

    counted: int = 0
    message: Message | None = None
    arrived: datetime | None = None  # real time
    done: bool = False

    @property
    def looked_at(self) -> datetime:
        """As of when its silence speaks."""
        assert self.message is not None
        return moment(self.message.get("started_at") or self.message["finished_at"])

    def speaks_of(self, place: Place, reporters: Iterable[str | None]) -> bool:
        """Whether it covered the place, and is entitled to say that nothing is there."""
        assert self.message is not None
        if place.check not in self.message["checks"] or place.locator in self.message.get("missed", ()):
            return False
        if (named := self.message.get("locators")) is not None:
            return place.locator in named
        return self.message["status"] == "complete" and self.message["source"] in set(reporters)


@dataclass
class Oracle:
    """All that has arrived so far."""

    findings: dict[Place, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    presents: dict[Place, list[Observation]] = field(default_factory=lambda: defaultdict(list))
    absences: dict[Place, list[Absence]] = field(default_factory=lambda: defaultdict(list))
    runs: dict[RunId, RunFacts] = field(default_factory=lambda: defaultdict(RunFacts))
    spoken: set[RunId] = field(default_factory=set)  # runs whose silence counts
    dismissed: set[Place] = field(default_factory=set)
    beside_dismissed: set[Place] = field(default_factory=set)  # already gone from a ticket that was dismissed
    undecided: int = 0  # how often both ends were right

    def arrived(self, message: Message, real: datetime, known: set[Place] | None = None) -> None:
        """One message has been delivered; `known`: places heard of before a round in which nobody knows the order."""
        kind = message.get("type", "finding")
        if kind == "run":
            facts = self.runs[_run_id(message)]
            if facts.message is None:
                facts.message, facts.arrived = message, real
                facts.done = message["status"] == "failed"
            return
        place = Place(message["asset_id"], message["check"], message["locator"])
        at = moment(message["observed_at"])
        if kind == "finding":
            run = _run_id(message) if "run_id" in message else None
            declared = message.get("first_load", False)
            self.findings[place].append(Observation(at, message.get("source"), run, declared))
            if run is not None:
                self.runs[run].counted += 1
        elif place not in self.findings:
            return  # nobody has heard of it
        elif message["outcome"] == "absent":
            reported = message.get("source") in {one.source for one in self.findings[place]}  # a stranger's is noted
            self.absences[place].append(Absence(at, None, decisive=reported and (known is None or place in known)))
        elif message["outcome"] == "present":
            last = self._last(place, certain=True)
            overtaking = [self.runs[run].looked_at for run in self.spoken if self._outdates(run, place, last)]
            gone = [*(absence.at for absence in self.absences[place]), *overtaking]
            certain = known is None and all(at - since <= RELAPSE for since in gone)
            self.presents[place].append(Observation(at, None, None, certain=certain))

    def judged(self, real: datetime, open_places: set[Place], gone: set[Place], held: set[RunId]) -> None:
        """Real time has come to here: runs that wait no longer are judged, each by what had been delivered."""
        for run, facts in self.runs.items():
            if facts.done or facts.message is None or facts.arrived is None:
                continue
            found = facts.message.get("found")
            if found is None:
                facts.done = speaks = real >= facts.arrived + SETTLE
            else:
                speaks = facts.counted >= found
                facts.done = speaks or real >= facts.arrived + GIVE_UP
            if speaks and run not in held:
                closed = self.accepted(run, open_places, gone)
                open_places -= closed
                gone |= closed

    def accepted(self, run: RunId, open_places: set[Place], gone: set[Place]) -> set[Place]:
        """This run's silence counts from now on, for what is gone too; the places that it closes."""
        closed = set()
        facts = self.runs[run]
        self.spoken.add(run)
        for place, seen in self.findings.items():
            if place.asset_id != run[0] or not facts.speaks_of(place, {one.source for one in seen}):
                continue
            lately = {one.source for one in seen if facts.looked_at - one.at <= RELAPSE}  # or another problem
            silent = run not in {one.run for one in seen} and facts.speaks_of(place, lately)
            decisive = silent and (place in open_places or place in gone)
            self.absences[place].append(Absence(facts.looked_at, run, decisive))
            if silent and place in open_places and facts.looked_at >= self._last(place, certain=False):
                closed.add(place)
        return closed

    def silence_of(self, run: RunId, open_places: set[Place]) -> tuple[set[Place], set[Place]]:
        """Which open places it would close, of those that it covered."""
        facts = self.runs[run]
        covered, silent = set(), set()
        for place in open_places:
            seen = self.findings[place]
            everybody = {one.source for one in seen}
            if place.asset_id != run[0] or not facts.speaks_of(place, [*everybody, run[1]]):
                continue
            covered.add(place)
            entitled = facts.speaks_of(place, everybody) and run not in {one.run for one in seen}
            if entitled and facts.looked_at >= self._last(place, certain=False):
                silent.add(place)
        return silent, covered

    def closed_by_person(self, places: Iterable[Place], at: datetime) -> None:
        """A supervisor has closed the ticket of these open problems."""
        for place in places:
            self.absences[place].append(Absence(at, None, decisive=True))

    def may_be(self, place: Place) -> set[str]:
        """Which status is right."""
        if place in self.dismissed:
            return {"dismissed"}
        right = {"dismissed"} if place in self.beside_dismissed else set()
        seen_by = {one.run for one in self.findings[place]}
        proofs = [one for one in self.absences[place] if one.run is None or one.run not in seen_by]
        last = self._last(place, certain=True)
        if any(proof.at >= last for proof in proofs) or any(self._outdates(run, place, last) for run in self.spoken):
            right.add("gone")
        if not any(proof.decisive and proof.at >= self._last(place, certain=False) for proof in proofs):
            right.add("open")
        return right

    def may_count(self, place: Place) -> range:
        """How often it may count as found: a `present` long after a proof opens a ticket, as a finding does (R-38)."""
        found = len(self.findings[place])
        return range(found, found + 1 + sum(not one.certain for one in self.presents[place]))

    def _outdates(self, run: RunId, place: Place, last: datetime) -> bool:
        """Whether a run that has spoken is silent about what was told later."""
        seen, facts = self.findings[place], self.runs[run]
        silent = place.asset_id == run[0] and run not in {one.run for one in seen} and facts.looked_at >= last
        return silent and facts.speaks_of(place, {one.source for one in seen})

    def _last(self, place: Place, *, certain: bool) -> datetime:
        sightings = [*self.findings[place], *self.presents[place]]
        return max(one.at for one in sightings if one.certain or not certain)


def moment(text: str) -> datetime:
    """A message's time."""
    return datetime.fromisoformat(text)


def _run_id(message: Message) -> RunId:
    return message["asset_id"], message["source"], message["run_id"]
