"""Asks: what a unit wants of its supervising unit, what is answered, and what ends without an answer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from streams.rules.intake.signature import CommandKey, sign
from streams.rules.state.inputs import SignedCommand
from streams.worker.intake.reading import command_reader
from tests.support.world import MAX_BYTES, POLICY, World, local

SECRET = b"0123456789abcdef0123456789abcdef"
PLACE = {"asset_id": "site", "check": "column.blank", "locator": "公示", "source": "crawler"}


def opened(at: str = "2026-03-02 10:00") -> World:
    """A ticket of a unit with a supervising unit; five working days, from a Monday on if nothing else is said."""
    world = World(at)
    world.unit("office", "市政府办", contacts=[{"name": "周督查", "email": "office@a.gov.cn"}])
    world.unit("owner", "市科技局", supervisor_id="office", contacts=[{"name": "李值守", "email": "duty@a.gov.cn"}])
    world.unit("other", "市教育局", supervisor_id="office", contacts=[{"name": "赵值守", "email": "duty@b.gov.cn"}])
    world.asset("site", "市科技局网站", unit_id="owner")
    world.send({**PLACE, "observed_at": f"{at.replace(' ', 'T')}:00+08:00"})
    return world


def act(world: World, action: str, **fields: Any) -> dict[str, Any]:
    """Somebody acts on the ticket; the event that answers."""
    ticket = min(world.tickets.values())
    known = len(world.events())
    world.command(action=action, asset_id="site", ticket_id=ticket.ticket_id, **{"reason": "说明", **fields})
    return world.events()[known]


def ask(world: World, kind: str = "extension", **fields: Any) -> dict[str, Any]:
    """The unit asks; three working days if it asks for more time."""
    days = {"working_days": 3} if kind == "extension" and "due_at" not in fields else {}
    return act(world, "ask", **{"kind": kind, **days, **fields})


def kinds(world: World) -> list[str]:
    """Of the open asks."""
    return sorted(kind for _, kind in world.asks)


def told(world: World, kind: str) -> list[tuple[str, str]]:
    """When who is told."""
    return [(at, name) for at, what, _, name in world.told() if what == kind]


def test_the_clock_runs_on_whatever_is_asked() -> None:
    """K-40: the event has what is asked, the supervising unit is told; the ticket goes on as it was."""
    world = opened()
    before = world.ticket()
    event = ask(world, progress="已清理七成", evidence={"url": "https://a.gov.cn/"}, via="link:00ff")
    assert (event["type"], event["rule"], event["reason"], event["kind"]) == ("asked", "K-40", "extension", "extension")
    assert (event["said"], event["working_days"], event["due_at"]) == ("说明", 3, None)
    assert (event["progress"], event["evidence"], event["via"]) == (
        "已清理七成",
        {"url": "https://a.gov.cn/"},
        "link:00ff",
    )
    assert (kinds(world), told(world, "asked")) == (["extension"], [("03-02 10:00", "周督查")])
    assert world.ticket() == before
    world.until("2026-03-10 12:00")
    assert [len(world.events(kind)) for kind in ("reminded", "overdue", "escalated")] == [1, 1, 1]


def test_one_of_a_kind_is_open() -> None:
    """K-40: a second is refused and changes nothing; other kinds, and the same again once it is answered, are not."""
    world = opened()
    first = ask(world)
    again = ask(world, working_days=5)
    assert (again["type"], again["reason"]) == ("command_refused", "already_asked")
    assert world.asks[1, "extension"].ask_id == first["ask_id"]
    ask(world, "not_ours")
    ask(world, "false_alarm")
    act(world, "refuse_ask", ask_id=first["ask_id"])
    second = ask(world)
    assert (kinds(world), second["type"]) == (["extension", "false_alarm", "not_ours"], "asked")
    assert second["ask_id"] != first["ask_id"]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"due_at": "2026-03-05T18:00:00+08:00"}, "not_later"),
        ({"kind": "not_ours", "unit_id": "nobody"}, "unit_unknown"),
        ({"kind": "not_ours", "unit_id": "owner"}, "same_unit"),
        ({"reason": None}, "reason_missing"),
    ],
)
def test_what_could_not_be_granted_is_refused_at_once(fields: dict[str, Any], reason: str) -> None:
    """K-40: no later moment, no such unit, no reason."""
    world = opened()
    event = ask(world, **fields) if "due_at" in fields else ask(world, fields.pop("kind", "extension"), **fields)
    assert (event["type"], event["reason"], world.asks) == ("command_refused", reason, {})


def test_extended_twice_nobody_asks_a_third_time() -> None:
    """K-40: an extension is refused at once where there can be no more; by more days than allowed it may be asked."""
    world = opened()
    assert ask(world, due_at="2027-03-01T18:00:00+08:00")["type"] == "asked"
    for _ in range(2):
        act(world, "extend", working_days=2)
    event = ask(world)
    assert (event["type"], event["reason"]) == ("command_refused", "extension_limit")


@pytest.mark.parametrize(
    ("kind", "answer", "event_type"),
    [
        ("extension", {"action": "extend", "working_days": 2}, "extended"),
        ("not_ours", {"action": "reassign", "unit_id": "other", "reason_code": "not_ours"}, "reassigned"),
        ("false_alarm", {"action": "dismiss", "reason_code": "false_alarm"}, "dismissed"),
    ],
)
@pytest.mark.parametrize("named", [True, False], ids=["named", "the open one"])
def test_granted_by_doing_it(kind: str, answer: dict[str, Any], event_type: str, *, named: bool) -> None:
    """K-41: the event of the act carries the ask, named or not; whoever asked is told."""
    world = opened()
    asked = ask(world, kind)
    event = act(world, **answer, **({"answers": asked["ask_id"]} if named else {}))
    assert (event["type"], event["answers"], world.asks) == (event_type, asked["ask_id"], {})
    assert told(world, "answered") == [("03-02 10:00", "李值守")]
    assert world.events("ask_ended") == []


def test_an_act_that_nobody_has_asked_for_answers_nothing() -> None:
    """K-41: an extension on one's own says of no ask, and leaves those of other kinds."""
    world = opened()
    ask(world, "not_ours")
    event = act(world, "extend", working_days=2)
    assert ("answers" in event, kinds(world), told(world, "answered")) == (False, ["not_ours"], [])


