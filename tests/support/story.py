"""A story of the loop as it is told: producers with several runs at once, partitions, people, two clocks.

Told step by step, by hypothesis (tests/property/test_loop_model.py) or by number (`story(7)`), to the pure core beside
its naive model; what was told can be played again elsewhere.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from streams.rules.state.sightings import sources
from tests.support.loop import CAUSES, Loop
from tests.support.loop_oracle import Message, RunId
from tests.support.world import ZONE

ASSETS = ("site", "wx")
SOURCES = ("crawler", "linter")
CHECKS = ("check.a", "check.b")
PLACES = ("/1", "/2", "/3", "/4")
PARTITIONS = 3
LATE = (0, 0, 5, 90, 1_500)  # minutes between a look and what is said of it
KEYS = (None, 0, 1, 2)  # None: keyed by the asset, as is recommended
STATUSES = ("complete", "complete", "complete", "partial", "failed")
COVERED = (CHECKS, CHECKS, CHECKS[:1])
NAMED = (None, None, PLACES[:2])
MISSED = ((), (), (), PLACES[1:3])
OLD = 1_440 * 60  # minutes: of what a first load brings
MORE = (None, 0, 0, 1, -1)  # how many more than it has found a run says that it found
OUTCOMES = ("absent", "absent", "present", "unverifiable")
SECONDS = (0, 1, 31, 31, 301)
MINUTES = (1, 10, 60, 1_440, 1_440 * 5, 1_440 * 31)
ASKS = ("ask:extension", "ask:not_ours", "ask:false_alarm")
ACTIONS = ("acknowledge", "claim_fix", "claim_fix", "close", "dismiss", *ASKS, "refuse_ask", "extend", "note")
ANSWERS = ("accept_run", "accept_run", "reject_run")

What = Sequence[tuple[str, str]]  # check, place


@dataclass
class Running:
    """A run that has not ended."""

    asset_id: str
    source: str
    run_id: str
    started_at: datetime
    found: list[dict[str, Any]] = field(default_factory=list)


class Story:
    """What happens; `loop` knows what came of it."""

    def __init__(self, *, prompt: bool = False) -> None:
        self.prompt = prompt  # messages come one by one, and whatever is due happens after each
        self.loop = Loop()
        self.running: list[Running] = []
        self.partitions: list[list[dict[str, Any]]] = [[] for _ in range(PARTITIONS)]
        self.fetched: list[int] = []  # the partition of each fetch, in order
        self.runs = 0

    # Producers

    def begin_run(self, asset_id: str, source: str) -> None:
        """Somebody starts to look."""
        self.runs += 1
        self.running.append(Running(asset_id, source, f"r{self.runs}", self.loop.world.now))

    def find(self, number: int, what: What, key: int | None) -> None:
        """A run finds problems."""
        run = self.running[number % len(self.running)]
        for check, place in what:
            finding = self._finding(run.asset_id, check, place, run.source, 0) | {"run_id": run.run_id}
            run.found.append(finding)
            self._publish(finding, key)

    def retry(self, number: int, key: int | None) -> None:
        """A run sends a finding once more."""
        runs = [run for run in self.running if run.found]
        run = runs[number % len(runs)]
        again = run.found[number % len(run.found)]
        run.found.append(again)
        self._publish(again, key)

    def end_run(
        self, *, number: int, status: str, of: tuple[str, ...], named: tuple[str, ...] | None, more: int | None,
        says_start: bool, key: int | None, twice: bool, missed: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """A run has its last word."""
        run = self.running.pop(number % len(self.running))
        message: dict[str, Any] = {
            "type": "run",
            "asset_id": run.asset_id,
            "source": run.source,
            "run_id": run.run_id,
            "status": status,
            "checks": list(of),
            "finished_at": self._stamp(0),
        }
        if says_start:
            message["started_at"] = run.started_at.isoformat()
        if named is not None:
            message["locators"] = list(named)
        if missed:
            message["missed"] = list(missed)
        if more is not None:
            message["found"] = max(0, len(run.found) + more)
        for _ in range(1 + twice):
            self._publish(message, key)

    def look_once(self, asset_id: str, check: str, place: str, source: str, minutes: int, key: int | None) -> None:
        """A finding without a run."""
        self._publish(self._finding(asset_id, check, place, source, minutes), key)

    def load_first(self, asset_id: str, check: str, place: str, source: str, minutes: int, key: int | None) -> None:
        """An old finding, declared as such."""
        self._publish(self._finding(asset_id, check, place, source, minutes + OLD) | {"first_load": True}, key)

    def recheck(self, number: int, outcome: str, minutes: int, key: int | None) -> None:
        """Somebody has looked again."""
        current = [problem for problem in self.loop.world.problems if problem.current]
        problem = current[number % len(current)]
        place = self.loop.place(problem)
        source = sources(problem.seen_by_json)[0]  # one of those who have reported it: others prove nothing (C-50)
        answer = {"type": "recheck", **place._asdict(), "source": source, "outcome": outcome}
        self._publish({**answer, "observed_at": self._stamp(minutes)}, key)

    # Transport and time

    def deliver(self, number: int, size: int) -> None:
        """A fetch of one partition, with everything in its order."""
        waiting = [place for place, partition in enumerate(self.partitions) if partition]
        self._fetch(waiting[number % len(waiting)], size)

    def _fetch(self, place: int, size: int) -> None:
        partition = self.partitions[place]
        batch, partition[:size] = partition[:size], []
        for messages in [[message] for message in batch] if self.prompt else [batch]:
            self.fetched.append(place)
            self.loop.deliver(messages, place)
            self.catch_up()

    def catch_up(self) -> None:
        """What is due has happened, as with workers that never sleep."""
        if self.prompt:
            self.loop.wait(0)
            self.loop.pass_time(0)

    # People

    def act(self, number: int, action: str) -> None:
        """A person acts on a ticket."""
        tickets = list(self.loop.world.tickets.values())
        self.loop.act((action, tickets[number % len(tickets)].ticket_id))

    def answer_held(self, number: int, action: str) -> None:
        """A supervisor answers a held run."""
        held: list[RunId] = self.loop.waiting_for_answer()
        self.loop.answer_held((action, held[number % len(held)]))

    # The end

    def end(self) -> None:
        """Everything arrives at last, and is judged."""
        for place, partition in enumerate(self.partitions):
            if partition:
                self._fetch(place, len(partition))
        self.settle(self.loop)

    def settle(self, loop: Loop) -> None:
        """Real time passes until nothing waits any more."""
        loop.wait(301)
        loop.wait(31)
        loop.check()
        loop.check_publication()

    def shuffled(self, chance: random.Random) -> list[Message]:
        """All messages in another order: that within a run is kept."""
        queues: dict[Any, list[Message]] = {}
        messages = [message for name, value in self.loop.steps if name == "deliver" for message in value]
        for index, message in enumerate(messages):
            queues.setdefault((message.get("source"), message.get("run_id") or index), []).append(message)
        turns = [key for key, queue in queues.items() for _ in queue]
        chance.shuffle(turns)
        return [queues[key].pop(0) for key in turns]

    def _publish(self, message: dict[str, Any], key: int | None) -> None:
        self.partitions[ASSETS.index(message["asset_id"]) if key is None else key].append(message)

    def _finding(self, asset_id: str, check: str, place: str, source: str, minutes: int) -> dict[str, Any]:
        cause = {"cause": CAUSES[place]} if place in CAUSES else {}
        where = {"asset_id": asset_id, "check": check, "locator": place, "source": source}
        return {**where, **cause, "observed_at": self._stamp(minutes)}

    def _stamp(self, minutes: int) -> str:
        return (self.loop.world.now - timedelta(minutes=minutes)).astimezone(ZONE).isoformat()


def story(seed: int, steps: int = 45, *, prompt: bool = False) -> Story:
    """The story of this number; the same for the same number."""
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    pick, told = chance.choice, Story(prompt=prompt)

    def number() -> int:
        return chance.randrange(1_000)

    def what() -> What:
        return [(pick(CHECKS), pick(PLACES)) for _ in range(chance.randint(1, 6))]

    turns: dict[str, tuple[int, Callable[[], object], Callable[[], None]]] = {
        "begin_run": (4, lambda: True, lambda: told.begin_run(pick(ASSETS), pick(SOURCES))),
        "find": (5, lambda: told.running, lambda: told.find(number(), what(), pick(KEYS))),
        "retry": (1, lambda: any(r.found for r in told.running), lambda: told.retry(number(), pick(KEYS))),
        "end_run": (5, lambda: told.running, lambda: told.end_run(
            number=number(), status=pick(STATUSES), of=pick(COVERED), named=pick(NAMED), more=pick(MORE),
            says_start=pick((True, False)), key=pick(KEYS), twice=pick((True, False)), missed=pick(MISSED))),
        "look_once": (2, lambda: True, lambda: told.look_once(
            pick(ASSETS), pick(CHECKS), pick(PLACES), pick(SOURCES), pick(LATE), pick(KEYS))),
        "load_first": (1, lambda: True, lambda: told.load_first(
            pick(ASSETS), pick(CHECKS), pick(PLACES), pick(SOURCES), pick(LATE), pick(KEYS))),
        "recheck": (4, lambda: told.loop.world.problems, lambda: told.recheck(
            number(), pick(OUTCOMES), pick(LATE), pick(KEYS))),
        "deliver": (12, lambda: any(told.partitions), lambda: told.deliver(number(), chance.randint(1, 12))),
        "wait": (5, lambda: True, lambda: told.loop.wait(pick(SECONDS))),
        "pass_time": (3, lambda: True, lambda: told.loop.pass_time(pick(MINUTES))),
        "act": (2, lambda: told.loop.world.tickets, lambda: told.act(number(), pick(ACTIONS))),
        "answer_held": (3, told.loop.waiting_for_answer, lambda: told.answer_held(number(), pick(ANSWERS))),
    }  # fmt: skip
    for _ in range(steps):
        able = [name for name, (_, may, _) in turns.items() if may()]
        (name,) = chance.choices(able, [turns[name][0] for name in able])
        turns[name][2]()
        told.catch_up()
        told.loop.check()
    told.end()
    return told
