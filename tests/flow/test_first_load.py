"""A first load 首次入库 and late registration: what nobody could act on has its time from now on (L-15, L-16)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from streams.cli.ticket.sheet import print_sheet
from streams.presentation.deadline.story import explain
from streams.presentation.deadline.words import told
from streams.presentation.ticket.dossier import Dossier
from streams.rules.deadlines.recounting import OpenTicket, recounted
from streams.rules.state.records import Ticket
from streams.rules.state.terms import deadline_of
from tests.support.inbox import pack
from tests.support.world import POLICY, ZONE, World, local

OLD = "2025-06-03T09:00:00+08:00"
DUTY = [{"name": "李值守", "email": "duty@kjj.gov.cn"}]


def city(at: str = "2026-03-02 10:00") -> World:
    """A registered site of a unit with a contact, on a Monday."""
    world = World(at)
    world.unit("kjj", "市科技局", contacts=DUTY)
    world.asset("site", "市科技局网站", unit_id="kjj")
    return world


def found(world: World, check: str = "column.stale", at: str = OLD, **fields: Any) -> Ticket:
    """One finding on the site; its ticket."""
    world.send({"asset_id": "site", "check": check, "locator": "公示", "observed_at": at, **fields})
    return next(ticket for ticket in world.tickets.values() if ticket.check == check)


def loaded(world: World, check: str = "column.stale", at: str = OLD, **fields: Any) -> Ticket:
    """One of a first load."""
    return found(world, check, at, first_load=True, **fields)


def due(ticket: Ticket) -> str:
    """As people read it."""
    return ticket.due_at.astimezone(ZONE).strftime("%Y-%m-%d %H:%M")


def document(world: World, ticket: Ticket) -> dict[str, Any]:
    """As it was published last."""
    return [m for m in world.published("rectify.tickets") if m["ticket_id"] == ticket.ticket_id][-1]


@pytest.mark.parametrize(
    ("check", "seen", "fields", "expected", "true"),
    [
        ("column.stale", OLD, {}, "2026-03-09 23:59", "2025-06-10T23:59:59+08:00"),
        ("account.stale", OLD, {}, "2026-03-03 23:59", "2025-06-04T23:59:59+08:00"),
        ("link.dead", "2026-02-28T09:00:00+08:00", {}, "2026-03-05 23:59", "2026-03-04T23:59:59+08:00"),
        ("link.dead", "2026-03-02T09:00:00+08:00", {}, "2026-03-05 23:59", None),
        ("message.zhaocuo", OLD, {"received_at": OLD}, "2025-06-06 23:59", None),
        ("column.stale", OLD, {"due_by": "2025-07-01"}, "2025-07-01 23:59", None),
        ("wording.serious", OLD, {}, "2025-06-03 13:00", None),
    ],
    ids=["old", "one day", "a little old", "of today", "citizen", "date of a notice", "clock hours"],
)
def test_at_least_the_amount_from_the_day_of_the_load(
    check: str, seen: str, fields: dict[str, Any], expected: str, true: str | None
) -> None:
    """L-15: and never where a citizen, a notice or the clock has set the time; what would have been stays visible."""
    world = city()
    ticket = loaded(world, check, seen, **fields)
    published = document(world, ticket)
    assert (due(ticket), published["deadline"].get("true_due_at")) == (expected, true)
    assert published["deadline"].get("reason") == ("first_load" if true else None)
    assert published["deadline"]["rule"].endswith("/first_load") is (true is not None)
    assert published["first_seen_at"] == seen
    event = world.events("opened")[0]
    assert (event.get("deadline_reason"), event.get("true_due_at")) == ("first_load" if true else None, true)
    assert ("首次入库" in event["summary"]) is (true is not None)


def test_it_opens_as_any_other_and_its_ladder_waits_for_the_new_deadline() -> None:
    """L-15: 整改通知, a reminder before the due, nothing overdue on the first day; undeclared it is urged at once."""
    world = city()
    loaded(world)
    world.until("2026-03-02 12:00")
    assert [(kind, name) for _, kind, _, name in world.told()] == [("opened", "李值守")]
    world.until("2026-03-10 10:00")
    assert [event["at"][:16] for event in world.events("overdue")] == ["2026-03-10T00:00"]
    assert [event["at"][:16] for event in world.events("reminded")] == ["2026-03-06T09:00"]

    undeclared = city()
    found(undeclared)
    undeclared.until("2026-03-02 12:00")
    assert [event["rung"] for event in undeclared.events("escalated")] == ["urge"]


def closing(world: World, at: str) -> dict[str, Any]:
    """A person closes the only ticket."""
    world.until(at)
    world.command(action="close", asset_id="site", ticket_id=world.ticket().ticket_id, reason="已核实")
    return world.events("closed")[-1]


def test_on_time_is_what_was_settled_by_the_true_deadline() -> None:
    """L-15, M-5: within the time that the load gives it may be late for figures; an extension moves both."""
    world = city()
    loaded(world)
    assert closing(world, "2026-03-04 10:00")["timeliness"] == "late"

    a_little = city()
    loaded(a_little, at="2026-02-27T09:00:00+08:00")  # due 2026-03-05 of its own, 2026-03-09 by the load
    assert closing(a_little, "2026-03-05 10:00")["timeliness"] == "on_time"

    granted = city()
    ticket = loaded(granted, at="2026-02-27T09:00:00+08:00")
    granted.command(action="extend", asset_id="site", ticket_id=ticket.ticket_id, working_days=2, reason="系统升级")
    after = granted.ticket()
    assert (due(after), deadline_of(after).rule) == ("2026-03-11 23:59", "column.stale/first_load/extended+2")
    assert document(granted, after)["deadline"]["true_due_at"] == "2026-03-09T23:59:59+08:00"
    assert closing(granted, "2026-03-09 10:00")["timeliness"] == "on_time"


def test_reopened_by_a_first_load() -> None:
    """L-15, T-5: half of the amount from the day of the load; reopened by what is seen today, it is its own again."""
    world = city("2026-03-02 10:00")
    found(world, at="2026-03-02T09:00:00+08:00")
    world.command(action="close", asset_id="site", ticket_id=world.ticket().ticket_id, reason="已核实")
    world.until("2026-03-20 10:00")
    ticket = loaded(world, at="2026-03-03T09:00:00+08:00")
    assert (ticket.reopen_count, due(ticket), deadline_of(ticket).rule) == (
        1, "2026-03-24 23:59", "column.stale/reopened/first_load",
    )  # fmt: skip
    (event,) = world.events("reopened")
    assert (event["deadline_reason"], event["true_due_at"]) == ("first_load", "2026-03-05T23:59:59+08:00")
    world.command(action="close", asset_id="site", ticket_id=ticket.ticket_id, reason="已核实")
    world.until("2026-03-20 12:00")
    again = found(world, at="2026-03-20T11:00:00+08:00")
    assert deadline_of(again).rule == "column.stale/reopened"


def test_registered_late() -> None:
    """L-16: overdue while it was nobody's, it begins again for its unit, says so once, and the ladder starts again."""
    world = World("2026-03-02 10:00")
    found(world, at="2026-03-02T09:00:00+08:00")
    world.until("2026-03-16 10:00")
    assert (world.ticket().rung, world.notices) == ("supervise", {})
    world.unit("kjj", "市科技局", contacts=DUTY)
    world.asset("site", "市科技局网站", unit_id="kjj")
    ticket = world.ticket()
    assert (due(ticket), ticket.rung) == ("2026-03-23 23:59", None)
    (event,) = world.events("deadline_changed")
    assert (event["rule"], event["reason"], event["deadline_reason"]) == ("L-16", "registered_late", "registered")
    assert (event["due_before"], event["true_due_at"]) == ("2026-03-09T23:59:59+08:00", "2026-03-09T23:59:59+08:00")
    world.until("2026-03-24 10:00")
    assert [kind for _, kind, _, _ in world.told()] == ["opened", "reminder", "urge"]
    assert [event["at"][:10] for event in world.events("overdue")] == ["2026-03-10", "2026-03-24"]
    assert closing(world, "2026-03-24 11:00")["timeliness"] == "late"


