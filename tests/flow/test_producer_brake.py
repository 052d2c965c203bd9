"""A crawler breaks over many sites with three problems each: no site's own brake sees it, its producer's does."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from tests.support.world import POLICY, World, local

CHECKS = ["link.dead", "column.blank", "text.typo"]
SITES = 10


def quick_policy(**numbers: Any) -> Any:
    """The default policy, with a brake that is pulled by more than 6 problems, and samples of one place."""
    limits = POLICY.limits
    producer_brake = limits.producer_brake.model_copy(update={"problems": 6, "sampled": 2, **numbers})
    brake = limits.brake.model_copy(update={"sample": 1})
    return POLICY.model_copy(
        update={"limits": limits.model_copy(update={"producer_brake": producer_brake, "brake": brake})}
    )


def world_with(sites: int = SITES, source: str = "crawler", **numbers: Any) -> World:
    """Sites with three open problems each, found at 10:00."""
    world = World("2026-03-02 10:00", quick_policy(**numbers))
    world.unit("city", "市政府办", contacts=[{"name": "王督查", "email": "wang@city.gov.cn"}])
    world.unit("owner", "市科技局", supervisor_id="city", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    for number in range(sites):
        world.asset(f"site{number}", f"网站{number}", unit_id="owner")
        patrol(world, number, "r1", seen=3, source=source)
    world.until("2026-03-02 11:00")
    return world


def patrol(world: World, site: int, run: str, *, seen: int, source: str = "crawler", **fields: Any) -> None:
    """A run over one site that finds so many of its three problems, and is judged."""
    at = world.now.astimezone(world.registry.zone).isoformat()
    said = {"asset_id": f"site{site}", "source": source, "run_id": f"{run}-{site}"}
    found = [
        {**said, "check": check, "locator": f"https://{site}.gov.cn/{check}", "observed_at": at}
        for check in CHECKS[:seen]
    ]
    end = {"type": "run", **said, "status": "complete", "started_at": at, "finished_at": at, "checks": CHECKS}
    world.send(*found, {**end, "found": seen, **fields})
    world.wait(1)


def states(world: World, run: str = "r2") -> list[str]:
    """What became of the sites' runs, in order of the sites."""
    return [known.state for known in sorted(world.runs.values()) if known.run_id.startswith(f"{run}-")]


def mails(world: World) -> list[str]:
    """Who has had a mail about a held run."""
    return [notice.name for notice in world.notices.values() if notice.kind == "run_held"]


def test_a_crawler_that_finds_nothing_any_more_is_held_after_a_few_sites() -> None:
    """C-45: two sites lose their six problems; the third would be the seventh, and nothing closes any more."""
    world = world_with()
    for site in range(SITES):
        patrol(world, site, "r2", seen=0)
    assert states(world) == ["settled"] * 2 + ["held"] * 8
    assert world.by_status() == {"closed": 6, "open": 24}
    held = world.events("run_held")
    assert {(event["rule"], event["reason"]) for event in held} == {("C-45", "producer_closes_too_many")}
    assert held[0]["summary"] == (
        "网站2：一次巡检将使 3 处问题销号，巡检方 crawler 近来 9 处中有 9 处未再检出，疑似采集异常，待人工核实"
    )


def test_a_patrol_that_finds_most_again_closes_the_rest() -> None:
    """C-45: one of three is gone everywhere, ten in all, and nobody is asked; what another producer says is its own."""
    world = world_with()
    for site in range(SITES):
        patrol(world, site, "r2", seen=2)
    assert states(world) == ["settled"] * SITES
    assert world.by_status() == {"closed": 10, "open": 20}


def test_good_days_do_not_hide_a_bad_hour() -> None:
    """C-45: an hourly crawler has seen everything again all day; broken, it is held by what it said last."""
    world = world_with()
    for hour in range(12, 17):
        world.until(f"2026-03-02 {hour}:00")
        for site in range(SITES):
            patrol(world, site, f"h{hour}", seen=3)
    world.until("2026-03-02 17:00")
    for site in range(SITES):
        patrol(world, site, "r2", seen=0)
    assert states(world) == ["settled"] * 2 + ["held"] * 8


def test_it_is_held_for_as_long_as_it_says_so_and_no_longer() -> None:
    """C-45: still broken the next day it closes nothing; two days after, it is forgotten."""
    world = world_with()
    for day in ("03", "04", "05"):
        world.until(f"2026-03-{day} 10:00")
        for site in range(SITES):
            patrol(world, site, f"d{day}", seen=0)
    assert states(world, "d03") == ["settled"] * 2 + ["held"] * 8
    assert states(world, "d04") == states(world, "d05") == ["settled"] * 2 + ["held"] * 8  # two had nothing to lose
    assert world.by_status() == {"closed": 6, "open": 24}
    world.until("2026-03-07 10:05")
    patrol(world, 9, "good", seen=2)
    assert states(world, "good") == ["settled"]


