"""A run proves absence exactly where it says it has looked, and more findings than it says are flagged."""

from __future__ import annotations

from typing import Any

import pytest

from tests.flow.test_closing import ended, findings, later, world_with
from tests.support.world import World


def seen(*places: str) -> World:
    """A world with one open problem a place."""
    world = World("2026-03-02 11:30")
    world.send(*({**findings(1)[0], "check": "column.blank", "locator": place} for place in places))
    return world


def open_places(world: World) -> set[str]:
    """Where problems are still open."""
    return {problem.locator for problem in world.problems if problem.status == "open"}


def run(*locators: str, status: str = "partial", **fields: Any) -> dict[str, Any]:
    """A run over these places that has found nothing."""
    return ended("r2", status, checks=["column.blank"], locators=locators, found=0, **fields)


@pytest.mark.parametrize("status", ["partial", "complete"])
def test_a_prefix_covers_the_places_below_it_and_no_others(status: str) -> None:
    """C-20: `/news/*` is /news/ and all below it, whatever the case of the host; the neighbour stays open."""
    world = seen("https://a.gov.cn/news/", "https://a.gov.cn/news/1", "https://a.gov.cn/newsletter", "新闻>要闻")
    world.send(run("https://A.gov.cn:443/news/*", status=status))
    world.wait(1)
    assert open_places(world) == {"https://a.gov.cn/newsletter", "新闻>要闻"}


def test_a_column_prefix() -> None:
    """C-20: column paths have prefixes too, whatever the sign between columns."""
    world = seen("新闻>要闻", "新闻>动态", "公示>要闻")
    world.send(run("新闻 》*"))
    world.wait(1)
    assert open_places(world) == {"公示>要闻"}


def test_a_slash_at_the_end_is_one_place() -> None:
    """C-20: a run that looked at the home page has not looked at the site."""
    world = seen("https://a.gov.cn/", "https://a.gov.cn/news/1")
    world.send(run("https://a.gov.cn/"))
    world.wait(1)
    assert open_places(world) == {"https://a.gov.cn/news/1"}


def test_a_prefix_within_a_page_is_that_page() -> None:
    """C-20: fragments are no part of a place, so `/#top*` must not become the whole site."""
    world = seen("https://a.gov.cn/", "https://a.gov.cn/news/1")
    world.send(run("https://a.gov.cn/#top*"))
    world.wait(1)
    assert open_places(world) == {"https://a.gov.cn/news/1"}


def test_a_prefix_does_not_speak_for_other_producers() -> None:
    """C-20: another producer's problem closes when its place is named, not when it lies under a prefix."""
    world = seen("https://a.gov.cn/news/1", "https://a.gov.cn/news/2")
    world.send(run("https://a.gov.cn/news/*", "https://a.gov.cn/news/2", source="other"))
    world.wait(1)
    assert open_places(world) == {"https://a.gov.cn/news/1"}


def test_more_findings_than_said_are_flagged_and_count() -> None:
    """R-20: a producer's retry counts too; said once, and the run closes what it did not see."""
    world = world_with(10)
    again = later(findings(9), "r2")
    world.send(*again, ended("r2", found=9))
    world.wait(1)
    assert (world.events("run_found_more"), world.by_status()) == ([], {"open": 9, "closed": 1})
    world.send(again[0])
    world.send(again[0])
    (flagged,) = world.events("run_found_more")
    assert (flagged["rule"], flagged["found"], flagged["counted"]) == ("R-20", 9, 10)
    assert world.refused == []


@pytest.mark.parametrize("together", [True, False])
def test_the_flag_does_not_depend_on_the_order(together: bool) -> None:  # noqa: FBT001 - a pytest parameter
    """R-20: the surplus comes before the run's message, in the same batch or in an earlier one."""
    world = world_with(3)
    messages = [*later(findings(3), "r2"), ended("r2", found=2)]
    for batch in [messages] if together else [messages[:-1], messages[-1:]]:
        world.send(*batch)
    assert [event["counted"] for event in world.events("run_found_more")] == [3]


def test_runs_that_interleave_prove_each_their_own() -> None:
    """Findings of two runs come mixed, the messages of both before them: each waits for its own."""
    world = world_with(4)
    first = later(findings(4)[:3], "r2")
    second = [{**item, "source": "linter", "run_id": "r2"} for item in later(findings(4)[:2], "r2")]
    world.send(ended("r2", found=3), ended("r2", source="linter", found=2), first[0], second[0])
    world.wait(60)
    assert world.by_status() == {"open": 4}
    world.send(second[1], first[1])
    world.wait(1)
    assert world.by_status() == {"open": 4}  # the linter has never reported the other two
    world.send(first[2])
    world.wait(1)
    assert world.by_status() == {"open": 3, "closed": 1}


