"""What a ticket's events say, each as one sentence for somebody who has never seen the system. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Final

from schemas.vocabulary import REASON_CODE_LABELS, TIMELINESS_LABELS, UNIT_LABELS
from streams.presentation.dates import time_over
from streams.presentation.labels import LINE, NOBODY, PROVISIONAL
from streams.presentation.letters.kinds import called
from streams.presentation.ticket.ask_sentences import ask_ended, ask_refused, ask_unanswered, asked, noted
from streams.presentation.ticket.narration import Event, Narrator
from streams.presentation.ticket.proof import NOTED, proof_words
from streams.presentation.ticket.recheck_sentences import recheck_failed, recheck_requested, recheck_unanswered
from streams.rules.state.event_words import CONTENT_CHANGED
from streams.rules.state.terms import Deadline, deadline_of


def summary(event: Event, teller: Narrator) -> str:
    """The event's own sentence, for types that say nothing more."""
    return f"{teller.sentence(event)}。"


def place(locator: str | None) -> str:
    """Where on the asset."""
    return f"的 {locator} 处" if locator else ""


def _said(event: Event, word: str = "理由") -> str:
    return f"，{word}：{event['said']}" if event.get("said") else ""


def _by(event: Event) -> str:
    return str(event.get("by") or NOBODY)


def _opened(event: Event, teller: Narrator) -> str:
    terms = _terms(event, teller)
    warned = f"。立单前自 {teller.when(event['warned_at'])} 起已预警" if event.get("warned_at") else ""
    return f"{opened_briefly(event, teller)}{terms}{warned}{former_words(event)}。"


def opened_briefly(event: Event, teller: Narrator) -> str:
    """That a ticket was opened, for whom and until when, without how that is counted, and without a full stop."""
    why = f"累计达到{LINE['veto']}，" if event["reason"] == "line_reached" else ""
    return f"{why}立单，责任单位为{teller.unit(event.get('unit_id'))}，整改时限 {teller.when(event['due_at'])}"


def _terms(event: Event, teller: Narrator) -> str:
    """How its deadline is counted, and by which rule."""
    frozen, text = deadline_of(teller.dossier.ticket), ""
    if not (
        frozen.granted or frozen.reopened or (frozen.begun and frozen.begun.reason == "registered")
    ):  # otherwise the amount is no longer that of the opening
        text += f"：{_amount(frozen)}"
    text += f"；所依规则 {frozen.first_rule}，依据：{frozen.basis or '未载明'}"
    if event.get("true_due_at"):
        text += f"；首次入库，自入库之日起算，原应于 {teller.when(event['true_due_at'])} 前办结"
    if frozen.provisional:
        text += f"；该年放假安排尚未公布，时限{PROVISIONAL}"
    return text


def former_words(event: Event) -> str:
    """Of which ticket it is a recurrence; empty of none."""
    if not event.get("recurrence_of"):
        return ""
    by = "、".join(event.get("reported_before") or ())
    return f"。同一问题曾列入 {event['recurrence_of']}{f'（当时由 {by} 检出）' if by else ''}，属再次发生"


def _amount(frozen: Deadline) -> str:
    if frozen.unit == "date":
        return "通报载明的日期，遇休息日顺延"
    how = "自检出起连续计算，节假日不停" if frozen.unit == "hour" else "自次日起计算，至最后一日24时"
    return f"{frozen.amount}{UNIT_LABELS[frozen.unit]}（{how}）"


def _joined(event: Event, teller: Narrator) -> str:
    if event.get("merged_from"):
        return f"整改单 {event['merged_from']} 并入，共 {event['problem_count']} 处，时限不变{_said(event)}。"
    warned = f"，此前自 {teller.when(event['warned_at'])} 起已预警" if event.get("warned_at") else ""
    return (
        f"同一成因的另一处问题（{teller.place(event['locator'])}）并入，共 {event['problem_count']} 处，时限不变"
        f"{warned}{former_words(event)}。"
    )


def _warned(event: Event, teller: Narrator) -> str:
    return f"“{teller.policy.rule(event['check']).name}”接近{LINE['breach']}，预警，当时不立单。"


def _claimed(event: Event, teller: Narrator) -> str:
    del teller
    measures = f"，措施：{event['measures']}" if event.get("measures") else ""
    return f"{_by(event)} 反馈已整改{measures}{_said(event, '说明')}。反馈不等于销号，待复查核实。"


def _extended(event: Event, teller: Narrator) -> str:
    due = f"{teller.when(event['due_before'])} 延至 {teller.when(event['due_at'])}"
    return f"{_by(event)} 同意延期，时限由 {due}{_said(event)}。"


def _reminded(event: Event, teller: Narrator) -> str:
    return f"时限 {teller.when(event['due_at'])} 将至，提醒责任单位。"


def _overdue(event: Event, teller: Narrator) -> str:
    return f"时限 {teller.when(event['due_at'])} 已过而未销号，逾期。"


def _escalated(event: Event, teller: Narrator) -> str:
    over = event["overdue_for"]
    days = over["working_days"]
    hourly = teller.dossier.ticket.due_unit == "hour"
    late = time_over(timedelta(seconds=over["seconds"]), days=days, hourly=hourly) if over["seconds"] else "已到时限"
    missed = "、".join(called(name, teller.policy) for name in event.get("missed") or ())
    note = f"（{missed}的时间已一并过去，只进行最高的一级）" if missed else ""
    return f"{late}仍未销号，{called(event['rung'], teller.policy)}{note}。"


def _problem_gone(event: Event, teller: Narrator) -> str:
    place = teller.place(event["locator"])
    return f"{place} 的问题已消除：{proof_words(event)}；其余问题继续整改。"


