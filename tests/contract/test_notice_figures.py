"""Six published notices 通报 come out row by row from single findings on a real ledger (S-1 to S-9)."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

import streams.demo
from streams.ledger import Ledger, open_ledger, upgrade
from streams.presentation.bulletins.checking import contradictions
from tests.support.notice_figures import Notice, stand, total
from tests.support.office import Office

NOTICES = {
    notice["id"]: notice
    for notice in yaml.safe_load((Path(streams.demo.__file__).parent / "notices.yaml").read_text("utf-8"))["notices"]
}
Opened = Callable[..., Office]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that is up to date, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "rectify.db"
    # A loop of its own and never the thread's current one, which belongs to pytest-asyncio.
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        runner.run(upgrade(f"sqlite:///{path}"))
    return path


@pytest.fixture
async def ledger(migrated: Path, tmp_path: Path) -> AsyncIterator[Ledger]:
    """An empty ledger."""
    shutil.copy(migrated, tmp_path / "rectify.db")
    opened = await open_ledger(f"sqlite:///{tmp_path / 'rectify.db'}", owner="office")
    yield opened
    await opened.close()


def cells(rows: list[dict[str, Any]], group: str, *names: str) -> list[tuple[Any, ...]]:
    """The cells of a table, row by row."""
    return [tuple(row[name] for name in names) for row in rows if row["group"] == group]


async def test_xianning_2023_first_quarter(ledger: Ledger) -> None:
    """咸宁: both tables in the office's order, 3 problem sites and yet 100%, scores 95, 99, 99, each with its path."""
    notice = NOTICES["xianning-2023q1"]
    areas = [area["area"] for area in notice["areas_websites"]]
    office = Office(ledger, "2023-02-11 17:00", order={"region": areas})
    for kind in ("websites", "accounts"):
        ids = [
            (f"{area['area']}-{kind}-{number}", area["area"])
            for area in notice[f"areas_{kind}"]
            for number in range(area["checked"])
        ]
        await office.register({"asset_id": one, "kind": kind[:-1], "region": area} for one, area in reversed(ids))
        await office.look(one for one, _ in ids)
    first, second, third = notice["findings"]
    await office.find("咸安区-websites-0", first["check"], first["locator"], column_kind="interpretation")
    await office.find("市直-websites-0", second["check"], second["locator"])
    await office.find("市直-websites-1", third["check"])
    made = await office.figures("2023-01-28", "2023-02-11")
    sites, accounts = total(made, "websites"), total(made, "accounts")
    totals = notice["totals"]
    assert (sites["checked"], sites["problem"], sites["unqualified"], sites["rate"]) == (40, 3, 0, "100%")
    assert (sites["points"]["worst"], sites["points"]["best"], sites["points"]["mean"]) == (95, 100, "99.83")
    assert (accounts["checked"], accounts["unqualified"]) == (totals["accounts_checked"], 0)
    assert cells(made["by"]["region"], "websites", "label", "checked", "problem") == [
        (area["area"], area["checked"], area["with_problems"]) for area in notice["areas_websites"]
    ]
    assert cells(made["by"]["region"], "accounts", "label", "checked", "unqualified", "rate") == [
        (area["area"], area["checked"], area["unqualified"], "100%") for area in notice["areas_accounts"]
    ]
    assert {(row["path"], row["deducted"], row["points"]) for row in made["lists"]["problems"]} == {
        (first["locator"], 5, 95), (second["locator"], 1, 99), ("全站", 1, 99),
    }  # fmt: skip
    assert contradictions(made) == []


