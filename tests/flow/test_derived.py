"""Derived vetoes: what single findings add up to opens once, lists its parts, and closes below the line again."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from streams.rules.state.records import Ticket
from tests.support.world import ZONE, World, local

BLANK, STALE, PROBES = "veto.columns_blank", "veto.columns_stale", "veto.site_unreachable"


def world_at(at: str = "2026-03-02 10:00", kind: str = "website") -> World:
    """A world with one registered asset and its unit."""
    world = World(at)
    world.unit("owner", "市科技局", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner", kind=kind)
    return world


def find(world: World, check: str, locator: str, evidence: dict[str, Any] | None = None, **fields: Any) -> None:
    """One finding, seen now."""
    finding = {"asset_id": "site", "check": check, "locator": locator, "evidence": evidence or {}, **fields}
    world.send({"observed_at": world.now.astimezone(ZONE).isoformat(), **finding})


def absent(world: World, check: str, locator: str) -> None:
    """A recheck, a minute later, does not see it any more."""
    world.now += timedelta(minutes=1)
    at = world.now.astimezone(ZONE).isoformat()
    message = {"type": "recheck", "asset_id": "site", "check": check, "locator": locator, "outcome": "absent"}
    world.send({**message, "observed_at": at})


def vetoes(world: World, code: str = BLANK) -> list[Ticket]:
    """The tickets of a derived code."""
    return [ticket for ticket in world.tickets.values() if ticket.check == code]


def facts(world: World, code: str = BLANK) -> dict[str, Any]:
    """What the derived problem shows."""
    (problem,) = (p for p in world.problems if p.check == code and p.current)
    evidence: dict[str, Any] = problem.facts["evidence"]
    return evidence


def test_the_fifth_blank_column_is_a_veto_of_its_own() -> None:
    """V-1, V-2: it opens once, lists its parts with their tickets, and its owner is told."""
    world = world_at()
    for number in range(4):
        find(world, "column.blank", f"栏目{number}")
    assert vetoes(world) == []
    find(world, "column.blank", "栏目4")
    find(world, "column.blank", "栏目4")
    find(world, "column.blank", "栏目5")
    (veto,) = vetoes(world)
    parts = facts(world)["parts"]
    assert (veto.status, veto.severity, facts(world)["count"]) == ("open", "critical", 6)
    assert [part["locator"] for part in parts] == [f"栏目{number}" for number in range(6)]
    single = {ticket.ticket_id for ticket in world.tickets.values()} - {veto.ticket_id}
    assert {part["ticket_id"] for part in parts} == single
    (opened,) = (event for event in world.events("opened") if event["ticket_id"] == veto.ticket_id)
    assert (opened["rule"], opened["reason"]) == ("V-2", "line_reached")
    assert [kind for _, kind, _, _ in world.told()].count("opened") == 7


def test_below_the_line_again_it_closes_and_its_count_is_the_proof() -> None:
    """V-3: at four of five; back at five it is a relapse of the same ticket."""
    world = world_at()
    for number in range(5):
        find(world, "column.blank", f"栏目{number}")
    absent(world, "column.blank", "栏目0")
    (veto,) = vetoes(world)
    assert (veto.status, veto.close_reason) == ("closed", "below_the_line")
    (closed,) = (event for event in world.events("closed") if event["ticket_id"] == veto.ticket_id)
    assert (closed["rule"], closed["proof"]["kind"], closed["proof"]["evidence"]["count"]) == ("V-3", "count", 4)
    world.now += timedelta(days=1)
    find(world, "column.blank", "栏目9")
    (veto,) = vetoes(world)
    assert (veto.status, veto.reopen_count) == ("open", 1)


def test_no_run_and_no_recheck_closes_a_veto_that_is_counted() -> None:
    """V-3: whoever claims that it is absent; a claim asks for its parts."""
    world = world_at()
    for number in range(5):
        find(world, "column.blank", f"栏目{number}", source="crawler")
    absent(world, BLANK, "")
    at = (world.now + timedelta(minutes=1)).astimezone(ZONE).isoformat()
    run = {"asset_id": "site", "source": "crawler", "run_id": "r", "status": "complete", "finished_at": at}
    world.send({"type": "run", **run, "checks": [BLANK], "locators": [""]})
    world.wait(31)
    (veto,) = vetoes(world)
    assert veto.status == "open"
    assert world.events("recheck_ignored")[0]["reason"] == "only_the_count_proves"
    world.command(action="claim_fix", asset_id="site", ticket_id=veto.ticket_id, measures="已补")
    requests = world.published("rectify.recheck-requests")
    assert {(request["check"], request["locator"]) for request in requests} == {
        ("column.blank", f"栏目{number}") for number in range(5)
    }


def test_a_person_may_dismiss_it_and_it_stays_quiet() -> None:
    """D-8 holds for what is counted too."""
    world = world_at()
    for number in range(5):
        find(world, "column.blank", f"栏目{number}")
    world.command(action="dismiss", asset_id="site", ticket_id=vetoes(world)[0].ticket_id, reason="栏目正在改版")
    find(world, "column.blank", "栏目7")
    assert [ticket.status for ticket in vetoes(world)] == ["dismissed"]


def test_a_finding_that_reports_a_count_counts_as_so_many() -> None:
    """V-2: 浙江 2021 names a site with more than five blank columns in one line."""
    world = world_at()
    find(world, "column.blank", "", {"places": 6})
    assert facts(world)["count"] == 6
    world.now += timedelta(hours=1)
    find(world, "column.blank", "", {"places": 3})
    assert [ticket.status for ticket in vetoes(world)] == ["closed"]


@pytest.mark.parametrize(
    ("kinds", "is_veto"),
    [
        (["news"] * 2 + ["policy"] * 3, True),
        (["news"] * 2 + ["policy"] * 2 + ["other"] * 5, False),
        (["other"] * 10, True),
        (["other"] * 9, False),
        (["news", "notice", "policy", "policy", "other"], False),
    ],
)
def test_stale_columns_count_by_their_kind(kinds: list[str], *, is_veto: bool) -> None:
    """V-2: five of news, notices and policies together, or any ten."""
    world = world_at()
    for number, kind in enumerate(kinds):
        find(world, "column.stale", f"栏目{number}", {"column_kind": kind})
    assert bool(vetoes(world, STALE)) is is_veto


def test_only_guides_that_miss_four_elements_count() -> None:
    """V-2: five of them."""
    world = world_at()
    for number in range(5):
        find(world, "guide.incomplete", f"指南{number}", {"missing": ["地点", "时间", "电话"]})
    assert vetoes(world, "veto.guides_incomplete") == []
    world.now += timedelta(hours=1)
    for number in range(5):
        find(world, "guide.incomplete", f"指南{number}", {"missing": ["地点", "时间", "电话", "材料"]})
    assert len(vetoes(world, "veto.guides_incomplete")) == 1


def test_a_message_unanswered_for_three_months_is_a_veto_that_nobody_has_to_find() -> None:
    """V-6: counted from its receipt, at its time of day; the answer closes both."""
    world = world_at("2026-03-02 10:00")
    find(world, "message.unanswered", "留言 17", received_at="2026-02-11T09:30:00+08:00")
    world.until("2026-05-11 09:29")
    assert vetoes(world, "veto.messages_unanswered") == []
    world.until("2026-05-11 09:30")
    (veto,) = vetoes(world, "veto.messages_unanswered")
    assert veto.opened_at == local("2026-05-11 09:30")
    absent(world, "message.unanswered", "留言 17")
    assert {ticket.status for ticket in world.tickets.values()} == {"closed"}


def test_an_account_has_no_columns_that_count() -> None:
    """The vetoes are those of websites; an asset of unknown kind counts until it is known."""
    world = world_at(kind="account")
    for number in range(6):
        find(world, "column.blank", f"栏目{number}")
    assert vetoes(world) == []
    stranger = World("2026-03-02 10:00")
    for number in range(6):
        find(stranger, "column.blank", f"栏目{number}")
    assert [ticket.status for ticket in vetoes(stranger)] == ["open"]
    stranger.now += timedelta(minutes=1)
    stranger.asset("site", "某账号", kind="account")
    assert [ticket.status for ticket in vetoes(stranger)] == ["closed"]


# Probes


def probe(world: World, at: datetime, *, reached: bool, seconds: float | None = None, status: str = "complete") -> None:
    """One run of an uptime probe."""
    world.now = world.real = at
    run_id, stamp = f"p-{at.timestamp():.0f}", at.astimezone(ZONE).isoformat()
    if not reached:
        evidence = {} if seconds is None else {"response_seconds": seconds}
        find(world, "site.unreachable", "", evidence, source="probe", run_id=run_id)
    run = {"asset_id": "site", "source": "probe", "run_id": run_id, "status": status, "finished_at": stamp}
    world.send({"type": "run", **run, "checks": ["site.unreachable"], "found": int(not reached)})
    world.wait(0)


def an_hour_later(world: World) -> None:
    """Long enough for another look at the probes (every 72 minutes), the next of which is not there yet."""
    world.until(f"{world.now.astimezone(ZONE) + timedelta(minutes=72):%Y-%m-%d %H:%M}")


def week(world: World, failing: set[int], *, per_day: int = 20, seconds: float | None = None, days: int = 7) -> None:
    """Evenly spaced probes; those with these numbers fail."""
    start = world.now
    for number in range(days * per_day):
        at = start + timedelta(days=number // per_day, minutes=number % per_day * (1440 // per_day))
        probe(world, at, reached=number not in failing, seconds=seconds)


def test_one_failure_in_twenty_over_a_week_is_a_veto() -> None:
    """V-5: 7 of 140 are 5 %, known once the week is full; days without failures bring it below, and it closes."""
    world = world_at()
    week(world, set(range(6, 140, 20)))
    an_hour_later(world)
    (veto,) = vetoes(world, PROBES)
    assert (veto.status, facts(world, PROBES)["failed"], facts(world, PROBES)["probes"]) == ("open", 7, 140)
    week(world, set(), days=3)
    assert [ticket.status for ticket in vetoes(world, PROBES)] == ["closed"]


def test_a_week_that_fills_up_late_is_judged_then() -> None:
    """V-5: the failures came on the first day; it takes the last probe of the week, which got through, to know."""
    world = world_at()
    week(world, set(range(7)), days=6)
    assert vetoes(world, PROBES) == []
    world.now += timedelta(minutes=72)
    week(world, set(), days=1)
    an_hour_later(world)
    assert [ticket.status for ticket in vetoes(world, PROBES)] == ["open"]


def test_six_failures_in_a_week_are_none() -> None:
    """V-5: 6 of 140 are less than 5 %."""
    world = world_at()
    week(world, {134, 135, 136, 137, 138, 139})
    assert vetoes(world, PROBES) == []


def test_seven_failures_at_the_end_of_a_week_are_one() -> None:
    """V-5: the same with one more; the line is 5 %."""
    world = world_at()
    week(world, {133, 134, 135, 136, 137, 138, 139})
    assert [ticket.status for ticket in vetoes(world, PROBES)] == ["open"]


def test_too_few_probes_prove_nothing() -> None:
    """V-5: 19 a day, all failed; the site's own ticket opens, the veto does not."""
    world = world_at()
    week(world, set(range(133)), per_day=19)
    assert vetoes(world, PROBES) == []
    assert [ticket.status for ticket in vetoes(world, "site.unreachable")] == ["open"]


def test_a_page_that_came_within_fifteen_seconds_is_no_failure() -> None:
    """V-4: whatever the producer calls it."""
    world = world_at()
    week(world, set(range(120, 140)), seconds=14.9)
    assert vetoes(world, PROBES) == []
    slow = world_at()
    week(slow, set(range(120, 140)), seconds=15.1)
    assert [ticket.status for ticket in vetoes(slow, PROBES)] == ["open"]


def test_a_run_that_was_broken_off_is_no_probe() -> None:
    """V-4: the week that runs which ended early would fill up is not full."""
    world = world_at()
    week(world, set(range(20)), days=6)
    for number in range(20):
        probe(world, local("2026-03-08 10:00") + timedelta(minutes=72 * number), reached=True, status="partial")
    an_hour_later(world)
    assert vetoes(world, PROBES) == []
