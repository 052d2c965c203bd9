"""Silence: why nothing was sent about a ticket, or why somebody else was told (rule N-15).

N-15  For every ticket there is an answer in plain words: whose it is, who is told in whose place, what became of each
      notice and what still holds it, which step comes next and when, and which never comes. Each has a stable word.

A pure function of what the ledger knows of the ticket; the same words everywhere (command line, JSON).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from schemas.channels import CHANNEL_LABELS, CHANNELS, Channel, NoticeChannel
from schemas.ladder import Role, StepRule
from schemas.policy import Policy
from schemas.registry import Unit
from schemas.vocabulary import ROLE_LABELS, STATUS_LABELS
from streams.presentation.dates import OVERDUE, local
from streams.presentation.labels import NOBODY, NOTICE, PROVISIONAL, labelled
from streams.presentation.letters.kinds import called
from streams.presentation.waiting import ask_words, waiting_words
from streams.rules.deadlines.lines import is_line
from streams.rules.notices.notices import STOPPED, WITHDRAWN, recipients
from streams.rules.sending.fallback import in_place_of
from streams.rules.sending.quiet import next_allowed
from streams.rules.sending.sending import cap
from streams.rules.state.records import Ask, Notice, OpenRequest, Ticket
from streams.rules.state.snapshot import Registry
from streams.rules.state.terms import deadline_of, steps_of
from streams.rules.tickets.tickets import OPEN

SENT: Final = ("accepted", "delivered")


class Reason(NamedTuple):
    """One reason: a stable word, a sentence, and the moment that it speaks of, if it does."""

    reason: str
    text: str
    at: datetime | None = None
    notice_id: str | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """What the answers rest on. `configured`: the channels that are set up."""

    ticket: Ticket
    notices: Sequence[Notice]
    registry: Registry
    policy: Policy
    configured: frozenset[NoticeChannel]
    at: datetime
    requests: Sequence[OpenRequest] = ()  # its open recheck requests
    asks: Sequence[Ask] = ()  # its open asks


def answers(case: Case) -> list[Reason]:
    """Every answer, from whose the ticket is to what comes next; never empty."""
    return [*_owner(case), *_people(case), *_sent(case), *_unsent(case), *_in_place(case), *_ahead(case)]


def unsent(notice: Notice, case: Case) -> Reason | None:
    """Why this notice has not been sent, or not arrived; None for one that has been handed over."""
    made = _ENDED.get(notice.state)
    if notice.state == "pending":
        return _pending(notice, case)
    if notice.state == "suppressed":
        return _answer(case, notice, *_suppressed(notice, case))
    if made is None:
        return None
    reason, words = made
    code = f"（{notice.code}）" if notice.code else ""
    return _answer(case, notice, reason, f"{words}{code}")


_ENDED: Final = {
    "sending": ("sending", "正在发送"),
    "expired": ("expired", "7天内没能发出，已过期，不再发送"),
    "undelivered": ("bounced", "已发出，但被退回，没有送达"),
    "uncertain": ("uncertain", "短信网关没有答复，可能已送达；不再重发，等待回执"),
    "dead": ("refused", "服务商拒收，不再重试"),
}


def _suppressed(notice: Notice, case: Case) -> tuple[str, str]:
    words = {
        "channel_not_configured": f"没有设置{labelled(CHANNEL_LABELS, notice.channel)}渠道，不发送",
        "ticket_closed": "发送前整改单已办结，不再发送",
        "ticket_reopened": "发送前整改单又重新打开，不再发送",
        "superseded": "发送前已被更高一级的通知取代，不再发送",
        "never_told": "立单通知没有发出过，不再告知销号",
        "ask_over": "发送前申请已答复或终止，不再发送",
        STOPPED: "由人工停发",
        WITHDRAWN: f"{_why_withdrawn(notice, case.ticket)}，已撤回",
    }
    code = notice.code or "suppressed"
    return code, words.get(code, f"不发送（{code}）")


def _why_withdrawn(notice: Notice, ticket: Ticket) -> str:
    if ticket.closed_at is None or notice.updated_at < ticket.closed_at:
        return "整改单已转派、延期或重新计算时限"
    if ticket.merged_into is not None:
        return f"整改单已并入 {ticket.merged_into}"
    return f"整改单{STATUS_LABELS[ticket.status]}"


def _pending(notice: Notice, case: Case) -> Reason:
    """What holds it: in the order in which the dispatcher would see it."""
    sending, zone = case.policy.sending, case.registry.zone
    until = notice.not_before
    when = local(until, zone)
    if notice.code == STOPPED:
        return _answer(case, notice, STOPPED, "由人工停发")
    if notice.channel not in case.configured:
        word = labelled(CHANNEL_LABELS, notice.channel)
        return _answer(case, notice, "channel_not_configured", f"没有设置{word}渠道，不会发送")
    if notice.code == WITHDRAWN:
        return _answer(case, notice, WITHDRAWN, f"{_why_withdrawn(notice, case.ticket)}，撤回")
    if until > case.at:
        channel = CHANNELS[notice.channel]
        if (daily := channel.daily_cap) is not None and notice.code == daily.code:
            full = f"今日{channel.label}已满 {cap(sending, daily)} {daily.measure}"
            words = f"{full}，{when} 起与其他{channel.label}合为一{daily.measure}"
            return _answer(case, notice, daily.code, words, until)
        if notice.code == "quiet_hours":
            return _answer(case, notice, "quiet_hours", f"免打扰时段或休息日，{when} 起发送", until)
        if notice.attempts:
            return _answer(
                case, notice, "retrying", f"第 {notice.attempts} 次发送未成（{notice.code}），{when} 再试", until
            )
        return _answer(case, notice, "gathering", f"合并同一时段的通知，{when} 起发送", until)
    allowed = case.at if notice.exempt else next_allowed(case.at, sending.quiet, case.registry.calendar, zone)
    if allowed > case.at:
        return _answer(case, notice, "quiet_hours", f"免打扰时段或休息日，{local(allowed, zone)} 起发送", allowed)
    return _answer(case, notice, "waiting", f"{when} 起应发送而尚未发出：工作节点未运行，或服务商暂时不可用", until)


def _answer(case: Case, notice: Notice, reason: str, words: str, at: datetime | None = None) -> Reason:
    return Reason(reason, f"{_who(notice, case)}：{words}。", at, notice.notice_id)


def _who(notice: Notice, case: Case) -> str:
    channel = labelled(CHANNEL_LABELS, notice.channel)
    what = called(notice.kind, case.policy)
    return f"“{what}”{channel}（{notice.name or NOBODY}）"


def _owner(case: Case) -> Iterator[Reason]:
    unit_id = case.ticket.unit_id
    if unit_id is None:
        yield Reason(
            "unassigned", "资产没有登记，整改单没有责任单位，没有可通知的人；升级只发布给主管方，登记后即移交并通知。"
        )
    elif unit_id not in case.registry.units:
        yield Reason("unit_unknown", f"责任单位 {unit_id} 不在名录中，没有可通知的人；单位登记后即补发通知。")


def _people(case: Case) -> Iterator[Reason]:
    """Who is told in whose place: for each role that a step names, as long as anything may still be sent."""
    ticket = case.ticket
    unit = case.registry.units.get(ticket.unit_id) if ticket.unit_id else None
    if unit is None or (ticket.status not in OPEN and case.notices):
        return
    hourly = deadline_of(ticket).unit
    channels: dict[Role, list[Channel]] = {}
    for step in case.policy.ladder:
        for role in step.to:
            used = channels.setdefault(role, [])
            used += [channel for channel in step.over(hourly) if channel not in used]
    for role, used in channels.items():
        yield from _role(case.registry, unit, role, used)


def _role(registry: Registry, unit: Unit, role: Role, channels: Sequence[Channel]) -> Iterator[Reason]:
    found = list(recipients(registry, unit.unit_id, (role,)))
    label = ROLE_LABELS[role]
    if role == "supervisor" and (unit.supervisor_id is None or unit.supervisor_id not in registry.units):
        yield Reason(
            "no_supervisor", f"{unit.name}没有登记主管单位，该发给{label}的只发布到升级主题，没有人收到邮件或短信。"
        )
        return
    if not found:
        of = "的主管单位" if role == "supervisor" else "及其主管单位"
        yield Reason("no_recipient", f"{unit.name}{of}都没有可用的联系人，该发给{label}的无人可发。")
        return
    names = "、".join(contact.name or NOBODY for _, contact in found)
    told_by = found[0][0]
    if role != "supervisor" and told_by.unit_id != unit.unit_id:
        yield Reason(
            "told_the_supervisor",
            f"{unit.name}没有可用的联系人，该发给{label}的改发主管单位{told_by.name}（{names}）。",
        )
    elif role != "supervisor" and all(contact.role != role for _, contact in found):
        yield Reason("told_others", f"{unit.name}没有{label}联系人，该发给{label}的改发本单位{names}。")
    for channel in channels:
        if not any(contact.address(channel) for _, contact in found):
            yield Reason(
                "no_address",
                f"{names}没有可用的{CHANNELS[channel].address_label}，{label}收不到{CHANNEL_LABELS[channel]}。",
            )


def _sent(case: Case) -> Iterator[Reason]:
    for notice in case.notices:
        if notice.state in SENT:
            when = local(notice.updated_at, case.registry.zone)
            yield _answer(case, notice, "sent", f"{when} {NOTICE[notice.state]}", notice.updated_at)


def _unsent(case: Case) -> Iterator[Reason]:
    yield from (answer for notice in case.notices if (answer := unsent(notice, case)) is not None)


def _in_place(case: Case) -> Iterator[Reason]:
    """N-25: who is told in the place of somebody whom a notice did not reach."""
    failures = in_place_of(case.notices)
    for notice in case.notices:
        if (failure := failures.get(notice.notice_id)) is not None:
            unit = case.registry.units.get(notice.unit_id or "")
            whose = unit.name if unit is not None and notice.unit_id != failure.unit_id else "本单位"
            words = f"没有送达，改发{whose}{notice.name or NOBODY}（{labelled(CHANNEL_LABELS, notice.channel)}）"
            yield _answer(case, failure, "told_in_place", f"{words}，只改发一次", notice.created_at)


def _ahead(case: Case) -> Iterator[Reason]:
    ticket, policy, zone = case.ticket, case.policy, case.registry.zone
    if case.requests and ticket.status != "closed":
        since = min(one.requested_at for one in case.requests)
        yield Reason("waits_for_recheck", f"{waiting_words(case.requests, case.at, zone)}。", since)
    for ask in case.asks:
        yield Reason("asked", f"{ask_words(ask, case.registry.units, zone)}。", ask.asked_at)
    if ticket.status not in OPEN:
        yield Reason("ended", f"整改单{STATUS_LABELS[ticket.status]}，不再提醒和升级。", ticket.closed_at)
        return
    frozen = deadline_of(ticket)
    steps = [step for step in steps_of(ticket) if not is_line(step)]
    if steps:
        first = steps[0]
        rule = policy.steps.get(first.name)
        yield Reason(
            "nothing_due",
            f"下一步是“{_name(rule, first.name)}”，在 {local(first.at, zone)}{_to(rule, case)}。",
            first.at,
        )
    elif not frozen.provisional:
        yield Reason("no_more_steps", "阶梯已走完，没有更高的一级。")
    ahead = policy.sending.overview
    if ahead.on and ticket.unit_id is not None and ticket.due_at < case.at + timedelta(days=ahead.days):
        when = OVERDUE if ticket.due_at < case.at else f"{ahead.days}天内到期"
        yield Reason("listed", f"{when}：{_LISTED}。")
    if frozen.provisional:
        closed = [step.title for step in policy.ladder if not step.provisional]
        if closed:
            words = "、".join(closed)
            yield Reason(
                "provisional",
                f"时限{PROVISIONAL}跨入尚未公布放假安排的年份：只提醒、催办，不进行{words}；公布后重新计算。",
            )


_LISTED: Final = "本单位联系人收到提醒、催办、预警邮件时附列在内，不单独发邮件"


def _name(rule: StepRule | None, name: str) -> str:
    return rule.title if rule is not None else name


def _to(rule: StepRule | None, case: Case) -> str:
    channels = rule.over(deadline_of(case.ticket).unit) if rule is not None else ()
    if rule is None or not rule.to or not channels:
        return "，只作记录，不发通知"
    people = "、".join(ROLE_LABELS[role] for role in rule.to)
    return f"，以{'、'.join(CHANNEL_LABELS[channel] for channel in channels)}通知{people}"
