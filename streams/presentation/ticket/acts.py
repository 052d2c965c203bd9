"""What can be done about a ticket at the desk: each act, what it is called, and why it cannot be done now. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

from schemas.actions import ACTIONS, Action, AskKind
from schemas.vocabulary import ASK_LABELS, EVENT_LABELS
from streams.rules.commands.acts_now import ActNow

_OWN: Final[Mapping[str, str]] = {
    "approve": "审核通过",
    "refuse_ask": "不同意申请",
    "close": "人工销号",
    "merge": "并单",
}
_ORDER: Final[tuple[Action, ...]] = (
    "acknowledge", "claim_fix", "approve", "send_back", "extend", "reassign", "dismiss", "waive", "refuse_ask", "close",
    "reopen", "merge", "split", "note",
)  # fmt: skip
TITLES: Final[Mapping[Action, str]] = {one: _OWN.get(one, EVENT_LABELS[ACTIONS[one].answer]) for one in _ORDER}
"""What an act is called: as its event, unless others have the same."""
SAID: Final[Mapping[Action, str]] = {
    "acknowledge": "表示已收到并开始办理。签收后仍需在时限内整改并反馈。",
    "claim_fix": "反馈后等待复查，复查确认消除后销号；反馈不停止计时。",
    "approve": "仅用于复查无法核实时：以审核人和理由为据销号。",
    "send_back": "反馈不予认可，退回单位重新办理，时限照常计算。",
    "extend": "重新确定整改时限，不超过规则包的限度；单位申请延期的，即为同意。",
    "reassign": "转给另一单位办理，时限照常计算；单位提出不属于本单位的，即为同意。",
    "dismiss": "认定不是问题，今后同样的检出不再立单；单位提出误报申诉的，即为同意。",
    "waive": "知悉并暂不整改，到期复查。",
    "refuse_ask": "答复单位的申请，整改时限照常计算。同意的请用延期、转派或误报核减。",
    "close": "由主管单位认定已整改并销号。",
    "reopen": "重新打开后给予原时限的一半。",
    "merge": "问题并入同一资产、同一检查项的另一张整改单，本单随即结束。",
    "split": "选中的问题另立整改单，时限不变。",
    "note": "记录需要说明的情况，不改变整改单。",
}
"""What an act means, said above its form."""


class DeskAct(NamedTuple):
    """An act of the page; `reason` says why it cannot be done now, and is empty where it can."""

    name: str  # in its address
    action: Action
    kind: AskKind | None
    title: str
    reason: str


def name_of(action: Action) -> str:
    """As it stands in an address."""
    return "claim" if action == "claim_fix" else action


def action_named(name: str) -> Action | None:
    """The act of an address."""
    return next((action for action in (*TITLES, "ask") if name_of(action) == name), None)


def desk_acts(acts: Iterable[ActNow], shown_only: str) -> list[DeskAct]:
    """Those that can be done first, as a ticket meets them; `shown_only`: why nothing can be done here at all."""
    order = [*TITLES, "ask"]
    told = [
        DeskAct(
            name_of(one.action),
            one.action,
            one.kind,
            ASK_LABELS[one.kind] if one.kind is not None else TITLES[one.action],
            shown_only or ("" if one.can else f"{one.sentence}。"),
        )
        for one in acts
        if one.action in order
    ]
    return sorted(told, key=lambda one: (bool(one.reason), order.index(one.action)))
