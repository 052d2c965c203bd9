"""How much work a batch may be: what messages carry is read once a decision, never once a problem."""

from __future__ import annotations

import gc
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from schemas.run import Run
from streams.rules.state.changes import Changes
from streams.rules.state.coverage import coverage
from streams.rules.state.lookups import Lookups
from streams.rules.state.places import STANDARD, PlaceNormalizer
from streams.rules.state.records import Problem
from streams.rules.tickets.explosion import _untouched
from tests.flow.test_later_silence import seen, silent
from tests.support.work import calls
from tests.support.world import World

READS: Any = Run._says_what_it_covered  # called for every `run` message that is read


def places(number: int, start: int = 0) -> list[str]:
    """So many pages of the site."""
    return [f"https://a.gov.cn/column/{place}" for place in range(start, start + number)]


def closed(problems: int) -> World:
    """So many problems were found at 10:00 and are gone since 11:00."""
    world = World("2026-03-02 20:00")
    world.send(*(seen("10:00", run_id="r0", locator=place) for place in places(problems)))
    world.send(silent("r1", "11:00", locators=places(problems)))
    world.wait(1)
    for problem in world.problems:
        if problem.status == "open":  # the brake holds the run
            world.command(action="accept_run", asset_id="site", source="crawler", run_id="r1", reason="核实")
            world.wait(1)
            break
    assert world.by_status()["open"] == 0
    return world


def test_later_runs_are_read_once_for_all_late_sightings() -> None:
    """C-41: 30 late sightings beside 5 later runs of 200 places are 5 messages to read and 1,000 places, not 150."""
    world = closed(30)
    for number in range(5):
        world.send(silent(f"later-{number}", "14:00", locators=places(200, 1_000 + 200 * number)))
    world.wait(1)
    late = [seen("12:00", run_id="r2", locator=place) for place in places(30)]
    with calls(READS, PlaceNormalizer.one) as counted:
        world.send(*late)
    assert counted["_says_what_it_covered"] == 5
    assert counted["one"] <= 5 * 200 + 3 * 30


def test_the_runs_of_an_asset_are_read_once_each_and_its_places_once_for_all() -> None:
    """C-3: ten runs of 500 checks are judged in one decision beside 60 problems: ten messages, 60 places."""
    world = World("2026-03-02 20:00")
    world.send(*(seen("10:00", run_id="r0", locator=place) for place in places(60)))
    checks = [*(f"made.up{number}" for number in range(499)), "column.blank"]
    for number in range(10):
        world.send(silent(f"r{number}", "09:00", checks=checks, locators=places(60)))
    with calls(READS, PlaceNormalizer.one) as counted:
        world.wait(1)
    assert world.outcomes["run_settled"] == 10
    assert counted["_says_what_it_covered"] <= 10
    assert counted["one"] <= 10 * 60 + 60


def test_rechecks_of_places_look_a_place_up() -> None:
    """R-6: 60 answers about 60 places of one asset read each place once, not each place for each answer."""
    world = World("2026-03-02 20:00")
    world.send(*(seen("10:00", locator=place) for place in places(60)))
    answer: dict[str, Any] = {"type": "recheck", "asset_id": "site", "check": "column.blank", "source": "crawler"}
    answers = [{**answer, "locator": place, "outcome": "absent", "observed_at": world.now} for place in places(60)]
    with calls(PlaceNormalizer.one) as counted:
        world.send(*answers)
    assert world.by_status()["open"] == 0
    assert counted["one"] <= 2 * 60


def test_a_run_that_explodes_looks_at_its_own_tickets() -> None:
    """G-3: of 10 runs that find 51 places each, the 51st looks at 50 tickets, and not at those of the other runs."""
    world = World("2026-03-02 20:00")
    for number in range(10):
        world.send(*(seen("10:00", run_id=f"r{number}", locator=place) for place in places(50, 100 * number)))
    with calls(_untouched) as counted:
        world.send(*(seen("10:00", run_id=f"r{number}", locator=f"https://a.gov.cn/{number}") for number in range(10)))
    assert counted["_untouched"] <= 10 * 51


def test_a_place_that_moves_is_found_where_it_is() -> None:
    """D-2, R-6: a fingerprint recurs at another place in the batch of the answer, which is about the new one."""
    world = World("2026-03-02 20:00")
    named = {"fingerprint": "f-1", "source": "crawler"}
    world.send(seen("10:00", **named))
    world.send({**silent("r1", "11:00"), "locators": ["公示"]})
    world.wait(1)
    world.until("2026-05-20 20:00")
    later = "2026-05-20T10:00:00+08:00"
    answer = {"type": "recheck", "asset_id": "site", "check": "column.blank", "source": "crawler", "outcome": "absent"}
    early = {**answer, "locator": "公示", "observed_at": "2026-03-02T12:00:00+08:00"}
    there = {**answer, "locator": "公告", "observed_at": "2026-05-20T11:00:00+08:00"}
    world.send(early, {**seen("10:00", **named), "locator": "公告", "observed_at": later}, there)
    now: Problem = next(problem for problem in world.problems if problem.current)
    assert (now.locator, now.status) == ("公告", "gone")


WORDS = st.text(alphabet="ab/", max_size=6)


@given(st.lists(st.tuples(WORDS, st.booleans()), max_size=12), WORDS)
def test_a_place_is_reached_exactly_as_if_every_prefix_were_tried(named: list[tuple[str, bool]], locator: str) -> None:
    """C-20: halving finds what trying one prefix after another finds."""
    one = STANDARD.one
    covered = coverage((word + "*" * prefix for word, prefix in named), one)
    place = one(locator)
    tried = any(place.startswith(one(word)) if prefix else place == one(word) for word, prefix in named)
    assert covered.reaches(place) == tried


def test_a_decision_leaves_nothing_for_the_garbage_collector() -> None:
    """O-16: what a snapshot held is free when its decision is saved: a worker's collector looks for cycles rarely."""
    gc.collect()
    gc.set_debug(gc.DEBUG_SAVEALL)
    try:
        world = closed(60)
        world.send(*(seen("12:00", run_id="r2", locator=place) for place in places(60)))
        answer = {"type": "recheck", "asset_id": "site", "check": "column.blank", "outcome": "absent", "source": "q"}
        world.send({**answer, "locator": places(1)[0], "observed_at": world.now})
        gc.collect()
        left = {type(one).__name__ for one in gc.garbage if isinstance(one, Problem | Changes | Lookups)}
    finally:
        gc.set_debug(0)
        gc.garbage.clear()
    assert not left