def test_of_two_answers_one_counts() -> None:
    """K-41, K-42: two officials at once; the second names what is open no more, and nothing happens twice."""
    world = opened()
    asked = ask(world)
    act(world, "extend", working_days=2, answers=asked["ask_id"])
    due = world.ticket().due_at
    late = act(world, "extend", working_days=2, answers=asked["ask_id"])
    refused = act(world, "refuse_ask", ask_id=asked["ask_id"])
    assert [(event["type"], event["reason"]) for event in (late, refused)] == [("command_refused", "ask_unknown")] * 2
    assert (world.ticket().due_at, world.ticket().extension_count) == (due, 1)


def test_an_answer_that_is_refused_leaves_the_ask_open() -> None:
    """K-41: too long an extension; the ask still waits."""
    world = opened()
    ask(world)
    event = act(world, "extend", working_days=30)
    assert (event["reason"], kinds(world), told(world, "answered")) == ("extension_too_long", ["extension"], [])


def test_not_granted_with_a_reason() -> None:
    """K-42: the ticket stays as it is, the asker is told why."""
    world = opened()
    asked, before = ask(world), world.ticket()
    event = act(world, "refuse_ask", ask_id=asked["ask_id"], reason="时间充足")
    assert (event["type"], event["rule"], event["ask_id"], event["kind"]) == (
        "ask_refused", "K-42", asked["ask_id"], "extension",
    )  # fmt: skip
    assert (event["said"], world.asks, world.ticket()) == ("时间充足", {}, before)
    assert told(world, "answered") == [("03-02 10:00", "李值守")]


ENDINGS: dict[str, tuple[dict[str, Any], str]] = {
    "closed": ({"action": "close"}, "ticket_closed"),
    "dismissed": ({"action": "dismiss"}, "ticket_dismissed"),
    "waived": ({"action": "waive", "until": "2026-06-30"}, "ticket_dismissed"),
    "reassigned": ({"action": "reassign", "unit_id": "other"}, "reassigned"),
}


