"""A model of the loop: whatever producers, messages and people do, and in whatever order it arrives (R, C, D, T rules).

The rules are compared with a naive model that knows the input only (tests/support/loop_oracle.py). More histories:
`RECTIFY_TEST_HISTORIES=5000 pytest tests/property/test_loop_model.py`.
"""

from __future__ import annotations

import os
import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.loop import CAUSES, Loop
from tests.support.loop_oracle import RunId
from tests.support.world import ZONE

ASSETS = ("site", "wx")
SOURCES = ("crawler", "linter")
CHECKS = ("check.a", "check.b")
PLACES = ("/1", "/2", "/3", "/4")
PARTITIONS = 3
LATE = (0, 0, 5, 90, 1_500)  # minutes between a look and what is said of it

assets, sources, checks, places = (st.sampled_from(values) for values in (ASSETS, SOURCES, CHECKS, PLACES))
late = st.sampled_from(LATE)
keys = st.sampled_from((None, 0, 1, 2))  # None: keyed by the asset, as is recommended
numbers = st.integers(0, 1_000)


@dataclass
class Running:
    """A run that has not ended."""

    asset_id: str
    source: str
    run_id: str
    started_at: datetime
    found: list[dict[str, Any]] = field(default_factory=list)


class LoopModel(RuleBasedStateMachine):
    """Producers with several runs at once, partitions, people, two clocks."""

    def __init__(self) -> None:
        super().__init__()
        self.loop = Loop()
        self.running: list[Running] = []
        self.partitions: list[list[dict[str, Any]]] = [[] for _ in range(PARTITIONS)]
        self.runs = 0
        self.seed = 0

    @initialize(seed=numbers)
    def choose(self, seed: int) -> None:
        """How the replays are shuffled."""
        self.seed = seed

    # Producers

    @rule(asset_id=assets, source=sources)
    def begin_run(self, asset_id: str, source: str) -> None:
        self.runs += 1
        self.running.append(Running(asset_id, source, f"r{self.runs}", self.loop.world.now))

    @precondition(lambda self: self.running)
    @rule(number=numbers, what=st.lists(st.tuples(checks, places), min_size=1, max_size=6), key=keys)
    def find(self, number: int, what: list[tuple[str, str]], key: int | None) -> None:
        run = self.running[number % len(self.running)]
        for check, place in what:
            finding = self._finding(run.asset_id, check, place, run.source, 0) | {"run_id": run.run_id}
            run.found.append(finding)
            self._publish(finding, key)

    @precondition(lambda self: any(run.found for run in self.running))
    @rule(number=numbers, key=keys)
    def retry(self, number: int, key: int | None) -> None:
        runs = [run for run in self.running if run.found]
        run = runs[number % len(runs)]
        again = run.found[number % len(run.found)]
        run.found.append(again)
        self._publish(again, key)

    @precondition(lambda self: self.running)
    @rule(
        number=numbers,
        status=st.sampled_from(("complete", "complete", "complete", "partial", "failed")),
        of=st.sampled_from((CHECKS, CHECKS, CHECKS[:1])),
        named=st.sampled_from((None, None, PLACES[:2])),
        more=st.sampled_from((None, 0, 0, 1, -1)),
        says_start=st.booleans(),
        key=keys,
        twice=st.booleans(),
    )
    def end_run(
        self, *, number: int, status: str, of: tuple[str, ...], named: tuple[str, ...] | None, more: int | None,
        says_start: bool, key: int | None, twice: bool,
    ) -> None:  # fmt: skip
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
        if more is not None:
            message["found"] = max(0, len(run.found) + more)
        for _ in range(1 + twice):
            self._publish(message, key)

    @rule(asset_id=assets, check=checks, place=places, source=sources, minutes=late, key=keys)
    def look_once(self, asset_id: str, check: str, place: str, source: str, minutes: int, key: int | None) -> None:
        """A finding without a run."""
        self._publish(self._finding(asset_id, check, place, source, minutes), key)

    @precondition(lambda self: self.loop.world.problems)
    @rule(
        number=numbers, outcome=st.sampled_from(("absent", "absent", "present", "unverifiable")), minutes=late, key=keys
    )
    def recheck(self, number: int, outcome: str, minutes: int, key: int | None) -> None:
        problem = self.loop.world.problems[number % len(self.loop.world.problems)]
        place = self.loop.place(problem)
        self._publish(
            {"type": "recheck", **place._asdict(), "outcome": outcome, "observed_at": self._stamp(minutes)}, key
        )

    # Transport and time

    @precondition(lambda self: any(self.partitions))
    @rule(number=numbers, size=st.integers(1, 12))
    def deliver(self, number: int, size: int) -> None:
        """A fetch of one partition, with everything in its order."""
        waiting = [partition for partition in self.partitions if partition]
        partition = waiting[number % len(waiting)]
        batch, partition[:size] = partition[:size], []
        self.loop.deliver(batch)

    @rule(seconds=st.sampled_from((0, 1, 31, 31, 301)))
    def wait(self, seconds: int) -> None:
        self.loop.wait(seconds)

    @rule(minutes=st.sampled_from((1, 10, 60, 1_440, 1_440 * 5, 1_440 * 31)))
    def pass_time(self, minutes: int) -> None:
        self.loop.pass_time(minutes)

    # People

    @precondition(lambda self: self.loop.world.tickets)
    @rule(number=numbers, action=st.sampled_from(("acknowledge", "claim_fix", "claim_fix", "close", "dismiss")))
    def act(self, number: int, action: str) -> None:
        tickets = list(self.loop.world.tickets.values())
        self.loop.act((action, tickets[number % len(tickets)].ticket_id))

    @precondition(lambda self: self.loop.waiting_for_answer())
    @rule(number=numbers, action=st.sampled_from(("accept_run", "accept_run", "reject_run")))
    def answer_held(self, number: int, action: str) -> None:
        held: list[RunId] = self.loop.waiting_for_answer()
        self.loop.answer_held((action, held[number % len(held)]))

    # What must hold

    @invariant()
    def holds(self) -> None:
        self.loop.check()

    def teardown(self) -> None:
        """Everything arrives at last; then the same input is played in other batches, and in another order."""
        for partition in self.partitions:
            if partition:
                self.loop.deliver(partition)
        self._settle(self.loop)
        alone = Loop()
        for name, value in self.loop.steps:
            alone.play([(name, [message]) for message in value] if name == "deliver" else [(name, value)])
        assert alone.picture() == self.loop.picture()
        self._in_another_order()

    def _in_another_order(self) -> None:
        """Order within a run's messages is kept, everything else is shuffled; people's acts are left out."""
        chance = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        queues: dict[Any, list[dict[str, Any]]] = {}
        messages = [message for name, value in self.loop.steps if name == "deliver" for message in value]
        for index, message in enumerate(messages):
            queues.setdefault((message.get("source"), message.get("run_id") or index), []).append(message)
        turns = [key for key, queue in queues.items() for _ in queue]
        chance.shuffle(turns)
        shuffled = [queues[key].pop(0) for key in turns]
        other = Loop()
        self._jump(other)
        while shuffled:
            size = chance.randint(1, 12)
            other.deliver(shuffled[:size])
            del shuffled[:size]
            if chance.random() < 0.3:
                other.wait(chance.choice((0, 31)))
                other.check()
        self._settle(other)
        assert other.counts() == self.loop.counts()

    def _jump(self, other: Loop) -> None:
        other.world.now = self.loop.world.now

    def _settle(self, loop: Loop) -> None:
        loop.wait(301)
        loop.wait(31)
        loop.check()
        loop.check_publication()

    def _publish(self, message: dict[str, Any], key: int | None) -> None:
        self.partitions[ASSETS.index(message["asset_id"]) if key is None else key].append(message)

    def _finding(self, asset_id: str, check: str, place: str, source: str, minutes: int) -> dict[str, Any]:
        cause = {"cause": CAUSES[place]} if place in CAUSES else {}
        where = {"asset_id": asset_id, "check": check, "locator": place, "source": source}
        return {**where, **cause, "observed_at": self._stamp(minutes)}

    def _stamp(self, minutes: int) -> str:
        return (self.loop.world.now - timedelta(minutes=minutes)).astimezone(ZONE).isoformat()


TestLoopModel = pytest.mark.timeout(1_800)(LoopModel.TestCase)  # a counterexample takes its time to become small
TestLoopModel.settings = settings(
    max_examples=int(os.environ.get("RECTIFY_TEST_HISTORIES", "200")),
    stateful_step_count=30,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