def test_of_many_producers_the_latest_are_known() -> None:
    """C-3: eighteen producers have reported one page; the last one's run may close it, the first one's no longer."""
    world = World("2026-03-02 11:30")
    one = findings(1)[0]
    for number in range(18):
        world.send({**one, "source": f"producer-{number}"})
    for number, status in ((0, "open"), (17, "closed")):
        world.send(ended("r2", source=f"producer-{number}", found=0))
        world.wait(1)
        assert world.ticket().status == status


@pytest.mark.parametrize(
    ("prefix", "reached"),
    [
        ("https://A.gov.cn/%e9%80%9a*", {"https://a.gov.cn/通知/1", "https://a.gov.cn/%E9%80%9A%E7%9F%A5/2"}),
        ("https://a.gov.cn/x/../通知/*", {"https://a.gov.cn/通知/1", "https://a.gov.cn/%E9%80%9A%E7%9F%A5/2"}),
        (
            "https://a.gov.cn*",
            {"https://a.gov.cn/通知/1", "https://a.gov.cn/%E9%80%9A%E7%9F%A5/2", "https://a.gov.cn/l?id=1"},
        ),
        ("https://a.gov.cn/l?*", {"https://a.gov.cn/l?id=1"}),
        ("https://a.gov.cn/..*", set()),
        ("https://a.gov.cn/;jsessionid=8D*", set()),
        ("https://a.gov.cn/l?utm_source=*", set()),
        ("https://a.gov.cn/l?id=1&utm_source=*", {"https://a.gov.cn/l?id=1"}),
    ],
)
def test_a_prefix_never_grows_by_its_spelling(prefix: str, reached: set[str]) -> None:
    """C-20, D-1: any spelling of what stands before `*`; what is left out of a place at its end names that place."""
    places = ("https://a.gov.cn/通知/1", "https://a.gov.cn/%E9%80%9A%E7%9F%A5/2", "https://a.gov.cn/l?id=1")
    world = seen(*places)
    world.send(run(prefix))
    world.wait(1)
    assert set(places) - open_places(world) == reached


@pytest.mark.parametrize(
    ("missed", "left"),
    [
        (["https://A.gov.cn:443/news/1"], {"https://a.gov.cn/news/1"}),
        (["https://a.gov.cn/news/*"], {"https://a.gov.cn/news/1", "https://a.gov.cn/news/2"}),
        (["新闻》要闻"], {"新闻>要闻"}),
        (["https://a.gov.cn/other/*"], set()),
        (["*"], {"https://a.gov.cn/news/1", "https://a.gov.cn/news/2", "新闻>要闻"}),
    ],
)
def test_what_a_run_has_missed_stays_open(missed: list[str], left: set[str]) -> None:
    """C-51: a complete run closes all that it has not found again, but for these, in any spelling."""
    world = seen("https://a.gov.cn/news/1", "https://a.gov.cn/news/2", "新闻>要闻")
    world.send(ended("r2", "complete", checks=["column.blank"], missed=missed, found=0))
    world.wait(1)
    assert open_places(world) == left


def test_missed_takes_back_what_locators_say() -> None:
    """C-51: below a prefix that was looked at, and of places named one by one, also for another producer's problem."""
    world = seen("https://a.gov.cn/news/1", "https://a.gov.cn/news/2")
    world.send(run("https://a.gov.cn/news/*", "https://a.gov.cn/news/2", missed=["https://a.gov.cn/news/2"]))
    world.send(run("https://a.gov.cn/news/2", missed=["https://a.gov.cn/news/2"], source="other"))
    world.wait(1)
    assert open_places(world) == {"https://a.gov.cn/news/2"}


def test_what_was_missed_is_no_part_of_the_brake_and_of_the_usual_size() -> None:
    """C-4, C-51, R-21: it counts neither among what was covered nor for how many pages are usual."""
    world = seen("https://a.gov.cn/news/1", "https://a.gov.cn/news/2")
    for number in range(3):
        world.send(ended(f"u{number}", checks=["column.blank"], missed=["*"], found=0, pages=100))
        world.wait(1)
    world.send(ended("r2", checks=["column.blank"], missed=["https://a.gov.cn/news/2"], found=0, pages=3))
    world.wait(1)
    assert open_places(world) == {"https://a.gov.cn/news/2"}
    assert world.events("run_held") == []


def test_no_run_may_miss_more_than_ten_thousand_places() -> None:
    """C-51: as with `locators`."""
    world = seen("https://a.gov.cn/news/1")
    world.send(ended("r2", checks=["column.blank"], missed=[f"/{n}" for n in range(10_001)], found=0))
    (refusal,) = world.refused
    assert refusal.detail.startswith("missed")