@pytest.mark.parametrize(
    ("check", "fields", "expected"),
    [
        ("message.zhaocuo", {"received_at": "2026-03-02T09:00:00+08:00"}, "2026-03-05 23:59"),
        ("column.stale", {"due_by": "2026-03-04"}, "2026-03-04 23:59"),
        ("wording.serious", {}, "2026-03-02 13:00"),
    ],
    ids=["citizen", "date of a notice", "clock hours"],
)
def test_what_was_set_stays_however_late_it_is_registered(check: str, fields: dict[str, Any], expected: str) -> None:
    """L-16: the citizen has waited, the notice has a date, the clock does not stop."""
    world = World("2026-03-02 10:00")
    found(world, check, "2026-03-02T09:00:00+08:00", **fields)
    world.until("2026-03-16 10:00")
    world.unit("kjj", contacts=DUTY)
    world.asset("site", unit_id="kjj")
    assert due(world.ticket()) == expected
    assert world.events("deadline_changed") == []


def test_registered_on_the_same_day_changes_nothing() -> None:
    """L-16: the deadline is what it was, and nothing is said of it."""
    world = World("2026-03-02 10:00")
    found(world, at="2026-03-02T09:00:00+08:00")
    world.unit("kjj", contacts=DUTY)
    world.asset("site", unit_id="kjj")
    assert (deadline_of(world.ticket()).begun, world.events("deadline_changed")) == (None, [])


