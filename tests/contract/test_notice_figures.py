"""The figures of published notices come out: what 咸宁, 上海 and 浙江 counted, from single findings (S-1 to S-3)."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
import yaml

import streams.demo
from streams.rules.scoring.scores import By, Figures, Score, Standing, group_of, score
from tests.support.world import POLICY, ZONE, World

NOTICES = {
    notice["id"]: notice
    for notice in yaml.safe_load((Path(streams.demo.__file__).parent / "notices.yaml").read_text("utf-8"))["notices"]
}


def checked(world: World, asset_id: str) -> None:
    """A run has covered the asset and found nothing."""
    at = world.now.astimezone(ZONE).isoformat()
    run = {"asset_id": asset_id, "source": "patrol", "run_id": "q", "status": "complete", "finished_at": at}
    world.send({"type": "run", **run, "checks": ["home.stale"], "found": 0})


def found(world: World, asset_id: str, check: str, locator: str = "", **evidence: Any) -> None:
    """One finding of the notice."""
    finding = {"asset_id": asset_id, "check": check, "locator": locator, "evidence": evidence}
    world.send({**finding, "observed_at": world.now.astimezone(ZONE).isoformat()})


def scores(world: World) -> dict[str, Score]:
    """Every asset's score of the quarter that ends now."""
    made = {}
    for asset in world.assets.values():
        stood = [
            Standing(
                problem.check,
                problem.locator,
                problem.facts["evidence"],
                problem.gone_at,
                world.tickets[problem.ticket_pk].due_at if problem.ticket_pk else None,
                None,
            )
            for problem in world.problems
            if problem.asset_pk == asset.pk and problem.status in ("open", "gone")
        ]
        covered = any(key[0] == asset.pk for key in world.runs)
        made[asset.asset_id] = score(POLICY, asset, stood, world.now, covered=covered)
    return made


def figures(made: dict[str, Score], by: By) -> dict[str, Figures]:
    """The groups of a notice."""
    groups: dict[str, Figures] = {}
    for item in made.values():
        document = orjson.loads(item.asset.document_json or "{}")
        groups.setdefault(group_of(item, document, by), Figures()).add(item, ())
    return groups


def test_xianning_2023_first_quarter() -> None:
    """40 sites by area, 3 of them with problems, scores of 95, 99 and 99, all of them pass; 212 accounts by area."""
    notice = NOTICES["xianning-2023q1"]
    world = World("2023-02-11 17:00")
    for kind in ("websites", "accounts"):
        for area in notice[f"areas_{kind}"]:
            for number in range(area["checked"]):
                asset_id = f"{area['area']}-{kind}-{number}"
                world.asset(asset_id, kind=kind[:-1], region=area["area"])
                checked(world, asset_id)
    found(world, "咸安区-websites-0", "column.stale", "首页》政策解读", column_kind="interpretation")
    found(world, "市直-websites-0", "column.stale", "调查征集")
    found(world, "市直-websites-1", "content.misplaced")
    made = scores(world)
    expected = [item["score"] for item in notice["findings"]]
    assert [made[name].points for name in ("咸安区-websites-0", "市直-websites-0", "市直-websites-1")] == expected
    sites = figures({name: item for name, item in made.items() if item.asset.kind == "website"}, "region")
    assert {name: (f.checked, f.with_problems) for name, f in sites.items()} == {
        area["area"]: (area["checked"], area["with_problems"]) for area in notice["areas_websites"]
    }
    whole = Figures()
    for group in sites.values():
        whole.join(group)
    totals = notice["totals"]
    assert (whole.checked, whole.with_problems) == (totals["websites_checked"], totals["websites_with_problems"])
    assert f"{whole.pass_rate:.0%}" == totals["website_pass_rate"]
    accounts = figures({name: item for name, item in made.items() if item.asset.kind == "account"}, "region")
    assert sum(group.checked for group in accounts.values()) == totals["accounts_checked"]
    assert sum(group.unqualified for group in accounts.values()) == totals["accounts_unqualified"]


