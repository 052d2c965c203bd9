"""A model of the loop: whatever producers, messages and people do, and in whatever order it arrives (R, C, D, T rules).

The rules are compared with a naive model that knows the input only (tests/support/loop_oracle.py). More histories:
`RECTIFY_TEST_HISTORIES=5000 pytest tests/property/test_loop_model.py`. The same on the real ledgers and through Kafka:
tests/integration/rules/test_histories.py.
"""

from __future__ import annotations

import os
import random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support import story
from tests.support.loop import Loop
from tests.support.story import Story

assets, sources, checks, places = (
    st.sampled_from(values) for values in (story.ASSETS, story.SOURCES, story.CHECKS, story.PLACES)
)
late, keys = st.sampled_from(story.LATE), st.sampled_from(story.KEYS)
numbers = st.integers(0, 1_000)


class LoopModel(RuleBasedStateMachine):
    """The steps of a story, in any order that hypothesis likes."""

    def __init__(self) -> None:
        super().__init__()
        self.told = Story()
        self.loop = self.told.loop
        self.seed = 0

    @initialize(seed=numbers)
    def choose(self, seed: int) -> None:
        """How the replays are shuffled."""
        self.seed = seed

    # Producers

    @rule(asset_id=assets, source=sources)
    def begin_run(self, asset_id: str, source: str) -> None:
        self.told.begin_run(asset_id, source)

    @precondition(lambda self: self.told.running)
    @rule(number=numbers, what=st.lists(st.tuples(checks, places), min_size=1, max_size=6), key=keys)
    def find(self, number: int, what: list[tuple[str, str]], key: int | None) -> None:
        self.told.find(number, what, key)

    @precondition(lambda self: any(run.found for run in self.told.running))
    @rule(number=numbers, key=keys)
    def retry(self, number: int, key: int | None) -> None:
        self.told.retry(number, key)

    @precondition(lambda self: self.told.running)
    @rule(
        number=numbers,
        status=st.sampled_from(story.STATUSES),
        of=st.sampled_from(story.COVERED),
        named=st.sampled_from(story.NAMED),
        more=st.sampled_from(story.MORE),
        says_start=st.booleans(),
        key=keys,
        twice=st.booleans(),
        missed=st.sampled_from(story.MISSED),
    )
    def end_run(
        self, *, number: int, status: str, of: tuple[str, ...], named: tuple[str, ...] | None, more: int | None,
        says_start: bool, key: int | None, twice: bool, missed: tuple[str, ...],
    ) -> None:  # fmt: skip
        self.told.end_run(
            number=number, status=status, of=of, named=named, more=more, says_start=says_start, key=key, twice=twice,
            missed=missed,
        )  # fmt: skip

    @rule(asset_id=assets, check=checks, place=places, source=sources, minutes=late, key=keys)
    def look_once(self, asset_id: str, check: str, place: str, source: str, minutes: int, key: int | None) -> None:
        self.told.look_once(asset_id, check, place, source, minutes, key)

    @rule(asset_id=assets, check=checks, place=places, source=sources, minutes=late, key=keys)
    def load_first(self, asset_id: str, check: str, place: str, source: str, minutes: int, key: int | None) -> None:
        self.told.load_first(asset_id, check, place, source, minutes, key)

    @precondition(lambda self: self.loop.world.problems)
    @rule(number=numbers, outcome=st.sampled_from(story.OUTCOMES), minutes=late, key=keys)
    def recheck(self, number: int, outcome: str, minutes: int, key: int | None) -> None:
        self.told.recheck(number, outcome, minutes, key)

    # Transport and time

    @precondition(lambda self: any(self.told.partitions))
    @rule(number=numbers, size=st.integers(1, 12))
    def deliver(self, number: int, size: int) -> None:
        self.told.deliver(number, size)

    @rule(seconds=st.sampled_from(story.SECONDS))
    def wait(self, seconds: int) -> None:
        self.loop.wait(seconds)

    @rule(minutes=st.sampled_from(story.MINUTES))
    def pass_time(self, minutes: int) -> None:
        self.loop.pass_time(minutes)

    # People

    @precondition(lambda self: self.loop.world.tickets)
    @rule(number=numbers, action=st.sampled_from(story.ACTIONS))
    def act(self, number: int, action: str) -> None:
        self.told.act(number, action)

    @precondition(lambda self: self.loop.waiting_for_answer())
    @rule(number=numbers, action=st.sampled_from(story.ANSWERS))
    def answer_held(self, number: int, action: str) -> None:
        self.told.answer_held(number, action)

    # What must hold

    @invariant()
    def holds(self) -> None:
        self.loop.check()

    def teardown(self) -> None:
        """Everything arrives at last; then the same input is played in other batches, and in another order."""
        self.told.end()
        alone, partitions = Loop(), iter(self.told.fetched)
        for name, value in self.loop.steps:
            if name == "deliver":
                partition = next(partitions)
                for message in value:
                    alone.deliver([message], partition)
            else:
                alone.play([(name, value)])
        assert alone.picture() == self.loop.picture()
        self._in_another_order()

    def _in_another_order(self) -> None:
        """Order within a run's messages is kept, everything else is shuffled; people's acts are left out."""
        chance = random.Random(self.seed)  # noqa: S311 - repeatable, not secret
        shuffled = self.told.shuffled(chance)
        other = Loop()
        other.world.now = self.loop.world.now
        while shuffled:
            size = chance.randint(1, 12)
            other.deliver(shuffled[:size])
            del shuffled[:size]
            if chance.random() < 0.3:
                other.wait(chance.choice((0, 31)))
                other.check()
        self.told.settle(other)
        other.check_counts()


TestLoopModel = pytest.mark.timeout(1_800)(LoopModel.TestCase)  # a counterexample takes its time to become small
TestLoopModel.settings = settings(
    max_examples=int(os.environ.get("RECTIFY_TEST_HISTORIES", "200")),
    stateful_step_count=30,
    deadline=None,
    derandomize="RECTIFY_TEST_HISTORIES" not in os.environ,  # the same code meets the same histories; more are random
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