async def test_shanghai_2021_fourth_quarter(ledger: Ledger) -> None:
    """上海: 433 of 1,937 accounts checked, 28 stale (7, 8, 13); 67 sites, all qualified; one 找错 answered too late."""
    totals = NOTICES["shanghai-2021q4"]["totals"]
    office = Office(ledger, "2021-11-01 09:00", order={"platform": ["wechat", "weibo", "other"]})
    platforms = [name for name, number in totals["stale_by_platform"].items() for _ in range(number)]
    more = [("wechat", "weibo", "other")[number % 3] for number in range(totals["accounts"] - len(platforms))]
    names = [f"a{number}" for number in range(totals["accounts"])]
    sites = [f"site{number}" for number in range(totals["websites"])]
    await office.register(
        {"asset_id": name, "kind": "account", "platform": platform}
        for name, platform in zip(names, platforms + more, strict=True)
    )
    await office.register({"asset_id": name, "kind": "website"} for name in sites)
    await office.look([*names[: totals["accounts_checked"]], *sites])
    for name in names[: len(platforms)]:
        await office.find(name, "account.stale")
    await office.find("site0", "message.zhaocuo", "找错1", received_at="2021-11-01T09:00:00+08:00")
    await office.set("2021-11-12 09:00")
    await office.answer("site0", "message.zhaocuo", "找错1")
    await office.set("2021-12-31 17:00")
    made = await office.figures("2021-10-01", "2021-12-31")
    accounts = total(made, "accounts")
    assert (accounts["running"], accounts["checked"], accounts["unqualified"]) == (1937, 433, 28)
    assert (accounts["ratio"], accounts["points"]["mean"]) == ("22.35%", None)
    assert cells(made["by"]["platform"], "accounts", "label", "unqualified") == [
        ("微信", 7),
        ("微博", 8),
        ("other", 13),
    ]
    assert (total(made, "websites")["checked"], total(made, "websites")["rate"]) == (67, "100%")
    found = made["messages"]["zhaocuo"]
    assert (found["received"], found["done"], found["on_time"], found["on_time_rate"]) == (1, 1, 0, "0.00%")
    assert made["tickets"]["urged"] == 29, "the message, and the 28 accounts"
    assert contradictions(made) == []


async def test_zhejiang_2021_fourth_quarter(ledger: Ledger) -> None:
    """浙江: 3 of 561 sites by counts of columns, printed 99.5%; 28 of 5,717 accounts, 99.51%; the dark link is none."""
    totals = NOTICES["zhejiang-2021q4"]["totals"]
    office = Office(ledger, "2021-12-30 10:00", decimals={"websites.rate": 1, "accounts.rate": 2})
    sites = [f"site{number}" for number in range(totals["websites"])]
    accounts = [f"a{number}" for number in range(totals["accounts"])]
    await office.register({"asset_id": one, "kind": "website"} for one in sites)
    await office.register({"asset_id": one, "kind": "account"} for one in accounts)
    await office.look(sites)
    await office.look(accounts)
    await office.find("site0", "column.blank", places=6)
    await office.find("site1", "column.blank", places=6)
    for number in range(10):
        await office.find("site2", "column.stale", f"栏目{number}")
    await office.find("site3", "link.dark", "https://example.gov.cn/dark")
    for name in accounts[:28]:
        await office.find(name, "account.stale")
    await office.set("2021-12-30 13:00")
    await office.answer("site3", "link.dark", "https://example.gov.cn/dark")
    await office.set("2021-12-31 13:00")
    made = await office.figures("2021-10-01", "2021-12-31")
    whole = total(made, "websites")
    assert (whole["checked"], whole["unqualified"], whole["rate"]) == (561, 3, totals["website_pass_rate"])
    assert total(made, "accounts")["rate"] == totals["account_pass_rate"]
    assert {row["reasons"][0] for row in made["lists"]["unqualified"] if row["group"] == "websites"} == {
        "单项否决：空白栏目过多", "单项否决：栏目不更新",
    }  # fmt: skip
    blank = next(row for row in made["problems"] if row["check"] == "column.blank")
    assert (blank["assets"], blank["problems"], blank["places"]) == (2, 2, 12)
    assert contradictions(made) == []


