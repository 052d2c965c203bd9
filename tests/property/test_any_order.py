"""Whatever was observed ends the same, in whatever order it arrives (D-5, D-9, D-10, T-6, C-3, C-41, C-49, C-50).

A handful of findings, runs (complete, partial, failed, with and without a beginning, with named places, several of one
source at once) and rechecks arrives in every order, or in many, one by one and together, with and without waiting; each
end is compared with what a witness tells who saw everything as it happened (tests/support/evidence_oracle.py).

What may depend on arrival, and is not compared: whether a closing had been said when the later sighting came (only then
it is a relapse; there are never more than there were returns); and a bad moment that had been confirmed, or was seen of
an open problem, when an absence arrives that lies before it: that closes no problem last seen after it; nor what a run
had ended by its silence before its own finding of the bad moment came. A recheck that
comes before anybody has reported its problem names nothing (R-6): here it waits for the first finding. Real waits that
run out (R-3) do not happen here.
"""

from __future__ import annotations

import itertools
import os
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import orjson
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from streams.rules.state.records import Problem
from tests.support.evidence_oracle import Message, Told, told
from tests.support.world import POLICY, World

TRUSTED = ("contractor",)
TRUSTING = POLICY.model_copy(update={"trusted": TRUSTED})
CHECK = "link.dead"
PLACES, BAD = ("/1", "/2"), "/bad"  # the last answers 503, which may be a bad moment
SOURCES = ("crawler", "crawler", "crawler", "linter")
MINUTES = range(0, 240, 20)
ORDERS = 24  # of one history, at most
EXAMPLES = int(os.environ.get("RECTIFY_TEST_HISTORIES", "150"))
FIRED = {"C-3", "R-6", "C-5", "T-6", "C-41", "C-50", "T-1", "D-9", "D-12", "R-6 older", "C-49", "D-10", "C-33"}
fired: Counter[str] = Counter()


def at(minutes: int) -> str:
    """A moment of the morning as messages carry it."""
    return f"2026-03-02T{8 + minutes // 60:02}:{minutes % 60:02}:00+08:00"


def finding(locator: str, minutes: int, source: str, run_id: str | None) -> Message:
    """It is dead, or may be."""
    run = {} if run_id is None else {"run_id": run_id}
    evidence = {"evidence": {"http_status": 503 if locator == BAD else 404}}
    return {"asset_id": "site", "check": CHECK, "locator": locator, "source": source, **run, **evidence,
            "observed_at": at(minutes)}  # fmt: skip


def recheck(locator: str, minutes: int, source: str, outcome: str) -> Message:
    """Somebody has looked again."""
    where = {"asset_id": "site", "check": CHECK, "locator": locator, "source": source}
    return {"type": "recheck", **where, "outcome": outcome, "observed_at": at(minutes)}


@st.composite
def runs(draw: st.DrawFn, run_id: str) -> list[Message]:
    """A run and what it has found."""
    source, begin = draw(st.sampled_from(SOURCES)), draw(st.sampled_from(MINUTES))
    places = draw(st.lists(st.sampled_from((*PLACES, BAD)), max_size=2))
    found = [finding(place, begin + draw(st.sampled_from((0, 10, 20))), source, run_id) for place in places]
    run: dict[str, Any] = {
        "type": "run", "asset_id": "site", "source": source, "run_id": run_id, "checks": [CHECK],
        "status": draw(st.sampled_from(("complete", "complete", "complete", "partial", "failed"))),
        "finished_at": at(begin + 20),
    }  # fmt: skip
    if draw(st.booleans()):
        run["started_at"] = at(begin)
    if draw(st.booleans()):
        run["found"] = len(found)
    if draw(st.integers(0, 3)) == 0:
        run["locators"] = ["/1", BAD]
    return [*found, run]


@st.composite
def histories(draw: st.DrawFn) -> list[Message]:
    """What was observed in one morning."""
    messages: list[Message] = []
    for number in range(draw(st.integers(0, 6))):
        messages += draw(runs(f"r{number}"))
    for _ in range(draw(st.integers(0, 3))):
        place, source = draw(st.sampled_from((*PLACES, BAD))), draw(st.sampled_from(SOURCES))
        messages.append(finding(place, draw(st.sampled_from(MINUTES)), source, None))
    for _ in range(draw(st.integers(0, 3))):
        place = draw(st.sampled_from((*PLACES, BAD)))
        outcome = "absent" if place == BAD else draw(st.sampled_from(("absent", "absent", "present")))
        source = draw(st.sampled_from(("crawler", "linter", "contractor", "stranger")))
        messages.append(recheck(place, draw(st.sampled_from(MINUTES)), source, outcome))
    return messages