def _absence_noted(event: Event, teller: Narrator) -> str:
    place = teller.place(event["locator"])
    return f"{place}：{proof_words(event)}，已记录；尚不足以销号，{NOTED.get(event['reason'], event['reason'])}。"


def _closed(event: Event, teller: Narrator) -> str:
    if event["reason"] == "merged":
        return f"并入整改单 {event['merged_into']}，本单终结{_said(event)}。"
    how = TIMELINESS_LABELS.get(event.get("timeliness") or "")
    timely = f"，{how}办结" if how else ""
    said = _said(event) if (event.get("proof") or {}).get("kind") != "person" else ""
    return f"销号：{proof_words(event)}（证据时间 {teller.when(event.get('evidence_at'))}）{timely}{said}。"


_BACK: Final = {
    "relapse": "销号后又被检出，属反弹",
    "waiver_ended": "报备到期后又被检出",
    "content_changed": CONTENT_CHANGED,
}


def _reopened(event: Event, teller: Narrator) -> str:
    if event["reason"] == "late_finding":
        return f"同一次巡检 {event.get('run_id') or ''} 的检出晚到，说明问题仍在，撤回销号，时限不变。"
    why = _BACK.get(event["reason"])
    if event.get("flapping"):
        why = f"销号后又被检出，已第 {event['flapping']} 次复现，属时好时坏，须更长时间未再检出方可销号"
    if why is None:
        why = f"{_by(event)} 决定重开{_said(event)}"
    warned = f"此前自 {teller.when(event['warned_at'])} 起已预警。" if event.get("warned_at") else ""
    anew = "，首次入库，自入库之日起算" if event.get("true_due_at") else ""
    due = f"时限 {teller.when(event.get('due_at'))}（原时限的一半{anew}）"
    return f"{why}。{warned}整改单重新打开，{due}，提醒和升级重新开始。"


def _dismissed(event: Event, teller: Narrator) -> str:
    del teller
    what = REASON_CODE_LABELS.get(event["reason"], "误报")
    return f"{_by(event)} 认定为{what}，核减{_said(event)}；再次检出也不再立单。"


def _waived(event: Event, teller: Narrator) -> str:
    return f"{_by(event)} 同意报备至 {teller.when(event['until'])}{_said(event)}；到期前再次检出不处理。"


def _reassigned(event: Event, teller: Narrator) -> str:
    before, after = teller.unit(event.get("unit_before")), teller.unit(event.get("unit_id"))
    moved = "因单位撤并，移交" if event["reason"] == "unit_replaced" else "因资产登记或变更单位，移交"
    why = f"{_by(event)} 转派" if event.get("by") else moved
    if event["reason"] == "not_ours":
        return f"{_by(event)} 认定不属该单位职责，转派：由{before}转给{after}{_said(event)}。"
    return f"{why}：由{before}转给{after}{'，时限不变' if event.get('unit_before') else ''}。"


def _asset_moved(event: Event, teller: Narrator) -> str:
    del teller
    return f"资产已迁移至 {event['replaced_by']}；问题属原址，本单不随迁，报主管单位核实。"


def _sent_back(event: Event, teller: Narrator) -> str:
    del teller
    return f"{_by(event)} 不认可反馈，退回重办{_said(event)}。"


def _acknowledged(event: Event, teller: Narrator) -> str:
    del teller
    return f"{_by(event)} 签收，开始办理{_said(event, '说明')}。"


def _deadline_changed(event: Event, teller: Narrator) -> str:
    due = f"{teller.when(event['due_before'])} 变为 {teller.when(event['due_at'])}"
    if event.get("true_due_at"):
        return f"资产登记在立单之后，单位此前无从知晓，时限自登记之日起重新计算，由 {due}；是否按期仍按原时限统计。"
    return f"该年放假安排公布，时限重新计算，由 {due}。"


def _line_crossed(event: Event, teller: Narrator) -> str:
    basis = event["line"]["basis"]
    return f"{teller.sentence(event)}{f'，依据：{basis}' if basis else ''}。"


def _split(event: Event, teller: Narrator) -> str:
    del teller
    if event.get("split_into"):
        return f"{_by(event)} 拆单：部分问题另立整改单 {event['split_into']}{_said(event)}。"
    where = event.get("split_from")
    return f"{_by(event)} 由整改单 {where} 拆出，共 {event['problem_count']} 处，时限不变{_said(event)}。"


def _about_notice(event: Event, teller: Narrator) -> str:
    return f"{teller.sentence(event)}{_said(event)}。"


def _refused(event: Event, teller: Narrator) -> str:
    return f"{_by(event)} 的操作（{event['action']}）：{teller.sentence(event)}。"


SENTENCES: Final[Mapping[str, Callable[[Event, Narrator], str]]] = {
    "opened": _opened,
    "joined": _joined,
    "warned": _warned,
    "acknowledged": _acknowledged,
    "fix_claimed": _claimed,
    "extended": _extended,
    "reminded": _reminded,
    "overdue": _overdue,
    "escalated": _escalated,
    "recheck_requested": recheck_requested,
    "recheck_failed": recheck_failed,
    "recheck_unanswered": recheck_unanswered,
    "absence_noted": _absence_noted,
    "problem_gone": _problem_gone,
    "closed": _closed,
    "reopened": _reopened,
    "dismissed": _dismissed,
    "waived": _waived,
    "reassigned": _reassigned,
    "asset_moved": _asset_moved,
    "sent_back": _sent_back,
    "deadline_changed": _deadline_changed,
    "line_crossed": _line_crossed,
    "split": _split,
    "notice_resent": _about_notice,
    "notice_suppressed": _about_notice,
    "asked": asked,
    "ask_refused": ask_refused,
    "ask_ended": ask_ended,
    "ask_unanswered": ask_unanswered,
    "noted": noted,
    "command_refused": _refused,
}
