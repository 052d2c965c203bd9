"""Why a ticket has its deadline, told in Chinese sentences, each with the number of the rule behind it. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from schemas.vocabulary import EVENT_LABELS, UNIT_LABELS
from streams.presentation.dates import listed_day, local
from streams.presentation.deadline.counted_days import span_words
from streams.presentation.deadline.story import Origin, Why
from streams.presentation.labels import PROVISIONAL, SURE, SURE_MEANS, labelled
from streams.presentation.policy.words import WHEN, when_words
from streams.rules.state.terms import Begun, BegunAnew, Deadline

ORIGINS: Final[Mapping[Origin, str]] = {
    "received": "收到之时",
    "seen": "首次检出之时",
    "opened": "确认立单之时",
    "reopened": "重新打开之时",
}


BEGUN: Final[Mapping[Begun, tuple[str, str]]] = {
    "first_load": ("首次入库的存量问题", "L-15"),
    "registered": ("资产登记在立单之后，责任单位此前无从知晓", "L-16"),
}


def told(why: Why, in_force: str, zone: ZoneInfo) -> Iterator[str]:
    """The sentences; `in_force` is the pack of now, as tickets name it."""
    ticket, terms = why.ticket, why.terms
    provisional = PROVISIONAL if terms.provisional else ""
    yield f"{ticket.ticket_id}  {why.check_name}  时限 {_moment(ticket.due_at, zone)}{provisional}"
    yield f"依据  {_basis(why)}"
    yield f"条目  {_row(why)}"
    yield from (f"      {line}" for line in _reasons(why))
    if not terms.given:
        yield f"起算  {local(why.start.at, zone)}（{ORIGINS[why.start.origin]}）。{_from(why)}"
    if terms.begun is not None:
        yield from _begun(terms, terms.begun, zone)
    yield from _counting(why, zone)
    for event in why.changes:
        yield f"变更  {_change(event)}"
    if terms.provisional:
        years = "、".join(map(str, why.unpublished))
        yield f"暂定  {years} 年放假安排尚未公布，按周一至周五推算；公布后重新计算，如有变化另行通知 [L-7]"
        if why.ladder_stops_below:
            yield f"      暂定期间照常提醒、催办，不进入{'、'.join(why.ladder_stops_below)} [E-9]"
    kept = "，与现行的相同" if terms.policy == in_force else f"；现行为 {in_force}，不影响本单 [P-6]"
    yield f"规则包 {terms.policy}，立单时的版本{kept}；日历 {terms.calendar}"
    yield _in_english(why, zone)


def _basis(why: Why) -> str:
    if why.terms.given:
        return f"{why.terms.basis}（检出信息载明）"
    return f"{why.terms.basis}〔{SURE[why.sure]}：{SURE_MEANS[why.sure]}〕" if why.sure else why.terms.basis


def _row(why: Why) -> str:
    terms = why.terms
    if terms.given:
        return f"{terms.row}：通报或通知载明的期限代替规则包的时限 [L-3]"
    unit = UNIT_LABELS.get(terms.unit, "")
    amount = f"，{terms.own_amount}{unit}" if unit else ""
    return f"{terms.row}{amount} [L-2]"


def _reasons(why: Why) -> Iterator[str]:
    """Which variant, and why."""
    if why.terms.given:
        return
    if not why.known:
        yield f"立单时的规则包 {why.terms.policy} 现在不可得，情形的比对无从重现；以上为整改单所存"
        return
    if why.variant is not None:
        yield f"符合情形“{when_words(why.variant.when)}”：{_evidence(why.variant.when, why.evidence)}"
    elif why.rule is not None and why.rule.variants:
        yield "没有符合的情形，适用检查项本身的时限"
    for variant in why.passed_over:
        yield f"不符情形“{when_words(variant.when)}”：{_evidence(variant.when, why.evidence)}"
    if why.ticket.guarded:
        strict = "适用保障期时限" if why.terms.row.endswith("/guarded") else "该项未定保障期时限，仍按平时"
        yield f"立单时在重要保障期内，{strict} [L-4]"


def _evidence(when: Mapping[str, Any], evidence: Mapping[str, Any]) -> str:
    given = {key: evidence.get(key) for key in when}
    return "，".join(
        f"检出为{when_words({key: value})}" if value is not None else f"检出未给{labelled(WHEN, key)}"
        for key, value in given.items()
    )


def _from(why: Why) -> str:
    if why.terms.unit == "hour":
        return "按小时昼夜连续计算，不扣除夜间和休息日 [L-4]"
    return "起算当日不计（民法典第201条） [L-1]"


def _begun(terms: Deadline, begun: BegunAnew, zone: ZoneInfo) -> Iterator[str]:
    what, rule = BEGUN[begun.reason]
    yield f"另计  {what}，时限自 {listed_day(begun.day)} 起算，满 {terms.own_amount}{UNIT_LABELS[terms.unit]} [{rule}]"
    yield f"      按原起算时间应于 {_moment(begun.true_due_at, zone)} 前办结，是否按期以此统计 [M-5]"


def _counting(why: Why, zone: ZoneInfo) -> Iterator[str]:
    terms, due = why.terms, why.ticket.due_at
    if terms.reopened:
        yield "减半  重新打开的，时限为原时限之半，至少1个工作日 [L-5]"
    if None in terms.granted:
        yield f"计算  经批准延期至 {_moment(due, zone)} [L-6]"
    elif terms.unit == "hour":
        yield f"计算  {local(why.start.at, zone)} + {terms.amount}小时 = {local(due, zone)}"
    elif terms.unit == "date":
        yield "计算  期限所载之日，遇休息日顺延至其后第一个工作日（民法典第203条） [L-3]"
    elif terms.unit == "month":
        yield f"计算  {terms.amount}个月后的对应日，遇休息日顺延（民法典第203条）"
    for number, span in enumerate(why.days):
        yield f"{'计算' if not number else '    '}  {span_words(span)}"
    if why.days:
        days = sum(filter(None, terms.granted))
        more = f"（{terms.own_amount} + 延期{days}）" if days else ""
        yield f"      第{terms.amount}个工作日{more}为 {listed_day(due.astimezone(zone).date())}，至当日 23:59:59 止"


def _change(event: Mapping[str, Any]) -> str:
    by = f"（{event['by']}）" if event.get("by") else ""
    at = str(event["at"])[:16].replace("T", " ")
    return f"{at} {labelled(EVENT_LABELS, event['type'])}{by}：{event['summary']} [{event['rule']}]"


def _in_english(why: Why, zone: ZoneInfo) -> str:
    terms, due = why.terms, local(why.ticket.due_at, zone)
    provisional = ", provisional" if terms.provisional else ""
    if terms.given or None in terms.granted:
        return f"Due {due}{provisional}: a date that was set or granted ({terms.rule}), pack {terms.policy}."
    start = local(why.start.at, zone) if terms.begun is None else f"{terms.begun.day} ({terms.begun.reason})"
    unit = terms.unit.replace("_", " ")
    counted = f"{terms.amount} {unit}(s) from {start} ({why.start.origin})"
    return f"Due {due}{provisional}: {counted}, by {terms.rule} of {terms.policy}."


def _moment(moment: datetime, zone: ZoneInfo) -> str:
    there = moment.astimezone(zone)
    return f"{listed_day(there.date())}{there:%H:%M}"