async def test_wuxi_2023_first_quarter(ledger: Ledger) -> None:
    """无锡: 449 accounts, 141 and 308 by owner, four kinds of platform, 100%; two that answered in the second round."""
    totals = NOTICES["wuxi-2023q1"]["totals"]
    levels = [name for name, number in totals["by_owner"].items() for _ in range(number)]
    platforms = [name for name, number in totals["by_platform"].items() for _ in range(number)]
    order = {"level": list(totals["by_owner"]), "platform": list(totals["by_platform"])}
    labels = {"city_departments": "市级部门", "districts": "各市（县）区"}
    office = Office(ledger, "2023-03-20 09:00", order=order, labels=labels)
    names = [f"a{number}" for number in range(totals["accounts"])]
    await office.register(
        {"asset_id": name, "kind": "account", "level": level, "platform": platform}
        for name, level, platform in zip(names, levels, platforms, strict=True)
    )
    await office.look(names)
    for name in names[-2:]:
        await office.find(name, "comment.unanswered", "评论1")
    await office.set("2023-03-27 09:00")
    for name in names[-2:]:
        await office.answer(name, "comment.unanswered", "评论1")
    made = await office.figures("2023-01-01", "2023-03-31")
    whole = total(made, "accounts")
    assert (whole["checked"], whole["rate"]) == (449, totals["account_pass_rate"])
    assert cells(made["by"]["level"], "accounts", "label", "checked") == [("市级部门", 141), ("各市（县）区", 308)]
    assert cells(made["by"]["platform"], "accounts", "checked") == [(314,), (72,), (4,), (59,)]
    assert sum(row["checked"] for row in made["by"]["level x platform"]) == 449
    assert (made["messages"]["comment"]["received"], made["messages"]["comment"]["answer_rate"]) == (2, "100%")
    assert (made["tickets"]["issued"], made["tickets"]["done"], made["tickets"]["done_rate"]) == (2, 2, "100%")


@pytest.mark.parametrize("name", ["nhc-2021q2", "sasac-2020q3"])
async def test_problems_of_a_ministry(ledger: Ledger, name: str) -> None:
    """卫健委, 国资委: each asset with its problem in the list, and nobody unqualified for small ones."""
    notice = NOTICES[name]
    office = Office(ledger, "2021-05-10 09:00")
    found = [
        {"asset_id": one.get("asset_id") or one["asset"], "kind": one.get("kind", "website"), **one}
        for one in notice["findings"]
        if one["check"] != "account.stale"
    ]
    assets = {one["asset_id"]: one for one in (*notice.get("assets", ()), *found)}
    await office.register(
        {key: one[key] for key in ("asset_id", "kind", "platform") if key in one} for one in assets.values()
    )
    await office.look(assets)
    for one in found:
        await office.find(one["asset_id"], one["check"], one["detail"])
    made = await office.figures("2021-04-01", "2021-06-30")
    assert {(row["asset_id"], row["check"], row["path"]) for row in made["lists"]["problems"]} == {
        (one["asset_id"], one["check"], one["detail"]) for one in found
    }
    assert [row["rate"] for row in made["totals"] if row["checked"]] == ["100%", "100%"]


async def test_who_is_counted(ledger: Ledger) -> None:
    """S-3, S-5: an old open problem makes nobody checked; removed is not in the register; what is dismissed is none."""
    office = Office(ledger, "2023-01-10 09:00")
    await office.unit("kjj", "科技局")
    await office.register({"asset_id": name, "kind": "website", "unit_id": "kjj"} for name in ("old", "gone", "false"))
    await office.find("old", "home.stale")
    await office.set("2023-04-03 09:00")
    await office.register([{"asset_id": "gone", "kind": "website", "removed_at": "2023-04-01"}])
    await office.find("false", "home.stale")
    await office.set("2023-04-04 09:00")
    (ticket,) = (one for one in office.processor.tickets().values() if one["asset_id"] == "false")
    before = await office.figures("2023-04-01", "2023-06-30", "2023-04-03")
    await office.processor.command(action="dismiss", asset_id="false", ticket_id=ticket["ticket_id"], reason="误报")
    made = await office.figures("2023-04-01", "2023-06-30")
    figures = ("running", "checked", "unqualified", "rate")
    assert [tuple(total(one, "websites")[name] for name in figures) for one in (before, made)] == [
        (2, 1, 1, "0.00%"),
        (2, 1, 0, "100%"),
    ]
    assert before == await office.figures("2023-04-01", "2023-06-30", "2023-04-03")
    assert [row["unit"] for row in before["lists"]["unqualified"]] == ["科技局"]
    first = await office.figures("2023-01-01", "2023-03-31", "2023-03-31")
    assert total(first, "websites")["running"] == 3