@pytest.mark.parametrize("ending", ENDINGS)
def test_what_ends_with_its_ticket(ending: str) -> None:
    """K-43: each of the asks ends with an event of its own; nobody answers them, and reopened they stay over."""
    command, reason = ENDINGS[ending]
    world = opened()
    ask(world, progress="进展")
    ask(world, "not_ours" if ending != "reassigned" else "false_alarm")
    act(world, **command)
    ended = world.events("ask_ended")
    assert [(event["kind"], event["reason"]) for event in ended][:1] == [("extension", reason)]
    assert (len(ended), world.asks) == (2, {})
    world.until("2026-03-09 12:00")
    assert world.events("ask_unanswered") == []
    if ending in ("closed", "dismissed"):
        act(world, "reopen")
        assert (world.asks, ask(world)["type"]) == ({}, "asked")


def test_gone_it_is_not_asked_about() -> None:
    """K-43: a run that does not find it any more closes the ticket, and with it what was asked."""
    world = opened()
    ask(world)
    world.send({"type": "run", "asset_id": "site", "run_id": "2", "source": "crawler", "status": "complete",
                "checks": ["column.blank"], "started_at": "2026-03-02T10:00:00+08:00",
                "finished_at": "2026-03-02T10:00:00+08:00"})  # fmt: skip
    world.wait(60)
    assert (world.ticket().status, world.asks) == ("closed", {})
    assert [event["reason"] for event in world.events("ask_ended")] == ["ticket_closed"]


def test_merged_it_ends_and_split_it_stays() -> None:
    """K-43: with the emptied ticket; with the ticket that the others are split from."""
    world = opened()
    world.send({**PLACE, "locator": "公告", "observed_at": "2026-03-02T10:00:00+08:00"})
    _, second = sorted(world.tickets.values())
    ask(world)
    act(world, "merge", into=second.ticket_id)
    assert ([event["reason"] for event in world.events("ask_ended")], world.asks) == (["merged"], {})
    world.command(action="ask", kind="not_ours", asset_id="site", ticket_id=second.ticket_id, reason="说明")
    print_of = next(one.fingerprint for one in world.problems if one.locator == "公告")
    world.command(
        action="split", asset_id="site", ticket_id=second.ticket_id, fingerprints=[print_of], reason="另有原因"
    )
    assert [*world.asks] == [(second.pk, "not_ours")]


def test_a_unit_in_the_others_place_takes_its_asks_along() -> None:
    """K-43, A-11: merged into another unit; its successor is told of the answer."""
    world = opened()
    ask(world)
    world.unit("owner", "市科技局", supervisor_id="office", replaced_by="other")
    assert [one.unit_id for one in world.asks.values()] == ["other"]
    act(world, "extend", working_days=1)
    assert told(world, "answered") == [("03-02 10:00", "赵值守")]


def test_a_ticket_with_an_ask_joins_no_other_by_itself() -> None:
    """K-43, G-3: one of sixty places has been asked about; the others are one ticket at the fifty-first."""
    world = opened()
    found = {**PLACE, "run_id": "r-1", "observed_at": "2026-03-02T10:00:00+08:00"}
    world.send({**found, "locator": "第0栏"})
    world.command(action="ask", kind="false_alarm", asset_id="site",
                  ticket_id=sorted(world.tickets.values())[1].ticket_id, reason="说明")  # fmt: skip
    world.send(*({**found, "locator": f"第{number}栏"} for number in range(1, 60)))
    assert (kinds(world), world.events("ask_ended")) == (["false_alarm"], [])


WEEK = {
    "2026-03-02 10:00": "03-04T10:00",  # a Monday morning
    "2026-03-02 22:00": "03-05T09:00",  # a Monday night: from the morning on
    "2026-03-06 17:00": "03-10T17:00",  # a Friday
    "2026-03-07 11:00": "03-11T09:00",  # a Saturday
    "2026-02-13 10:00": "02-24T10:00",  # before the Spring Festival, Saturday the 14th is worked
}


@pytest.mark.parametrize("at", WEEK)
def test_unanswered_for_two_working_days(at: str) -> None:
    """K-44: said once, and the supervising unit is told again; it stays open, and may be granted then."""
    world = opened(at)
    ask(world, due_at="2026-12-31T18:00:00+08:00")
    world.until("2026-04-01 12:00")
    (event,) = world.events("ask_unanswered")
    assert (event["at"][5:16], event["rule"], event["kind"]) == (WEEK[at], "K-44", "extension")
    assert [name for _, name in told(world, "ask_unanswered")] == ["周督查"]
    assert [one.unanswered_at is not None for one in world.asks.values()] == [True]
    assert event["asked_at"][:16] == at.replace(" ", "T")


