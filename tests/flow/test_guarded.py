"""Guarded periods 重要保障期: terms of their own, and what happens to tickets that are open when one begins."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from schemas.policy import Policy
from schemas.topics import Topics
from streams.files.policy.loading import load_policy
from streams.rules.state.records import Ticket
from tests.support.world import ZONE, World, local

CONTACTS = [
    {"name": "李值守", "email": "duty@kjj.gov.cn", "phone": "13800000001"},
    {"name": "王局长", "email": "head@kjj.gov.cn", "role": "head"},
]
NATIONAL_DAY = {"from": "2026-10-01", "to": "2026-10-08", "regions": ["咸宁市"]}
PACK = "pack: province\nversion: 1\ntitle: 某省\nextends: default\nguarded:\n"
LADDER = """  ladder:
    - {name: opened, title: 整改通知, at: {anchor: opening}, to: [duty], channels: [email, sms]}
    - {name: urge, title: 催办, at: {anchor: half}, to: [duty], channels: [sms], escalation: true}
    - {name: overdue, title: 逾期, at: {anchor: due}}
    - {name: command, title: 值班室督办, at: {anchor: due}, to: [head], channels: [email], escalation: true}
"""


@pytest.fixture
def pack(tmp_path: Path) -> Any:
    """A function that gives a pack with these words about guarded periods."""

    def made(text: str) -> Policy:
        path = tmp_path / "province.yaml"
        path.write_text(PACK + text, "utf-8")
        return load_policy(path)

    return made


def owned(at: str, policy: Policy | None = None) -> World:
    """A world with a site in 咸宁市 and one elsewhere, of one owner."""
    world = World(at, policy) if policy else World(at)
    world.unit("kjj", "市科技局", contacts=CONTACTS)
    world.asset("site", "市科技局网站", unit_id="kjj", region="咸宁市")
    world.asset("far", "外地网站", unit_id="kjj", region="黄石市")
    return world


def found(at: str, asset: str = "site", check: str = "link.dark", **fields: Any) -> dict[str, Any]:
    """A finding at a local time, such as `2026-09-29T15:00`."""
    return {
        "asset_id": asset,
        "check": check,
        "locator": f"https://a.gov.cn/{check}",
        "observed_at": f"{at}:00+08:00",
        **fields,
    }


def due(ticket: Ticket) -> str:
    """The deadline in local time."""
    return f"{ticket.due_at.astimezone(ZONE):%m-%d %H:%M}"


def escalated(world: World) -> list[tuple[str, str]]:
    """Which rung at which local time."""
    return [(event["rung"], event["at"][5:16].replace("T", " ")) for event in world.events("escalated")]


def told(world: World, day: str) -> list[tuple[str, str]]:
    """Who was told of what, on that day."""
    return [(kind, f"{at[6:]} {channel} {name}") for at, kind, channel, name in world.told() if at.startswith(day)]


def test_what_is_open_at_the_begin_keeps_its_deadline() -> None:
    """Unless the policy says otherwise: the default pack does not."""
    world = owned("2026-09-29 15:00")
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-09-29T15:00", due_by="2026-10-10"))
    world.until("2026-10-02 00:00")
    assert (due(world.ticket()), world.ticket().guarded) == ("10-10 23:59", False)


def test_a_period_that_shortens(pack: Any) -> None:
    """Due by a notice on 10-10: two hours after the begin instead, said once, and urged by the new deadline."""
    world = owned("2026-09-29 15:00", pack("  shorten: true"))
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-09-29T15:00", due_by="2026-10-10"))
    world.send(found("2026-09-29T15:00", "far", due_by="2026-10-10"))
    world.send(found("2026-09-29T15:00", check="column.blank"))
    world.until("2026-10-01 00:30")
    dark, elsewhere, blank = world.tickets.values()
    assert (due(dark), dark.guarded, dark.version) == ("10-01 02:00", True, 2)
    assert [(due(t), t.guarded) for t in (elsewhere, blank)] == [("10-10 23:59", False), ("10-12 23:59", False)]
    (event,) = world.events("deadline_changed")
    assert (event["rule"], event["reason"]) == ("L-11", "guarded_period")
    assert (event["due_at"], event["due_before"]) == ("2026-10-01T02:00:00+08:00", "2026-10-10T23:59:59+08:00")
    assert told(world, "10-01") == [("shortened", "00:00 email 李值守"), ("shortened", "00:00 sms 李值守")]
    world.until("2026-10-01 04:30")
    assert [event["at"][11:16] for event in world.events("reminded")] == ["01:00"]
    assert escalated(world) == [("urge", "10-01 02:00"), ("supervise", "10-01 04:00")]


@pytest.mark.parametrize("how", ["registered late", "nobody looked"])
def test_late_it_is_the_same_deadline(pack: Any, how: str) -> None:
    """The deadline counts from the period's begin, and what is due by then is done: the highest step, once."""
    world = owned("2026-09-29 15:00", pack("  shorten: true"))
    world.send(found("2026-09-29T15:00", due_by="2026-10-10"))
    if how == "registered late":
        world.until("2026-10-01 05:00")
        world.guarded("国庆", **NATIONAL_DAY)
        world.until("2026-10-01 05:00")
    else:
        world.guarded("国庆", **NATIONAL_DAY)
        world.jump("2026-10-01 05:00")
    world.until("2026-10-01 06:00")
    assert due(world.ticket()) == "10-01 02:00"
    assert len(world.events("deadline_changed")) == len(world.events("overdue")) == 1
    assert escalated(world) == [("supervise", "10-01 05:00")]


