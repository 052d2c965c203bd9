"""Commands: what people decide, and what they are refused."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.support.world import ZONE, World, local

REASON = {"reason": "说明"}
FITTING: dict[str, dict[str, Any]] = {
    "acknowledge": {},
    "claim_fix": {"measures": "已更新"},
    "approve": REASON,
    "send_back": REASON,
    "reassign": {"unit_id": "other"},
    "extend": {"working_days": 2, **REASON},
    "dismiss": REASON,
    "waive": {"until": "2026-06-30", **REASON},
    "reopen": REASON,
    "close": REASON,
}
ALLOWED = {
    "open": {"acknowledge", "claim_fix", "reassign", "extend", "dismiss", "waive", "close"},
    "acknowledged": {"claim_fix", "reassign", "extend", "dismiss", "waive", "close"},
    "claimed": {"approve", "send_back", "reassign", "extend", "dismiss", "waive", "close"},
    "closed": {"reopen"},
    "dismissed": {"reopen"},
}
WAY_TO = {
    "open": [],
    "acknowledged": ["acknowledge"],
    "claimed": ["claim_fix"],
    "closed": ["close"],
    "dismissed": ["dismiss"],
}


def opened() -> World:
    """A world with one open ticket: five working days from Monday."""
    world = World("2026-03-02 10:00")
    duty = [{"name": "李值守", "email": "duty@a.gov.cn"}]
    world.unit("owner", "市科技局", contacts=duty)
    world.unit("other", "市教育局", contacts=[{"name": "赵值守", "email": "duty@b.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    finding = {"asset_id": "site", "check": "column.blank", "locator": "公示"}
    world.send({**finding, "observed_at": "2026-03-02T10:00:00+08:00"})
    return world


def act(world: World, action: str, **fields: Any) -> None:
    """Somebody acts on the ticket."""
    given = {"asset_id": "site", "ticket_id": world.ticket().ticket_id, **FITTING[action], **fields}
    world.command(action=action, **given)


def refusals(world: World) -> list[str]:
    """Why commands were refused, in order."""
    return [event["reason"] for event in world.events("command_refused")]


def unverifiable(world: World) -> None:
    """A recheck that could not tell."""
    answer = {"type": "recheck", "asset_id": "site", "check": "column.blank", "locator": "公示"}
    world.send({**answer, "outcome": "unverifiable", "observed_at": "2026-03-02T10:05:00+08:00"})


@pytest.mark.parametrize("action", FITTING)
@pytest.mark.parametrize("status", ALLOWED)
def test_every_pair_of_status_and_action(status: str, action: str) -> None:
    """K-2, K-3: what is not in the state machine is refused and changes nothing."""
    world = opened()
    for step in WAY_TO[status]:
        act(world, step)
    if status == "claimed":
        unverifiable(world)
    before = world.ticket()
    assert before.status == status
    act(world, action)
    if action in ALLOWED[status]:
        assert (refusals(world), world.ticket().version > before.version) == ([], True)
    else:
        assert (refusals(world), world.ticket()) == (["wrong_status"], before)


def test_a_command_names_a_ticket_of_its_asset() -> None:
    """K-1: no such ticket, or another asset's."""
    world = opened()
    world.asset("blog", "博客")
    act(world, "acknowledge", ticket_id="ZG000000-XXXXXXXXXX")
    act(world, "acknowledge", asset_id="blog")
    assert refusals(world) == ["ticket_unknown", "ticket_of_another_asset"]
    assert world.ticket().status == "open"


def test_the_same_command_acts_once() -> None:
    """K-4: a client that sends it again gets no second effect, and no second answer."""
    world = opened()
    for _ in range(2):
        act(world, "extend", command_id="c-1")
    assert [event["command_id"] for event in world.events("extended")] == ["c-1"]


def test_acknowledged_by_whom() -> None:
    """K-10: the event names who."""
    world = opened()
    act(world, "acknowledge")
    (event,) = world.events("acknowledged")
    assert (event["rule"], event["by"]) == ("K-10", "张三")


def test_a_claim_carries_its_measures() -> None:
    """K-11: measures and evidence travel in the event."""
    world = opened()
    act(world, "claim_fix", evidence={"url": "https://a.gov.cn/"})
    (event,) = world.events("fix_claimed")
    assert (event["measures"], event["evidence"]) == ("已更新", {"url": "https://a.gov.cn/"})


def test_only_an_unverifiable_recheck_is_approved() -> None:
    """K-12: otherwise it is refused."""
    world = opened()
    act(world, "claim_fix")
    act(world, "approve")
    unverifiable(world)
    act(world, "approve")
    assert (refusals(world), world.ticket().close_reason) == (["not_unverifiable"], "approved")


@pytest.mark.parametrize("action", ["close", "dismiss", "waive", "extend"])
def test_a_judgement_needs_a_reason(action: str) -> None:
    """K-13, K-16, K-17, K-18: without one nothing happens."""
    world = opened()
    act(world, action, reason=None)
    assert (refusals(world), world.ticket().status) == (["reason_missing"], "open")


def test_closed_by_a_person() -> None:
    """K-13: the person and the reason are the proof."""
    world = opened()
    act(world, "close")
    (event,) = world.events("closed")
    assert (event["rule"], event["proof"]["kind"], event["proof"]["by"]) == ("K-13", "person", "张三")


def test_sent_back_and_told() -> None:
    """K-14: work again, and the duty contact hears why."""
    world = opened()
    act(world, "claim_fix")
    act(world, "send_back", reason="首页仍未更新")
    assert (world.ticket().status, world.events("sent_back")[0]["said"]) == ("acknowledged", "首页仍未更新")
    assert world.told()[-1][1:] == ("sent_back", "email", "李值守")


