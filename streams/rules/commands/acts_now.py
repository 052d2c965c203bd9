"""What can be done about a ticket now, and by whom; the reason where it cannot (rule K-47). Pure.

K-47 Pages and terminal offer what a role can do about a ticket as it stands, and say of everything else why not: by the
     same table and the same reasons by which a command is refused. What depends on what is typed is refused when it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.actions import ACTIONS, ASKS, Action, AskKind
from schemas.policy import Policy
from schemas.powers import CommandRole
from streams.rules.commands.commands import ACTS, REFUSALS
from streams.rules.commands.unit_actions import not_extendable
from streams.rules.state.records import Ask, Ticket
from streams.rules.state.text import minute


class ActNow(NamedTuple):
    """One act about a ticket."""

    action: Action
    kind: AskKind | None  # of `ask`: what for; each is an act of its own
    can: bool
    reason: str | None  # why not: a stable word, as in `command_refused`
    sentence: str  # the same in words; empty where it can be done


_ENDED: Final = {"closed": "整改单已销号", "dismissed": "整改单已撤销"}
_NOT_NOW: Final = {
    "acknowledge": {"acknowledged": "已签收，正在办理", "claimed": "已反馈整改，正在等待复核"},
    "claim_fix": {"claimed": "已反馈整改，正在等待复核"},
    "approve": {"open": "尚未反馈整改", "acknowledged": "尚未反馈整改"},
    "send_back": {"open": "尚未反馈整改", "acknowledged": "尚未反馈整改"},
}


def acts_now(
    ticket: Ticket, asks: Sequence[Ask], policy: Policy, role: CommandRole | None, zone: ZoneInfo
) -> tuple[ActNow, ...]:
    """Every act about a ticket, in the order of the table; `asks` are its open ones, `role` None: nobody's is known."""
    return tuple(
        ActNow(action, kind, found is None, found and found[0], found[1] if found else "")
        for action, kind in _every()
        for found in [_hindrance(action, kind, ticket, asks, policy, role, zone)]
    )


def _every() -> Iterator[tuple[Action, AskKind | None]]:
    for action, row in ACTIONS.items():
        if row.about == "ticket":
            yield from ((action, kind) for kind in (ASKS if action == "ask" else (None,)))


def _hindrance(
    action: Action,
    kind: AskKind | None,
    ticket: Ticket,
    asks: Sequence[Ask],
    policy: Policy,
    role: CommandRole | None,
    zone: ZoneInfo,
) -> tuple[str, str] | None:
    if role is not None and action not in getattr(policy.commands, role).may:
        if role == "unit" and ACTIONS[action].grants is not None:
            return "unit_must_ask", REFUSALS["unit_must_ask"]
        return "not_allowed", "由主管单位办理" if role == "unit" else "无权办理"
    if ticket.status not in ACTS[action].statuses:
        words = _ENDED.get(ticket.status) or _NOT_NOW.get(action, {}).get(ticket.status)
        return "wrong_status", words or ("整改单尚未办结" if action == "reopen" else REFUSALS["wrong_status"])
    if action == "reopen" and ticket.merged_into is not None:
        return "wrong_status", f"整改单已并入 {ticket.merged_into}"
    if action == "approve" and ticket.recheck_outcome != "unverifiable":
        return "not_unverifiable", REFUSALS["not_unverifiable"]
    if action == "refuse_ask" and not asks:
        return "ask_unknown", "没有待答复的申请"
    if action == "ask" and (one := next((one for one in asks if one.kind == kind), None)) is not None:
        return "already_asked", f"{minute(one.asked_at, zone)} 已提出申请，尚待答复"
    if "extension" in (kind, ACTIONS[action].grants) and (reason := not_extendable(ticket, policy)) is not None:
        return reason, REFUSALS[reason]
    return None
