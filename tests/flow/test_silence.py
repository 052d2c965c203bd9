"""Producers that fall silent: who is regular, when it is said, to whom, and when it is said again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

import pytest

from tests.support.world import World, local


def ran(world: World, source: str = "crawler", asset_id: str = "kjj", status: str = "complete") -> None:
    """A run of the producer ends now."""
    world.send({
        "type": "run", "asset_id": asset_id, "source": source, "run_id": world.now.isoformat(), "status": status,
        "finished_at": world.now.isoformat(), "checks": ["link.dead"], "found": 0,
    })  # fmt: skip


def runs_at(world: World, moments: Iterable[datetime], source: str = "crawler") -> None:
    """Runs at these moments; what falls due in between happens."""
    for moment in moments:
        world.until(moment.astimezone(world.registry.zone).strftime("%Y-%m-%d %H:%M"))
        ran(world, source)


def days(first: str, number: int, every: timedelta = timedelta(days=1)) -> list[datetime]:
    """So many moments, one after the other."""
    return [local(first) + every * place for place in range(number)]


def said(world: World) -> list[tuple[str, str]]:
    """Of whom it was said that they are silent, and when."""
    return [(event["source"], event["at"][5:16]) for event in world.events("producer_silent")]


@pytest.fixture
def world() -> World:
    """A unit with a site, and one that runs crawlers."""
    made = World("2026-03-02 00:00")
    made.unit("gov", contacts=[{"name": "周", "email": "zhou@gov.cn"}])
    made.unit("lab", contacts=[{"name": "陈", "email": "chen@lab.cn"}, {"name": "陈", "email": "Chen@LAB.cn"}])
    made.asset("kjj", unit_id="gov")
    return made


def test_three_usual_intervals_without_a_run_are_said_once(world: World) -> None:
    """R-41: daily at 02:15 for a week, then nothing: on the third day after the last run, and never again."""
    runs_at(world, days("2026-03-02 02:15", 7))
    world.until("2026-03-11 02:14")
    assert said(world) == []
    world.until("2026-06-01 00:00")
    assert said(world) == [("crawler", "03-11T02:15")]
    (event,) = world.events("producer_silent")
    assert (event["rule"], event["reason"], event["unit_id"], event["asset_id"]) == (
        "R-41", "usual_run_missing", None, None,
    )  # fmt: skip
    assert (event["last_run_at"][5:16], event["usual_seconds"]) == ("03-08T02:15", 86_400)
    assert event["summary"] == "巡检方 crawler 已3天没有巡检，此前间隔一般不超过24小时"


def test_it_is_said_again_only_after_it_has_run_again(world: World) -> None:
    """R-41: back on the 20th for three days, silent again."""
    runs_at(world, [*days("2026-03-02 02:00", 30), *days("2026-04-20 02:00", 3)])
    world.until("2026-06-01 00:00")
    assert said(world) == [("crawler", "04-03T02:00"), ("crawler", "04-25T02:00")]


@pytest.mark.parametrize(
    ("moments", "silent_at"),
    [
        (days("2026-03-02 02:00", 3), None),
        (days("2026-03-02 02:00", 4), "03-10T02:00"),
        (days("2026-03-02 02:00", 4, timedelta(days=7)), "04-13T02:00"),
        (days("2026-03-02 02:00", 12, timedelta(hours=1)), None),
        (days("2026-03-02 00:00", 97, timedelta(hours=1)), "03-09T00:00"),
        (days("2026-03-02 00:00", 241, timedelta(hours=1)), "03-12T03:00"),
        ([day + timedelta(minutes=2) * n for day in days("2026-03-02 02:00", 8) for n in range(3)], "03-12T02:00"),
    ],
    ids=["three runs", "four days", "four weeks", "a day", "hourly for four", "hourly", "two minutes apart"],
)
def test_who_runs_regularly(world: World, moments: list[datetime], silent_at: str | None) -> None:
    """R-41: whose pauses have ended on three days, and not within the first week; runs within five minutes are one."""
    runs_at(world, moments)
    world.until("2026-07-01 00:00")
    assert said(world) == ([("crawler", silent_at)] if silent_at else [])


def test_whoever_works_by_night_is_not_silent_by_day(world: World) -> None:
    """R-41: a crawler that goes round its sites from 01:00 to 05:00 has a pause of twenty hours, which is its usual."""
    for first in days("2026-03-02 01:00", 10):
        runs_at(world, [first + timedelta(minutes=20) * place for place in range(13)])
    world.until("2026-03-13 16:59")
    assert said(world) == []
    world.until("2026-03-13 17:00")
    assert said(world) == [("crawler", "03-13T17:00")]


def test_weekends_are_its_rhythm_and_a_long_holiday_is_not(world: World) -> None:
    """R-41: from Monday to Friday for thirteen weeks, closed for ten days: said on the ninth, then as before."""
    workdays = [moment for moment in days("2026-03-02 09:00", 91) if moment.weekday() < 5]
    runs_at(world, [*workdays, *days("2026-06-08 09:00", 5)])
    world.until("2026-07-01 00:00")
    assert said(world) == [("crawler", "06-07T09:00"), ("crawler", "06-21T09:00")]


def test_from_daily_to_weekly_is_said_twice(world: World) -> None:
    """R-41: after two weeks the week is its rhythm; one that ends is noticed after three of them."""
    runs_at(world, [*days("2026-03-02 02:00", 60), *days("2026-05-07 02:00", 6, timedelta(days=7))])
    assert said(world) == [("crawler", "05-03T02:00"), ("crawler", "05-10T02:00")]
    world.until("2026-08-01 00:00")
    assert said(world)[2:] == [("crawler", "07-02T02:00")]


def test_a_failed_run_is_a_sign_of_life(world: World) -> None:
    """R-41: whatever it says of the site, and of whichever site."""
    runs_at(world, days("2026-03-02 02:00", 5))
    for number in range(6, 20):
        world.until(f"2026-03-{number:02} 02:30")
        ran(world, asset_id="another", status="failed")
    assert said(world) == []


def test_a_watch_that_comes_late_says_it_late(world: World) -> None:
    """R-41: nothing has looked for a month."""
    runs_at(world, days("2026-03-02 02:00", 5))
    world.jump("2026-04-06 10:00")
    assert said(world) == [("crawler", "04-06T10:00")]


def test_the_unit_of_the_registry_is_told(world: World) -> None:
    """R-42: by one mail to each inbox of its duty contacts, ten minutes later; the unit of the site hears nothing."""
    world.producer("crawler", "市级采集平台", unit_id="lab")
    world.office = "office@city.gov.cn"
    runs_at(world, days("2026-03-02 02:00", 5))
    world.until("2026-04-01 00:00")
    (notice,) = world.notices.values()
    assert (notice.kind, notice.channel, notice.unit_id, notice.address) == (
        "producer_silent", "email", "lab", "chen@lab.cn",
    )  # fmt: skip
    assert notice.not_before - notice.created_at == timedelta(minutes=10)
    (event,) = world.events("producer_silent")
    assert event["unit_id"] == "lab"
    assert event["summary"].startswith("巡检方“市级采集平台”（crawler）已")


@pytest.mark.parametrize("unit_id", [None, "nowhere", "without"])
def test_otherwise_the_office(world: World, unit_id: str | None) -> None:
    """R-42: where the registry names no unit, none that is there, or none with a mail address."""
    world.unit("without", contacts=[{"name": "钱", "phone": "13800000001"}])
    world.producer("crawler", "市级采集平台", **({"unit_id": unit_id} if unit_id else {}))
    world.office = "office@city.gov.cn"
    runs_at(world, days("2026-03-02 02:00", 5))
    world.until("2026-04-01 00:00")
    assert [(one.unit_id, one.address) for one in world.notices.values()] == [(None, "office@city.gov.cn")]


def test_without_an_address_it_is_said_all_the_same(world: World) -> None:
    """R-42: as an event, and on the desk."""
    runs_at(world, days("2026-03-02 02:00", 5))
    world.until("2026-04-01 00:00")
    assert (len(said(world)), world.notices) == (1, {})