def test_reassigned_with_the_same_deadline() -> None:
    """K-15: the new owner is told, the former one's unsent notice falls away; an unknown unit is refused."""
    world = opened()
    due = world.ticket().due_at
    act(world, "reassign", unit_id="nobody")
    act(world, "reassign", unit_id="owner")
    act(world, "reassign")
    assert refusals(world) == ["unit_unknown", "same_unit"]
    assert (world.ticket().unit_id, world.ticket().due_at) == ("other", due)
    assert [(n.name, n.code) for n in world.notices.values()] == [("李值守", "withdrawn"), ("赵值守", None)]


def test_extended_within_the_limits() -> None:
    """K-16: at most ten working days at a time, never earlier, twice; the ladder follows."""
    world = opened()
    act(world, "extend", working_days=11)
    act(world, "extend", working_days=None, due_at="2026-03-03T18:00:00+08:00")
    act(world, "extend")
    act(world, "extend")
    act(world, "extend")
    assert refusals(world) == ["extension_too_long", "not_later", "extension_limit"]
    assert world.ticket().due_at == local("2026-03-13 23:59:59")
    world.until("2026-03-12 12:00")
    assert [event["at"][:16] for event in world.events("reminded")] == ["2026-03-12T09:00"]


def test_whatever_a_person_does_says_who_and_why() -> None:
    """K-10 to K-19: each act is an event with its rule number, the person, and the reason that was given."""
    acts = {
        "acknowledged": ("acknowledge",),
        "fix_claimed": ("claim_fix",),
        "sent_back": ("claim_fix", "send_back"),
        "reassigned": ("reassign",),
        "extended": ("extend",),
        "dismissed": ("dismiss",),
        "waived": ("waive",),
        "closed": ("close",),
        "reopened": ("close", "reopen"),
    }
    for kind, steps in acts.items():
        world = opened()
        for step in steps:
            act(world, step, reason="说明", command_id=step)
        event = world.events(kind)[-1]
        assert (event["by"], event["said"], event["command_id"]) == ("张三", "说明", steps[-1])
        assert event["rule"].startswith("K-1")
    world = opened()
    act(world, "approve", command_id="c-1")
    (event,) = world.events("command_refused")
    assert (event["rule"], event["by"], event["reason"], event["command_id"]) == ("K-3", "张三", "wrong_status", "c-1")


def test_dismissed_and_waived_end_the_ladder() -> None:
    """K-17, K-18: nobody is reminded of what a person has set aside; a waiver must end in the future."""
    for action, reason in (("dismiss", "dismissed"), ("waive", "waived")):
        world = opened()
        act(world, action)
        assert (world.ticket().status, world.ticket().close_reason) == ("dismissed", reason)
        world.until("2026-05-01 10:00")
        assert world.events("escalated") == []
    world = opened()
    act(world, "waive", until="2026-03-01")
    assert refusals(world) == ["until_passed"]


def test_reopened_by_command() -> None:
    """K-19: with half of the time, from now."""
    world = opened()
    act(world, "close")
    act(world, "reopen")
    ticket = world.ticket()
    assert (ticket.status, ticket.open_problem_count, ticket.reopen_count) == ("open", 1, 1)
    assert datetime.astimezone(ticket.due_at, ZONE).isoformat() == "2026-03-04T23:59:59+08:00"


PLACE = {"asset_id": "site", "check": "column.blank", "source": "crawler"}


def recurred(*again: str) -> World:
    """Two blank columns of one cause, both gone in March; in April some of them are back in a ticket of their own."""
    world = World("2026-03-02 10:00")
    for place in ("公示", "公告"):
        world.send({**PLACE, "locator": place, "cause": "template", "observed_at": "2026-03-02T10:00:00+08:00"})
    act(world, "close")
    world.until("2026-04-20 10:00")
    for place in again:
        world.send({**PLACE, "locator": place, "cause": "template", "observed_at": "2026-04-20T10:00:00+08:00"})
    return world


def reopened(world: World) -> dict[str, Any]:
    """What is answered to a supervisor who reopens the ticket of March."""
    old = min(world.tickets.values())
    world.command(action="reopen", asset_id="site", ticket_id=old.ticket_id, reason="核实")
    return world.events()[-1]


def test_a_ticket_is_not_reopened_without_its_problems() -> None:
    """K-19: all that it had is in another ticket, which the refusal names; nothing is open twice."""
    world = recurred("公示", "公告")
    old, new = sorted(world.tickets.values())
    answer = reopened(world)
    assert (answer["type"], answer["reason"]) == ("command_refused", "problem_has_another_ticket")
    assert new.ticket_id in answer["summary"]
    assert world.tickets[old.pk] == old
    assert [ticket.open_problem_count for ticket in world.tickets.values()] == [0, 2]


def test_a_reopened_ticket_says_what_stays_behind() -> None:
    """K-19: one of two places is in another ticket: the ticket opens with the other one, and says how many are not."""
    world = recurred("公示")
    old, new = sorted(world.tickets.values())
    answer = reopened(world)
    assert (answer["type"], answer["left_behind"], answer["tickets"]) == ("reopened", 1, [new.ticket_id])
    assert "其中 1 处已另立整改单" in answer["summary"]
    assert (world.tickets[old.pk].status, world.tickets[old.pk].open_problem_count) == ("open", 1)
    world.send({"type": "recheck", "asset_id": "site", "ticket_id": old.ticket_id, "source": "crawler",
                "outcome": "absent", "observed_at": "2026-04-20T10:00:00+08:00"})  # fmt: skip
    assert [ticket.status for ticket in world.tickets.values()] == ["closed", "open"]