def test_it_shortens_once_and_never_lengthens(pack: Any) -> None:
    """An extension granted in the period stands, also against the next period; an earlier deadline stays."""
    world = owned("2026-09-30 23:30", pack("  shorten: true"))
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-09-30T21:00"))
    world.send(found("2026-09-30T23:30", check="site.tampered"))
    world.until("2026-10-01 00:10")
    early, late = world.tickets.values()
    assert [(due(t), t.guarded) for t in (early, late)] == [("10-01 01:00", True), ("10-01 02:00", True)]
    assert [event["ticket_id"] for event in world.events("deadline_changed")] == [late.ticket_id]
    assert escalated(world) == []
    for ticket in (early, late):
        base = {"action": "extend", "asset_id": "site", "ticket_id": ticket.ticket_id}
        world.command(**base, due_at="2026-10-07T12:00:00+08:00", reason="机房断电")
    world.guarded("续", **{"from": "2026-10-05", "to": "2026-10-08"})
    world.until("2026-10-06 00:00")
    assert [due(t) for t in world.tickets.values()] == ["10-07 12:00", "10-07 12:00"]
    assert len(world.events("deadline_changed")) == 1


def test_what_opens_in_the_period_is_not_shortened_again(pack: Any) -> None:
    """It is guarded from its opening; what was found in the period and registered before it keeps its terms."""
    world = owned("2026-10-02 10:00", pack("  shorten: true"))
    world.send(found("2026-10-02T10:00"))
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-10-02T10:00", check="site.tampered"))
    world.until("2026-10-02 11:00")
    assert [due(t) for t in world.tickets.values()] == ["10-02 14:00", "10-02 12:00"]
    assert world.events("deadline_changed") == []


def test_an_acknowledgement_expires_by_the_new_deadline(pack: Any) -> None:
    """Half of the time that is left from the begin, not half of the weeks there were."""
    world = owned("2026-09-29 15:00", pack("  shorten: true"))
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-09-29T15:00", due_by="2026-10-30"))
    world.command(action="acknowledge", asset_id="site", ticket_id=world.ticket().ticket_id)
    world.until("2026-10-01 02:00")
    assert [event["at"][5:16] for event in world.events("acknowledgement_expired")] == ["10-01T01:00"]


def test_a_reopened_ticket_keeps_what_is_half_already(pack: Any) -> None:
    """Reopened before the period, shortened by it, reopened again: two hours, not half of them."""
    world = owned("2026-09-20 15:00", pack("  shorten: true"))
    world.send(found("2026-09-20T15:00", due_by="2026-10-20"))
    ticket_id = world.ticket().ticket_id
    base = {"asset_id": "site", "ticket_id": ticket_id, "reason": "抽查"}
    world.command(action="close", **base)
    world.command(action="reopen", **base)
    world.guarded("中秋", **{**NATIONAL_DAY, "from": "2026-09-25", "to": "2026-09-27"})
    world.until("2026-09-25 00:30")
    assert (due(world.ticket()), world.ticket().guarded) == ("09-25 02:00", True)
    world.command(action="close", **base)
    world.command(action="reopen", **base)
    assert due(world.ticket()) == "09-25 02:30"