async def test_a_recurrence_erases_nothing(ledger: Ledger) -> None:
    """S-5: what was vetoed in the first quarter stays so, though it was put right and came back in the third."""
    office = Office(ledger, "2023-02-01 09:00")
    await office.register([{"asset_id": "site", "kind": "website"}])
    await office.find("site", "home.stale")
    first = await office.figures("2023-01-01", "2023-03-31", "2023-02-01")
    await office.set("2023-02-10 09:00")
    await office.answer("site", "home.stale")
    await office.set("2023-07-03 09:00")
    await office.find("site", "home.stale")
    assert await office.figures("2023-01-01", "2023-03-31", "2023-02-01") == first
    later = await office.figures("2023-01-01", "2023-03-31")
    assert (total(later, "websites")["unqualified"], later["after"]["rate"]) == (1, "100%")
    assert later["tickets"]["done"] == 1


async def test_what_comes_back_is_one_problem(ledger: Ledger) -> None:
    """S-1, S-3: put right and back again in one period, it costs its points once, and stands at the end."""
    office = Office(ledger, "2023-02-01 09:00")
    await office.register([{"asset_id": "site", "kind": "website"}])
    await office.find("site", "content.misplaced")
    await office.set("2023-02-06 09:00")
    await office.answer("site", "content.misplaced")
    await office.set("2023-02-13 09:00")
    await office.find("site", "content.misplaced")
    made = await office.figures("2023-01-01", "2023-03-31")
    assert total(made, "websites")["points"]["worst"] == 99
    assert [(row["problems"], row["places"]) for row in made["problems"]] == [(1, 1)]
    between = await office.figures("2023-02-08", "2023-02-09")
    assert between["problems"] == []


def test_the_ratio_is_of_the_register() -> None:
    """S-7: an account that nobody has registered is checked and unqualified; 检查比例 stays a share of the register."""
    notice = Notice()
    notice.assets(3, "account")
    notice.assets(1, "account", looked=False)
    notice.assets(1, "account", bad=1, registered=False)
    notice.assets(1, "account", bad=1, removed_at="2023-02-01")
    row = total(notice.figures(), "accounts")
    assert (row["running"], row["checked"], row["checked_running"], row["ratio"]) == (4, 5, 3, "75.00%")
    assert (row["unqualified"], row["rate"]) == (2, "60.00%")
    assert contradictions(notice.figures()) == []


def test_groups_overlap_and_join() -> None:
    """S-8: 门户网站 joins three levels, 重点 portals and accounts; an asset counts in every group that it is in."""
    groups = [
        {"name": "portals", "label": "门户网站", "members": ["province", "city", "county"]},
        {"name": "key", "label": "重点", "members": ["portals", "wechat"], "when": {"region": "咸安区"}},
    ]
    notice = Notice(groups=groups)
    notice.assets(1, level="province")
    notice.assets(2, level="city", bad=1)
    notice.assets(3, level="county", region="咸安区")
    notice.assets(4, level="department")
    notice.assets(5, "account", platform="wechat", region="咸安区")
    made = notice.figures()
    assert (total(made, "portals")["checked"], total(made, "portals")["rate"]) == (6, "83.33%")
    assert (total(made, "portals")["label"], total(made, "websites")["checked"]) == ("门户网站", 10)


