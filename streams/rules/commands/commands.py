"""Commands 指令: what people decide (rules K-1 to K-4, and one number for each action).

K-1  A command names a ticket of its own asset; anything else is refused.
K-2  The state machine: open -> acknowledged -> claimed; any pair that is not listed here is refused.
K-3  A refused command changes nothing and is answered by an event with the reason.
K-4  The same `command_id` acts once.
The actions themselves: unit_actions.py (the unit's work), verdicts.py (a person's judgement), regrouping.py (one cause,
one ticket), held_runs.py, resending.py (notices), asking.py (what a unit asks for).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, NamedTuple

from schemas.actions import ACTIONS
from schemas.command import Command
from streams.rules.closing import held_runs
from streams.rules.commands import asking, regrouping, resending, unit_actions, verdicts
from streams.rules.intake.signature import is_foreign
from streams.rules.state.changes import Changes
from streams.rules.state.outcomes import CommandOutcome
from streams.rules.state.records import Ticket
from streams.rules.tickets.tickets import OPEN

Act = Callable[[Changes, Ticket, Command], str | None]
"""Carries a command out on a ticket; the answer is the reason of a refusal, or None."""


class ActRow(NamedTuple):
    """How a command is carried out on a ticket, and in which states of it (K-2)."""

    carry_out: Act
    statuses: frozenset[str]


def command(changes: Changes, message: Command) -> CommandOutcome:
    """Takes a command in; the answer names the outcome."""
    if message.command_id is not None:
        if message.command_id in changes.commands:
            return "repeated"
        changes.commands.add(message.command_id)
        changes.change_set.commands.append(message.command_id)
    changes.command = message
    try:
        return _carry_out(changes, message)
    finally:
        changes.command = None


def _carry_out(changes: Changes, message: Command) -> CommandOutcome:
    unexplained = ACTIONS[message.action].needs_reason and not message.reason
    if message.action in _WITHOUT_TICKET:
        refusal: str | None
        if is_foreign(message, changes.assets[message.asset_id].unit_id):
            refusal = "not_your_unit"
        else:
            refusal = "reason_missing" if unexplained else _WITHOUT_TICKET[message.action](changes, message)
        if refusal is not None:
            _refuse(changes, message, None, refusal)
        return "refused" if refusal else "done"
    ticket = next((t for t in changes.tickets.values() if t.ticket_id == message.ticket_id), None)
    if ticket is None:
        _refuse(changes, message, None, "ticket_unknown")
        return "refused"
    if changes.asset_of(ticket).asset_id != message.asset_id:
        _refuse(changes, message, None, "ticket_of_another_asset")
        return "refused"
    if is_foreign(message, ticket.unit_id):
        _refuse(changes, message, ticket, "not_your_unit")
        return "refused"
    refusal = _unfit(changes, ticket, message) or ("reason_missing" if unexplained else None)
    refusal = refusal or ACTS[message.action].carry_out(changes, ticket, message)
    if refusal is not None:
        _refuse(changes, message, ticket, refusal)
        return "refused"
    return "done"


def _unfit(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """Why nobody, or not this person, can do it now."""
    if asking.must_ask(message, changes.policy):
        return "unit_must_ask"
    if ticket.status not in ACTS[message.action].statuses:
        return "wrong_status"
    return "ask_unknown" if asking.answers_another(changes, ticket, message) else None


REFUSALS: Final[Mapping[str, str]] = {
    "ticket_unknown": "没有这张整改单",
    "ticket_of_another_asset": "整改单不属于该资产",
    "not_your_unit": "密钥不属于该资产的主办单位",
    "wrong_status": "整改单当前状态不允许此操作",
    "problem_has_another_ticket": "其问题已另立整改单，请在该单上办理",
    "reason_missing": "必须说明理由",
    "unit_must_ask": "由单位提出申请、主管单位批准，不能自行办理，请提交申请",
    "already_asked": "同类申请已提出，尚待答复",
    "ask_unknown": "没有这项待答复的申请",
    "extension_limit": "已达到延期次数上限",
    "extension_too_long": "延期超过允许的工作日数",
    "extend_to_exceeded": "延期后超过自起算之日起允许的最长期限",
    "not_later": "新的时限必须晚于现在的时限",
    "until_passed": "报备期限已过",
    "unit_unknown": "没有这个单位",
    "same_unit": "已由该单位负责",
    "asset_registered": "资产仍在名录中，未标明关停注销",
    "not_unverifiable": "最近一次复查不是“无法核实”，不能审核通过",
    "run_not_held": "该次巡检不在待核状态",
    "target_unknown": "没有要并入的整改单",
    "target_is_itself": "不能并入自身",
    "target_of_another_asset": "要并入的整改单不属于该资产",
    "target_of_another_check": "要并入的整改单是另一检查项",
    "target_not_open": "要并入的整改单已办结",
    "problem_of_another_ticket": "指纹不是该整改单的问题",
    "problem_not_open": "拆出的问题必须是未消除的",
    "nothing_left": "不能拆出全部未消除的问题",
    "notice_unknown": "没有这条通知",
    "notice_of_another_asset": "通知不属于该资产",
    "notice_under_way": "通知尚在发送，不必补发",
    "notice_arrived": "通知已发出或可能已发出，确需补发须注明“再发一次”",
    "notice_outdated": "通知所述的情况已经改变，不再补发",
    "nobody_to_tell": "名录中已没有这位联系人，也没有接替的人",
    "notice_not_pending": "通知不在待发状态，不能停发",
}


def _refuse(changes: Changes, message: Command, ticket: Ticket | None, reason: str) -> None:
    """K-3."""
    asset = changes.assets[message.asset_id]
    heirs = changes.heirs.get(ticket.pk, ()) if ticket and reason == "problem_has_another_ticket" else ()
    named = f"（{'、'.join(heirs)}）" if heirs else ""
    changes.event(
        "command_refused",
        "K-3",
        reason,
        f"指令不予受理，{REFUSALS[reason]}{named}",
        ticket or asset,
        action=message.action,
        requested_ticket_id=message.ticket_id,
    )


_WITHOUT_TICKET: Final[Mapping[str, Callable[[Changes, Command], str | None]]] = {
    "accept_run": held_runs.judge,
    "reject_run": held_runs.judge,
    "resend_notice": resending.resend,
    "suppress_notice": resending.suppress,
}
ANY: Final = OPEN | {"closed", "dismissed"}
ACTS: Final[Mapping[str, ActRow]] = {
    "acknowledge": ActRow(unit_actions.acknowledge, frozenset(("open",))),
    "claim_fix": ActRow(unit_actions.claim, frozenset(("open", "acknowledged"))),
    "approve": ActRow(verdicts.approve, frozenset(("claimed",))),
    "send_back": ActRow(verdicts.send_back, frozenset(("claimed",))),
    "reassign": ActRow(unit_actions.reassign, OPEN),
    "extend": ActRow(unit_actions.extend, OPEN),
    "dismiss": ActRow(verdicts.dismiss, OPEN),
    "waive": ActRow(verdicts.waive, OPEN),
    "reopen": ActRow(verdicts.reopen_by_command, frozenset(("closed", "dismissed"))),
    "close": ActRow(verdicts.close_by_command, OPEN),
    "merge": ActRow(regrouping.merge_by_command, OPEN),
    "split": ActRow(regrouping.split, OPEN),
    "ask": ActRow(asking.ask, OPEN),
    "refuse_ask": ActRow(asking.refuse_ask, OPEN),
    "note": ActRow(asking.note, ANY),
}
