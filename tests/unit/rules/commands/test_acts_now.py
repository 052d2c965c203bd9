"""What can be done now, beside what the worker does when it is tried (rule K-47)."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.actions import ACTIONS
from schemas.powers import CommandRole
from streams.rules.commands.acts_now import ActNow, acts_now
from tests.flow.test_asks import act, opened
from tests.flow.test_commands import unverifiable
from tests.support.world import POLICY, ZONE, World

FIELDS: dict[str, dict[str, Any]] = {
    "claim_fix": {"measures": "已更新"},
    "reassign": {"unit_id": "other"},
    "extend": {"working_days": 2},
    "waive": {"until": "2026-06-30"},
    "extension": {"working_days": 2},
    "note": {"text": "备注"},
}
OF_WHAT_IS_TYPED = {"merge", "split"}  # nothing of the ticket alone decides
WAYS: dict[str, tuple[str, ...]] = {
    "open": (),
    "acknowledged": ("acknowledge",),
    "claimed": ("claim_fix",),
    "unverifiable": ("claim_fix", "unverifiable"),
    "asked": ("extension", "not_ours"),
    "extended twice": ("extend", "extend"),
    "closed": ("close",),
    "dismissed": ("dismiss",),
}


def after(way: str) -> World:
    """A world in which this has happened to the ticket."""
    world = opened()
    for step in WAYS[way]:
        if step == "unverifiable":
            unverifiable(world)
        else:
            do(world, step)
    return world


def do(world: World, name: str) -> dict[str, Any]:
    """The act of this name, or the ask of this kind; the event that answers."""
    if name in ACTIONS:
        ask_id = next((one.ask_id for one in world.asks.values()), "none")
        more = {"ask_id": ask_id} if name == "refuse_ask" else FIELDS.get(name, {})
        return act(world, name, **more)
    return act(world, "ask", kind=name, **FIELDS.get(name, {}))


def now(world: World, role: CommandRole | None = None) -> dict[str, ActNow]:
    """By action, or kind of ask."""
    found = acts_now(world.ticket(), list(world.asks.values()), POLICY, role, ZONE)
    return {one.kind or one.action: one for one in found}


@pytest.mark.parametrize("way", WAYS)
def test_it_says_what_the_worker_does(way: str) -> None:
    """K-47: whatever is offered is done, and what is not offered is refused for the reason that was given."""
    for name, one in now(after(way)).items():
        if name in OF_WHAT_IS_TYPED:
            continue
        answer = do(after(way), name)
        assert (answer["type"] != "command_refused") == one.can, (name, answer)
        assert one.can or (one.reason == answer["reason"] and one.sentence), (name, answer)


@pytest.mark.parametrize(
    ("way", "role", "name", "sentence"),
    [
        ("acknowledged", "unit", "acknowledge", "已签收，正在办理"),
        ("claimed", "unit", "claim_fix", "已反馈整改，正在等待复核"),
        ("open", "unit", "extend", "由单位提出申请、主管单位批准"),
        ("open", "unit", "close", "由主管单位办理"),
        ("asked", "unit", "extension", "2026-03-02 10:00 已提出申请，尚待答复"),
        ("extended twice", "unit", "extension", "已达到延期次数上限"),
        ("closed", "unit", "acknowledge", "整改单已销号"),
        ("dismissed", "unit", "false_alarm", "整改单已撤销"),
        ("open", "supervisor", "approve", "尚未反馈整改"),
        ("claimed", "supervisor", "approve", "无法核实"),
        ("open", "supervisor", "refuse_ask", "没有待答复的申请"),
        ("open", "supervisor", "reopen", "整改单尚未办结"),
        ("open", "producer", "note", "无权办理"),
    ],
)
def test_why_not(way: str, role: CommandRole, name: str, sentence: str) -> None:
    """K-47: in words that a person understands."""
    one = now(after(way), role)[name]
    assert (one.can, sentence in one.sentence) == (False, True), one


def test_what_each_role_may_do() -> None:
    """K-47, K-46: a unit signs for it, claims, asks and notes; a supervisor does the rest too."""
    assert [name for name, one in now(opened(), "unit").items() if one.can] == [
        "acknowledge", "claim_fix", "extension", "not_ours", "false_alarm", "note",
    ]  # fmt: skip
    assert {"extend", "reassign", "dismiss", "close"} <= {
        name for name, one in now(opened(), "supervisor").items() if one.can
    }