def test_points_bonus_and_bands() -> None:
    """S-1: accounts have no points; who keeps more than 80 gets the office's bonus, at most 30; ranks are dense."""
    notice = Notice(bonus={"above": 80, "most": 30}, bands=[120, 110, 100, 0], decimals={"mean": 1})
    notice.assets(1, region="a", checks=["content.misplaced"])
    notice.assets(1, region="b")
    notice.assets(1, region="c")
    notice.assets(1, "account", checks=["account.quality"])
    made = notice.figures(bonus={"website-1": 12.5, "website-2": 40})
    points = total(made, "websites")["points"]
    assert (points["best"], points["worst"], points["mean"], points["full"]) == (130, 100, "113.8", 130)
    assert [(band["from"], band["number"], band["share"]) for band in points["bands"]] == [
        (120, 1, "33.33%"), (110, 1, "33.33%"), (100, 1, "33.33%"), (0, 0, "0.00%"),
    ]  # fmt: skip
    assert [(row["key"], row["rank"]) for row in made["by"]["region"] if row["group"] == "websites"] == [
        ("a", 2), ("b", 1), ("c", 3),
    ]  # fmt: skip
    assert total(made, "accounts")["points"]["mean"] is None


@pytest.mark.parametrize(("meaning", "sites"), [("has_findings", 2), ("unqualified", 1), ("serious", 1)], ids=str)
def test_three_meanings_of_a_problem_site(meaning: str, sites: int) -> None:
    """S-7: with a problem, unqualified, or with a critical problem: the pack says which."""
    notice = Notice(problem_site=meaning)
    notice.assets(1, checks=["content.misplaced"])
    notice.assets(1, checks=["wording.serious"])
    notice.assets(1)
    assert total(notice.figures(), "websites")["problem"] == sites


@pytest.mark.parametrize(("columns", "bad"), [(8, 0), (9, 1)])
def test_below_sixty_does_not_pass(columns: int, bad: int) -> None:
    """S-2: interpretations cost 5 points each, without a cap; 60 passes, 55 does not, and the list says so."""
    notice = Notice()
    spans = [stand("column.stale", f"栏目{number}", column_kind="interpretation") for number in range(columns)]
    notice.assets(1, spans=spans)
    made = notice.figures()
    assert total(made, "websites")["unqualified"] == bad
    assert [row["reasons"] for row in made["lists"]["unqualified"]] == [["得分55，低于60分"]] * bad


def test_an_indicator_costs_its_cap_at_most() -> None:
    """S-1: 30 dead links cost 5 points, not 30; a count that is reported as one finding counts as so many."""
    notice = Notice()
    spans = [stand("link.dead", f"/{number}") for number in range(30)]
    notice.assets(1, spans=[*spans, stand("content.misplaced", places=2)])
    (row,) = [row for row in notice.figures()["totals"] if row["group"] == "websites"]
    assert row["points"]["worst"] == 93


def test_a_website_with_a_platform_beside_those_without() -> None:
    """S-8, S-10: it has a row of its own, the others have none, and nothing contradicts."""
    notice = Notice()
    notice.assets(1, platform="wechat")
    notice.assets(1)
    made = notice.figures()
    assert cells(made["by"]["platform"], "websites", "key", "running") == [("wechat", 1)]
    assert contradictions(made) == []


def test_a_local_veto() -> None:
    """S-2: a pack may name checks that its office does not forgive."""
    notice = Notice(vetoes=["link.dead"])
    notice.assets(1, checks=["link.dead"])
    assert total(notice.figures(), "websites")["unqualified"] == 1


def test_against_the_last_period() -> None:
    """S-10: the change in points, and who was named last time and is not put right yet."""
    before = Notice()
    before.assets(12, bad=5)
    last = {"number": "1", "date": "2023-01-05", **before.figures()}
    now = Notice()
    now.assets(12, bad=4)
    made = now.figures(last=last)
    row = total(made, "websites")
    assert (row["rate"], row["change"]) == ("66.67%", {"unqualified": -1, "rate_points": "+8.34"})
    assert len(made["last_period"]["unqualified"]) == 5
    assert contradictions(made) == []