def test_another_owner_later_gets_no_new_deadline() -> None:
    """L-16, A-3: it was somebody's."""
    world = city()
    before = found(world, at="2026-03-02T09:00:00+08:00").due_at
    world.unit("other", contacts=[{"name": "王值守", "email": "w@b.gov.cn"}])
    world.until("2026-03-16 10:00")
    world.asset("site", unit_id="other")
    assert (world.ticket().unit_id, world.ticket().due_at) == ("other", before)


def test_why_it_is_due_then() -> None:
    """P-7: the reason, the day, the days counted from it, and when it would have been due."""
    world = city()
    ticket = loaded(world)
    why = explain(
        ticket, world.problems[0], "website", POLICY, known=True, calendar=world.registry.calendar, zone=ZONE,
        names={}, events=world.events(),
    )  # fmt: skip
    text = "\n".join(told(why, POLICY.ref, ZONE))
    assert "另计  首次入库的存量问题，时限自 2026-03-02（周一） 起算，满 5个工作日 [L-15]" in text
    assert "按原起算时间应于 2025-06-10（周二）23:59 前办结，是否按期以此统计 [M-5]" in text
    assert "计算  2026-03-03（周二） 至 2026-03-06（周五）  第1至4个工作日" in text
    assert "起算  2025-06-03 09:00（首次检出之时）" in text


def test_the_sheet_has_both(capsys: pytest.CaptureFixture[str]) -> None:
    """`ticket show`: the deadline, the true one, and why."""
    world = city()
    ticket = loaded(world)
    dossier = Dossier(ticket, world.assets["site"], None, world.problems, world.events(), [], world.registry.calendar)
    print_sheet(dossier, POLICY, world.now.astimezone(ZONE))
    shown = capsys.readouterr().out
    assert "时限  2026-03-09 23:59（剩余5个工作日）" in shown
    assert "原时限  2025-06-10 23:59；首次入库的存量问题，自 2026-03-02 起算" in shown
    assert "首次入库，自入库之日起算，原应于 2025-06-10" in shown


def test_counted_again_by_another_calendar(tmp_path: Any) -> None:
    """L-7, P-6: both deadlines follow the calendar; another pack's amount counts from the day of the load, too."""
    world = city("2026-12-29 10:00")
    ticket = loaded(world, at="2026-12-28T09:00:00+08:00")
    assert (due(ticket), ticket.provisional) == ("2027-01-05 23:59", True)
    world.calendar(2027, {"2027-01-01": True, "2027-01-04": True})
    after = document(world, ticket)
    assert (after["due_at"], after["deadline"]["true_due_at"]) == (
        "2027-01-07T23:59:59+08:00", "2027-01-06T23:59:59+08:00",
    )  # fmt: skip

    other = pack(
        tmp_path, "checks:\n  column.stale:\n    deadline: {amount: 10, unit: working_day, sure: D, basis: 本市}\n"
    )
    world = city()
    ticket = loaded(world)
    facts = json.dumps({"evidence": {}})
    kept = OpenTicket(
        ticket.pk, ticket.check, ticket.counted_from, ticket.due_at, ticket.due_unit, ticket.provisional,
        ticket.deadline_json, ticket.guarded, "website", facts,
    )  # fmt: skip
    assert recounted(kept, other, world.registry.calendar, ZONE) == local("2026-03-16 23:59:59")