def test_shanghai_2021_fourth_quarter() -> None:
    """433 of 1,937 accounts checked; 28 stale: 7 on WeChat, 8 on Weibo, 13 elsewhere."""
    totals = NOTICES["shanghai-2021q4"]["totals"]
    world = World("2021-12-31 17:00")
    platforms = [name for name, number in totals["stale_by_platform"].items() for _ in range(number)]
    for number in range(totals["accounts"]):
        platform = platforms[number] if number < len(platforms) else ("wechat", "weibo", "other")[number % 3]
        world.asset(f"a{number}", kind="account", platform=platform)
        if number < totals["accounts_checked"]:
            checked(world, f"a{number}")
    for number in range(len(platforms)):
        found(world, f"a{number}", "account.stale")
    groups = figures(scores(world), "platform")
    assert {name: group.unqualified for name, group in groups.items()} == totals["stale_by_platform"]
    assert sum(group.registered for group in groups.values()) == totals["accounts"]
    assert sum(group.checked for group in groups.values()) == totals["accounts_checked"]
    assert sum(group.unqualified for group in groups.values()) == totals["accounts_stale"]


def test_zhejiang_2021_fourth_quarter() -> None:
    """3 of 561 sites are not qualified, by counts of columns; a dark link taken down in time is none: 99.5 %."""
    totals = NOTICES["zhejiang-2021q4"]["totals"]
    world = World("2021-12-30 10:00")
    for number in range(totals["websites"]):
        world.asset(f"site{number}")
        checked(world, f"site{number}")
    found(world, "site0", "column.blank", places=6)
    found(world, "site1", "column.blank", places=6)
    for number in range(10):
        found(world, "site2", "column.stale", f"栏目{number}")
    found(world, "site3", "link.dark", "https://example.gov.cn/dark")
    world.now += timedelta(hours=3)
    at = world.now.astimezone(ZONE).isoformat()
    answer = {"asset_id": "site3", "check": "link.dark", "locator": "https://example.gov.cn/dark"}
    world.send({"type": "recheck", **answer, "outcome": "absent", "observed_at": at})
    world.now += timedelta(days=1)
    (group,) = figures(scores(world), "kind").values()
    assert (group.checked, group.unqualified) == (totals["websites"], totals["websites_unqualified"])
    assert f"{group.pass_rate:.1%}" == totals["website_pass_rate"]


def test_a_dark_link_that_stays_is_a_veto_once_overdue() -> None:
    """S-2: within its four hours the site passes, afterwards it does not."""
    world = World("2021-12-30 10:00")
    found(world, "site", "link.dark")
    assert scores(world)["site"].qualified
    world.now += timedelta(hours=4, minutes=1)
    assert scores(world)["site"].vetoes == ("link.dark",)


def test_an_indicator_costs_its_cap_at_most() -> None:
    """S-1: 30 dead links cost 5 points, not 30; another indicator has its own."""
    world = World("2026-03-02 10:00")
    for number in range(30):
        found(world, "site", "link.dead", f"https://a.cn/{number}", target=f"https://b.cn/{number}")
    found(world, "site", "content.misplaced")
    result = scores(world)["site"]
    assert (result.points, [(part.indicator, part.points, part.problems) for part in result.deducted]) == (
        94.0,
        [("内容规范", 1.0, 1), ("链接可用", 5.0, 30)],
    )


@pytest.mark.parametrize(("columns", "qualified"), [(8, True), (9, False)])
def test_below_sixty_does_not_pass(columns: int, *, qualified: bool) -> None:
    """S-2: interpretations cost 5 points each, without a cap; 60 passes, 55 does not."""
    world = World("2026-03-02 10:00")
    for number in range(columns):
        found(world, "site", "column.stale", f"栏目{number}", column_kind="interpretation")
    assert scores(world)["site"].qualified is qualified


def test_what_a_person_has_dismissed_costs_nothing() -> None:
    """S-3: neither does what is only suspected or warned of."""
    world = World("2026-03-02 10:00")
    found(world, "site", "content.misplaced")
    found(world, "site", "site.unreachable")
    world.command(action="dismiss", asset_id="site", ticket_id=world.ticket().ticket_id, reason="误报")
    result = scores(world)["site"]
    assert (result.points, result.checked) == (100.0, False)