def test_mended_within_the_day_it_is_believed_again() -> None:
    """C-45: as soon as four fifths are not absent any more, taken over the whole time, a run closes."""
    world = world_with()
    for site in range(SITES):
        patrol(world, site, "r2", seen=0)  # 30 at stake, all absent
    world.until("2026-03-02 12:00")
    patrol(world, 9, "early", seen=2)
    for site in (2, 3, 4, 5):
        patrol(world, site, "good", seen=3)
    patrol(world, 9, "late", seen=2)
    assert states(world, "early") == ["held"]
    assert states(world, "late") == ["settled"]


def test_what_counts_and_what_does_not() -> None:
    """C-45: a run that is new to a site has nothing at stake there, nor has a partial one; nor are claims."""
    world = world_with(4)
    patrol(world, 1, "r2", seen=0, status="partial")
    for ticket in [t for t in world.tickets.values() if t.asset_pk == 3]:
        world.command(action="claim_fix", asset_id="site2", ticket_id=ticket.ticket_id)
    patrol(world, 2, "r2", seen=0)
    assert sum(one.staked for one in world.standings) == 0
    patrol(world, 3, "r2", seen=1)
    assert [(one.staked, one.absent) for one in world.standings] == [(3, 2)]


def named(world: World, site: int) -> None:
    """A run that names the places of the site's problems and finds none of them."""
    patrol(world, site, "r2", seen=0, locators=[f"https://{site}.gov.cn/{check}" for check in CHECKS])


def named_in_part(world: World, site: int) -> None:
    """The same by a run that ended early."""
    places = [f"https://{site}.gov.cn/{check}" for check in CHECKS]
    patrol(world, site, "r2", seen=0, locators=places, status="partial")


def unasked(world: World, site: int) -> None:
    """The crawler looks at each place again, though nobody has asked, and finds nothing."""
    at = world.now.isoformat()
    for check in CHECKS:
        where = {"asset_id": f"site{site}", "check": check, "locator": f"https://{site}.gov.cn/{check}"}
        world.send({"type": "recheck", **where, "source": "crawler", "outcome": "absent", "observed_at": at})


@pytest.mark.parametrize("way", [named, named_in_part, unasked], ids=lambda way: way.__name__)
def test_whatever_the_way_it_closes_a_few_sites_and_no_more(way: Callable[[World, int], None]) -> None:
    """C-45: two sites lose their six problems; of the others nothing closes, by whatever way it is said."""
    world = world_with()
    for site in range(SITES):
        way(world, site)
    assert world.by_status() == {"closed": 6, "open": 24}


def test_ways_add_up() -> None:
    """C-45: one site by a plain run, one by named places: what the crawler says unasked of the third is noted only."""
    world = world_with()
    patrol(world, 0, "r2", seen=0)
    named(world, 1)
    unasked(world, 2)
    assert world.by_status() == {"closed": 6, "open": 24}
    noted = world.events("absence_noted")
    assert {(event["rule"], event["reason"]) for event in noted} == {("C-45", "producer_closes_too_many")}
    named(world, 3)
    assert states(world)[-1] == "held"


def test_asked_or_trusted_a_recheck_is_no_matter_of_the_brake() -> None:
    """C-45, C-50: answers to a claim close as many as were asked for; so does a list that the pack trusts."""
    world = world_with()
    for ticket in list(world.tickets.values()):
        asset_id = next(asset.asset_id for asset in world.assets.values() if asset.pk == ticket.asset_pk)
        world.command(action="claim_fix", asset_id=asset_id, ticket_id=ticket.ticket_id)
    for site in range(SITES):
        unasked(world, site)
    assert world.by_status() == {"closed": 30}
    world = world_with()
    world.policy = world.policy.model_copy(update={"trusted": ("crawler",)})
    for site in range(SITES):
        unasked(world, site)
    assert world.by_status() == {"closed": 30}


def test_a_run_that_names_its_places_is_held_too() -> None:
    """C-45: who is not believed is not believed about single places either; a run that closes nothing passes."""
    world = world_with()
    for site in range(3):
        patrol(world, site, "r2", seen=0)
    patrol(world, 3, "r2", seen=0, locators=["https://3.gov.cn/*"])
    patrol(world, 4, "r2", seen=3)
    assert states(world) == ["settled"] * 2 + ["held"] * 2 + ["settled"]