def test_a_ladder_of_its_own(pack: Any) -> None:
    """Frozen with the ticket: at its opening, extended, reopened, and after the period has ended."""
    policy = pack(LADDER)
    assert policy.rungs == ("urge", "supervise", "bulletin", "command")
    assert "rectify.escalations.command" in [spec.name for spec in Topics().specs(policy.rungs)]
    world = owned("2026-10-08 23:00", policy)
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-10-08T23:00"), found("2026-10-08T23:00", "far"))
    world.until("2026-10-09 01:30")
    assert escalated(world) == [("urge", "10-09 00:00"), ("command", "10-09 01:00")]
    assert [m["rung"] for m in world.published("rectify.escalations.command")] == ["command"]
    ours = [pair for pair in told(world, "10-09") if pair[0] != "reminder"]  # which is in the other's ladder
    assert ours == [("urge", "00:00 sms 李值守"), ("command", "01:00 email 王局长")]
    ticket, ordinary = world.tickets.values()
    base = {"asset_id": "site", "ticket_id": ticket.ticket_id, "reason": "抽查"}
    world.command(action="extend", due_at="2026-10-09T05:00:00+08:00", **base)
    world.until("2026-10-09 05:30")
    site = [event for event in world.events("escalated") if event["asset_id"] == "site"]
    assert [(e["rung"], e["at"][11:16]) for e in site[2:]] == [("urge", "02:00"), ("command", "05:00")]
    world.command(action="close", **base)
    world.command(action="reopen", **base)
    world.until("2026-10-09 08:00")
    site = [event for event in world.events("escalated") if event["asset_id"] == "site"]
    assert [(e["rung"], e["at"][11:16]) for e in site[4:]] == [("urge", "06:00"), ("command", "06:30")]
    far = [event["rung"] for event in world.events("escalated") if event["asset_id"] == "far"]
    assert (far, ordinary.guarded) == (["urge", "supervise"], False)


def test_a_shortened_ticket_climbs_the_guarded_ladder(pack: Any) -> None:
    """Also one whose deadline is early enough: it goes on by the guarded ladder, without what it has behind it."""
    world = owned("2026-09-30 22:00", pack(f"  shorten: true\n{LADDER}"))
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-09-30T22:00"), found("2026-09-30T23:00", check="site.tampered"))
    world.until("2026-10-01 03:00")
    early = [e for e in world.events("escalated") if e["ticket_id"] == next(iter(world.tickets.values())).ticket_id]
    assert [(e["rung"], e["at"][11:16]) for e in early] == [("urge", "00:00"), ("command", "02:00")]


def test_a_pack_may_hold_guarded_tickets_in_quiet_hours(pack: Any) -> None:
    """`exempt: false`: only clock-hour tickets pass quiet hours then."""
    hours = "checks:\n  column.blank: {guarded: 1 working day}\n"
    for words, exempt in (("  exempt: false\n", False), ("  exempt: true\n", True)):
        world = owned("2026-10-03 23:00", pack(words + hours))
        world.guarded("国庆", **NATIONAL_DAY)
        world.send(found("2026-10-03T23:00", check="column.blank"))
        assert (due(world.ticket()), world.ticket().guarded) == ("10-08 23:59", True)
        assert {notice.exempt for notice in world.notices.values()} == {exempt}
    world.send(found("2026-10-03T23:00"))
    assert {notice.exempt for notice in world.notices.values()} == {True}


def test_the_end_of_a_period_changes_nothing() -> None:
    """Nor does deleting it: what was opened in it is guarded for good."""
    world = owned("2026-10-08 23:00")
    world.guarded("国庆", **NATIONAL_DAY)
    world.send(found("2026-10-08T23:00"))
    world.registry.guarded.clear()  # type: ignore[attr-defined]
    world.until("2026-10-09 00:30")
    assert (due(world.ticket()), world.ticket().guarded) == ("10-09 01:00", True)
    assert world.ticket().next_review_at == local("2026-10-09 01:00")
    world.send(found("2026-10-09T00:30", check="site.tampered"))
    assert [t.guarded for t in world.tickets.values()] == [True, False]