def orders(messages: Sequence[Message], chance: random.Random) -> Iterator[list[Message]]:
    """Every order of few, many of more; a recheck waits for the first finding of its place."""
    every = len(messages) <= 4
    found = (
        itertools.permutations(messages) if every else (chance.sample(messages, len(messages)) for _ in range(ORDERS))
    )
    for order in itertools.islice(found, ORDERS):
        known: set[str] = set()
        waiting: list[Message] = []
        kept: list[Message] = []
        for message in order:
            if message.get("type") == "recheck" and message["locator"] not in known:
                waiting.append(message)
                continue
            kept.append(message)
            if "type" not in message and message["locator"] not in known:
                known.add(message["locator"])
                kept += [one for one in waiting if one["locator"] == message["locator"]]
        yield kept


def played(order: Sequence[Message], chance: random.Random) -> World:
    """The evening in which they arrive, alone or several at once; less than five minutes in all."""
    world, rest = World("2026-03-02 20:00", TRUSTING), list(order)
    while rest:
        size = chance.choice((1, 1, 2, 3))
        world.send(*(dict(message) for message in rest[:size]))
        del rest[:size]
        world.wait(chance.choice((0, 1, 31)) if (world.real - world.now).total_seconds() < 240 else 0)
    world.wait(31)
    return world


def compare(problem: Problem | None, world: World, expected: Told | None, locator: str) -> None:
    """The end of one place."""
    if expected is None:
        assert problem is None
        return
    assert problem is not None
    assert (problem.count, problem.first_seen_at) == (expected.times, expected.first_seen_at)
    assert problem.last_seen_at == expected.last_seen_at
    if locator == BAD:
        _compare_bad_moments(problem, expected)
        return
    status = "open" if expected.proof is None else "gone"
    since = None if expected.proof is None else expected.proof[0]
    assert (problem.status, problem.gone_at) == (status, since)
    ticket = world.tickets[problem.ticket_pk]
    assert (ticket.status, ticket.evidence_at) == ("open" if status == "open" else "closed", since)
    assert ticket.reopen_count <= expected.returns
    if expected.proof is not None:
        kept = orjson.loads(problem.gone_by_json or "{}")
        assert (kept["kind"], kept["source"]) == expected.proof[1:]
        assert ticket.close_reason == f"{kept['kind']}_absent"


def _compare_bad_moments(problem: Problem, expected: Told) -> None:
    if expected.between:
        return  # what was confirmed by then stays confirmed
    if expected.proof is not None:
        assert problem.status in ("suspected", "gone")
        assert problem.suspicion_json is None
    elif expected.confirmed and not expected.reported_by_a_run:
        assert problem.status == "open"
    else:
        assert problem.status in ("suspected", "open")
        assert problem.status == "suspected" or expected.confirmed


def count(world: World, messages: Sequence[Message]) -> None:
    """Which rules have decided something."""
    for event in world.events():
        fired[event["rule"]] += 1
        fired[f"{event['rule']} {event['reason']}"] += 1
    fired["R-6 older"] += sum(event["reason"] == "older_than_last_sighting" for event in world.events())
    fired["D-9"] += world.outcomes["recorded"]
    fired["D-10"] += world.outcomes["suspected"]
    fired["D-12"] += sum(p.status == "suspected" and p.suspicion_json is None for p in world.problems)
    at_once = Counter(m["locator"] for m in messages if m.get("run_id") and "type" not in m)
    fired["C-49"] += any(number > 3 for number in at_once.values())


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
@example(messages=[finding("/1", 0, "crawler", None), recheck("/1", 20, "stranger", "absent")], seed=0)
@given(messages=histories(), seed=st.integers(0, 1_000))
def _any_order(messages: list[Message], seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - repeatable, not secret
    expected = {locator: told(messages, locator, TRUSTED) for locator in (*PLACES, BAD)}
    for order in orders(messages, chance):
        world = played(order, chance)
        for locator, one in expected.items():
            problem = next((p for p in world.problems if p.current and p.locator == locator), None)
            try:
                compare(problem, world, one, locator)
            except AssertionError as error:
                error.add_note(f"{locator}: {one}\n" + "\n".join(map(str, order)))
                raise
        count(world, messages)


def test_any_order_ends_the_same() -> None:
    """All of it, and every rule concerned has decided something: one that never did would be a hole in this test."""
    fired.clear()
    _any_order()
    assert {rule for rule in FIRED if not fired[rule]} == set()
