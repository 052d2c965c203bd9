"""A crawler that suddenly sees a fraction of the site is not believed at once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.flow.test_closing import ended, findings, world_with
from tests.support.world import World


def crawl(world: World, run: str, pages: int | None, seen: int, **fields: Any) -> None:
    """A complete run that looks at so many pages and sees the first so many problems."""
    world.send(*findings(seen, run), ended(run, pages=pages, **{"found": seen, **fields}))
    world.wait(1)


def usual(pages: tuple[int, ...] = (100, 98, 102)) -> World:
    """Two open problems, seen by each of the last runs."""
    world = world_with(2)
    for number, count in enumerate(pages):
        crawl(world, f"u{number}", count, 2)
    return world


def test_far_fewer_pages_than_usual_hold_a_run() -> None:
    """R-21: 20 pages instead of 100: the problem that it does not see is a question, with a sample asked for."""
    world = usual()
    crawl(world, "r2", 20, 1)
    (held,) = world.events("run_held")
    assert (held["rule"], held["reason"], held["would_close"], len(held["request_ids"])) == (
        "R-21", "far_fewer_pages", 1, 1,
    )  # fmt: skip
    assert world.by_status() == {"open": 2}


@pytest.mark.parametrize(
    ("before", "pages"),
    [
        ((100, 98, 102), 60),  # more than half
        ((100, 98, 102), 50),  # just half
        ((12, 12, 12), 3),  # fewer than 10 fewer
        ((100, 98), 20),  # too little is known
        ((100, 98, 102), None),  # it does not say
        ((20, 20, 20, 20, 20, 100), 15),  # one odd large run is not the usual
    ],
)
def test_what_is_no_sign_of_a_broken_crawler(before: tuple[int, ...], pages: int | None) -> None:
    """R-21: such a run closes what it does not see."""
    world = usual(before)
    crawl(world, "r2", pages, 1)
    assert world.by_status() == {"open": 1, "closed": 1}


def test_a_run_of_other_checks_or_named_places_is_not_compared() -> None:
    """R-21: a small run that is small on purpose."""
    world = usual()
    crawl(world, "r2", 1, 0, checks=["check.kind0"])
    crawl(world, "r3", 1, 0, locators=["https://a.gov.cn/1"])
    assert (world.by_status(), world.events("run_held")) == ({"closed": 2}, [])


def test_a_broken_crawler_does_not_become_the_usual() -> None:
    """R-21: five broken runs that miss nothing teach nothing: the sixth, which misses a problem, is held."""
    world = usual()
    for number in range(5):
        world.real += timedelta(hours=3)
        crawl(world, f"b{number}", 20, 2)
    world.real += timedelta(hours=3)
    assert world.events("run_held") == []
    crawl(world, "r2", 20, 1)
    assert len(world.events("run_held")) == 1


def test_an_accepted_run_is_the_new_usual() -> None:
    """R-21: the site has been cut down to 20 pages; one acceptance is enough."""
    world = usual()
    crawl(world, "r2", 20, 1)
    world.command(action="accept_run", asset_id="site", source="crawler", run_id="r2", reason="网站已改版")
    world.wait(1)
    crawl(world, "r3", 20, 0)
    assert (world.by_status(), len(world.events("run_held"))) == ({"closed": 2}, 1)