def test_answered_in_time_nobody_is_told_again() -> None:
    """K-44: an hour before."""
    world = opened()
    asked = ask(world)
    world.until("2026-03-04 09:00")
    act(world, "refuse_ask", ask_id=asked["ask_id"])
    world.until("2026-03-09 12:00")
    assert world.events("ask_unanswered") == []


def test_a_pack_may_give_more_time() -> None:
    """K-44: `limits.asks`."""
    waits = POLICY.limits.asks.model_copy(update={"working_days": 5})
    limits = POLICY.limits.model_copy(update={"asks": waits})
    world = opened()
    world.policy = POLICY.model_copy(update={"limits": limits})
    ask(world)
    world.until("2026-03-20 12:00")
    assert [event["at"][5:16] for event in world.events("ask_unanswered")] == ["03-09T10:00"]


def test_a_note_changes_nothing() -> None:
    """K-45: of an open ticket and of a closed one."""
    world = opened()
    event = act(world, "note", text="已联系承建公司", reason=None, via="account:zhang")
    assert (event["type"], event["rule"], event["text"], event["via"]) == (
        "noted", "K-45", "已联系承建公司", "account:zhang",
    )  # fmt: skip
    act(world, "close")
    before = world.ticket()
    assert act(world, "note", text="抽查无误", reason=None)["type"] == "noted"
    assert world.ticket() == before


KEYS = {
    "kjj": CommandKey("kjj", "unit", frozenset({"owner"}), SECRET),
    "desk": CommandKey("desk", "supervisor", frozenset(), SECRET),
}


def signed(world: World, key: str, **fields: Any) -> Any:
    """A command under a key, as a worker reads it."""
    ticket = world.ticket()
    usual = {"asset_id": "site", "ticket_id": ticket.ticket_id, "by": "张三", "at": world.now, "reason": "说明"}
    command = {**usual, "command_id": f"c-{len(world.events())}", **fields}
    body = world.encoded(command)
    record = SimpleNamespace(value=body, headers=(sign(body, key, SECRET),))
    return command_reader(MAX_BYTES, world.policy, KEYS)(record, world.now)


@pytest.mark.parametrize(
    "fields",
    [{"action": "extend", "working_days": 2}, {"action": "reassign", "unit_id": "other"}, {"action": "dismiss"}],
    ids=lambda fields: fields["action"],
)
def test_a_unit_asks_and_a_supervisor_grants(fields: dict[str, Any]) -> None:
    """K-46: by a unit's own key it is refused with that sentence; a supervisor's does it; a pack may rule otherwise."""
    world = opened()
    before = world.ticket()
    world.decide([signed(world, "kjj", **fields)])
    (refused,) = world.events("command_refused")
    assert (refused["reason"], refused["signed_by"], world.ticket()) == ("unit_must_ask", "kjj", before)
    assert "由单位提出申请、主管单位批准" in refused["summary"]
    world.decide([signed(world, "desk", **fields)])
    assert world.ticket().version > before.version

    free = POLICY.commands.unit.model_copy(update={"may": ("extend", "reassign", "dismiss")})
    world = opened()
    world.policy = POLICY.model_copy(update={"commands": POLICY.commands.model_copy(update={"unit": free})})
    world.decide([signed(world, "kjj", **fields)])
    assert world.events("command_refused") == []


def test_what_the_keys_may_ask_and_answer() -> None:
    """K-46, O-7: a unit's may ask and note, and does not answer itself."""
    world = opened()
    asked = signed(world, "kjj", action="ask", kind="false_alarm")
    world.decide([asked])
    assert (isinstance(asked, SignedCommand), kinds(world)) == (True, ["false_alarm"])
    assert signed(world, "kjj", action="refuse_ask", ask_id="x").code == "not_allowed"
    world.decide([signed(world, "kjj", action="note", text="备注")])
    (one,) = world.asks.values()
    world.decide([signed(world, "desk", action="refuse_ask", ask_id=one.ask_id)])
    assert (world.asks, len(world.events("noted"))) == ({}, 1)
    assert local("2026-03-02 10:00") == one.asked_at
