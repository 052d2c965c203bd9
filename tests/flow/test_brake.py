"""The brake (C-4): where it begins to hold a run, and what it does not count."""

from __future__ import annotations

import pytest

from tests.flow.test_closing import ended, findings, later, world_with
from tests.support.world import World


def crawl(world: World, seen: int) -> None:
    """A complete run sees the first so many problems of the site, and no others."""
    world.send(*later(findings(seen), "r2"), ended("r2", found=seen))
    world.wait(1)


@pytest.mark.parametrize(
    ("problems", "seen", "closed"),
    [
        (20, 0, 20),  # all of them, but no more than 20
        (21, 0, 0),
        (60, 30, 30),  # more than 20, but no more than half
        (61, 30, 0),
    ],
)
def test_more_than_twenty_and_more_than_half_are_held(problems: int, seen: int, closed: int) -> None:
    """C-4: both limits are exceeded, not reached."""
    world = world_with(problems)
    crawl(world, seen)
    assert world.by_status()["closed"] == closed
    assert len(world.events("run_held")) == (not closed)


def test_what_is_claimed_to_be_fixed_does_not_count() -> None:
    """C-4: that five claimed problems are gone is no surprise; the other twenty are not too many."""
    world = world_with(25)
    for ticket in list(world.tickets.values())[:5]:
        world.command(action="claim_fix", asset_id="site", ticket_id=ticket.ticket_id, measures="已修复")
    assert world.by_status() == {"open": 20, "claimed": 5}
    crawl(world, 0)
    assert world.by_status() == {"closed": 25}


def test_a_run_that_was_rejected_is_not_judged_again() -> None:
    """C-4: its message comes once more (a producer's retry); the supervisor's word stands."""
    world = world_with(21)
    crawl(world, 0)
    world.command(action="reject_run", asset_id="site", source="crawler", run_id="r2", reason="爬虫故障")
    crawl(world, 0)
    assert (world.by_status(), len(world.events("run_held"))) == ({"open": 21}, 1)


def test_a_run_judges_its_own_site_only() -> None:
    """C-3: two sites, one batch: the silence about the one says nothing of the other."""
    world = world_with(3)
    world.send(*({**finding, "asset_id": "other", "locator": "https://b.gov.cn/"} for finding in findings(3)))
    world.send(ended("r2", found=0), ended("r2", asset_id="other", checks=["check.kind0"], found=0))
    world.wait(1)
    open_ones = [(problem.locator, problem.check) for problem in world.problems if problem.status == "open"]
    assert open_ones == [("https://b.gov.cn/", "check.kind1"), ("https://b.gov.cn/", "check.kind2")]


def test_seen_at_the_moment_the_run_began_is_before_it() -> None:
    """C-3: the run looked from then on."""
    world = world_with(0)
    (seen,) = findings(1)
    world.send({**seen, "observed_at": "2026-03-02T11:00:00+08:00"}, ended("r2", found=0))
    world.wait(1)
    assert world.by_status() == {"closed": 1}


def test_vetoes_that_a_producer_reports_count() -> None:
    """C-4: a failed crawl must not end them either."""
    world = World("2026-03-02 11:30")
    found = findings(21)
    for number, finding in enumerate(found):
        finding["check"] = f"veto.kind{number}"
    world.send(*found)
    assert world.by_status() == {"open": 21}
    world.send(ended("r2", checks=[finding["check"] for finding in found], found=0))
    world.wait(1)
    assert (world.by_status(), len(world.events("run_held"))) == ({"open": 21}, 1)