def test_another_producer_goes_on() -> None:
    """C-45: each for itself."""
    world = world_with(4)
    for site in range(3):
        patrol(world, site, "r2", seen=0)
    patrol(world, 3, "p1", seen=3, source="probe")
    world.until("2026-03-02 12:00")
    patrol(world, 3, "p2", seen=0, source="probe")
    assert states(world, "r2")[-1] == "held"
    assert states(world, "p2") == ["settled"]


def test_only_the_first_held_runs_ask_for_a_sample() -> None:
    """C-45: eight runs are held, two of them ask."""
    world = world_with()
    for site in range(SITES):
        patrol(world, site, "r2", seen=0)
    assert [request["asset_id"] for request in world.published("rectify.recheck-requests")] == ["site2", "site3"]
    assert [len(event["request_ids"]) for event in world.events("run_held")] == [1, 1, 0, 0, 0, 0, 0, 0]


def answered(source: str, outcome: str) -> World:
    """Eight runs are held, and then this producer answers the first request."""
    world = world_with()
    for site in range(SITES - 1):
        patrol(world, site, "r2", seen=0)
    request = world.published("rectify.recheck-requests")[0]
    world.until("2026-03-02 11:10")
    said = {"request_id": request["request_id"], "fingerprint": request["fingerprint"], "source": source}
    at = "2026-03-02T11:09:00+08:00"
    world.send({"type": "recheck", "asset_id": "site2", "outcome": outcome, "observed_at": at, **said})
    world.wait(1)
    patrol(world, 9, "r3", seen=0)
    return world


def test_a_sample_that_another_one_confirms_clears_the_producer() -> None:
    """C-47: a good clean-up: the run closes, and the next ones do until as many are absent again."""
    world = answered("probe", "absent")
    assert [event["reason"] for event in world.events("run_accepted")] == ["sample_absent"]
    assert (states(world)[2], states(world, "r3")) == ("settled", ["settled"])


def test_a_rejected_sample_leaves_it_held() -> None:
    """C-47."""
    world = answered("probe", "present")
    assert (states(world)[2], states(world, "r3")) == ("rejected", ["held"])


def test_a_producer_does_not_clear_itself() -> None:
    """C-47: nobody else can look; its own answer lets its run pass (R-37), and no further one."""
    world = answered("crawler", "absent")
    assert world.events("run_accepted")[0]["answered_by_itself"]
    assert (states(world)[2], states(world, "r3")) == ("settled", ["held"])


def test_a_person_clears_it_and_is_not_asked_3000_times() -> None:
    """C-47: all that is held is accepted, counts nothing again, and the next patrol closes."""
    world = world_with()
    for site in range(SITES - 2):
        patrol(world, site, "r2", seen=0)
    for asset_pk, source, run_id in [key for key, run in world.runs.items() if run.state == "held"]:
        asset_id = next(asset.asset_id for asset in world.assets.values() if asset.pk == asset_pk)
        world.command(action="accept_run", asset_id=asset_id, source=source, run_id=run_id, reason="专项整治")
    world.wait(1)
    assert states(world) == ["settled"] * 8
    patrol(world, 8, "r3", seen=0)
    patrol(world, 9, "r3", seen=0)
    assert states(world, "r3") == ["settled"] * 2
    assert world.by_status() == {"closed": 30}


def test_a_run_of_one_site_that_is_held_counts_nothing() -> None:
    """C-45: a site that is gone as a whole has its own question (C-4), which says nothing about the producer."""
    world = world_with(3)
    tight = world.policy.limits.brake.model_copy(update={"problems": 2})
    loose = world.policy
    world.policy = loose.model_copy(update={"limits": loose.limits.model_copy(update={"brake": tight})})
    patrol(world, 0, "r2", seen=0)
    assert [event["rule"] for event in world.events("run_held")] == ["C-4"]
    assert world.standings == []


def test_one_mail_a_day() -> None:
    """C-45: to the supervisor and to whoever runs the producer, whatever the number of runs; the next day again."""
    world = world_with()
    world.unit("dsj", "市大数据局", contacts=[{"name": "赵运维", "email": "zhao@dsj.gov.cn"}])
    world.producer("crawler", "市级采集平台", unit_id="dsj")
    for site in range(SITES):
        patrol(world, site, "r2", seen=0)
    assert Counter(mails(world)) == {"王督查": 1, "赵运维": 1}
    assert len(world.events("run_held")) == 8
    world.until("2026-03-03 10:00")
    for site in range(SITES):
        patrol(world, site, "r3", seen=0)
    assert Counter(mails(world)) == {"王督查": 2, "赵运维": 2}
    first = min((n for n in world.notices.values() if n.kind == "run_held"), key=lambda n: n.created_at)
    assert first.created_at == local("2026-03-02 11:00")
