"""A policy pack's values in Chinese words, as tables, sheets and comparisons show them. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import time
from typing import Any, Final

from pydantic import BaseModel

from schemas.channels import CHANNEL_LABELS
from schemas.check_rule import Amount, Deduction, Line, Scalar, Sourced, Unit, Veto
from schemas.derivation import Counted, Probing, Tally
from schemas.guarded import Choice
from schemas.ladder import Moment, StepRule
from schemas.limits import (
    AskWaits,
    ClosingMail,
    Flapping,
    Looking,
    Overview,
    Quiet,
    RecheckCycle,
    RecheckWaits,
    Weekly,
    WorkingHours,
)
from schemas.places import HostPrefixes, IgnoredParameters, OneScheme
from schemas.policy import Policy
from schemas.powers import Powers
from schemas.vocabulary import ASSET_KIND_LABELS, ROLE_LABELS, SEVERITY_LABELS, UNIT_LABELS
from streams.presentation.dates import between, weekday
from streams.presentation.labels import LINE, YES_NO, labelled

ANCHORS: Final = {"opening": "立单", "due": "到期", "half": "时限过半"}
WHEN: Final[Mapping[Any, str]] = {
    "asset_kind": "资产",
    "column_kind": "栏目",
    "home_page": "首页",
    "message_kind": "留言",
    **ASSET_KIND_LABELS,
    "news": "动态要闻",
    "notice": "通知公告",
    "policy": "政策文件",
    "interpretation": "政策解读",
    "statistics": "办事统计",
    "messages": "留言公开",
    "simple": "简单常见问题",
    "complaint": "投诉建议",
    **YES_NO,
}
NUMBERS: Final = {
    "days": "{}天",
    "working_days": "每次{}个工作日",
    "times": "至多{}次",
    "sightings": "检出{}次",
    "minutes_apart": "间隔{}分钟",
    "sources": "或{}个来源",
    "lapse_hours": "{}小时未再见即失效",
    "findings": "超过{}个",
    "hours": "{}小时内",
    "problems": "超过{}个",
    "sampled": "头{}次申请抽样",
    "sample": "抽{}处复查",
    "runs": "近{}次的中位数",
    "least_runs": "至少有{}次",
    "pages": "少{}页以上",
    "settle_seconds": "等{}秒",
    "incomplete_seconds": "至多{}秒",
    "minutes": "{}分钟",
    "count": "{}条",
    "points": "{:g}分",
    "month": "{}月",
    "day": "{}日",
}


def amount_words(amount: Amount | Line) -> str:
    """`3个工作日`."""
    return f"{amount.amount}{UNIT_LABELS[amount.unit]}"


def when_words(when: Mapping[str, Scalar | tuple[Scalar, ...]]) -> str:
    """`栏目=政策文件/政策解读`; a word that has no label stays as it is."""
    return "，".join(
        f"{WHEN.get(key, key)}={'/'.join(map(_word, wanted if isinstance(wanted, tuple) else (wanted,)))}"
        for key, wanted in when.items()
    )


def case_words(when: Mapping[str, Scalar | tuple[Scalar, ...]]) -> str:
    """The same in short: `政策文件/政策解读`, `首页`."""
    return "，".join(
        _word(key) if wanted is True else when_words({key: wanted}).partition("=")[2] for key, wanted in when.items()
    )


def indicator_words(veto: Veto | None, deduction: Deduction | None) -> str:
    """`单项否决`, `扣1分至多5`, or both; the indicator's name is in the sheet of the check."""
    short = words(deduction).removeprefix(deduction.indicator).replace("，至多", "至多") if deduction else ""
    return "；".join(
        filter(None, (words(veto) if veto else "", short.removesuffix("分") if "至多" in short else short))
    )


def step_words(step: StepRule, ladder: tuple[StepRule, ...], *, hourly: bool) -> str:
    """When a step of the ladder comes, over which channels, to whom."""
    unit: Unit = "hour" if hourly else "working_day"
    told = "、".join(labelled(ROLE_LABELS, role) for role in step.to)
    over = "、".join(labelled(CHANNEL_LABELS, channel) for channel in step.over(unit))
    parts = [_moment(step.moment(unit), ladder), f"{over}告知{told}" if told and over else ""]
    parts += ["合并发送" if step.gathered and not hourly else "", "" if step.provisional else "暂定时限不到此步"]
    return "，".join(filter(None, parts))


def tally_words(tally: Tally, policy: Policy) -> str:
    """`空白栏目合计5个及以上`."""
    return f"{'、'.join(_counted(counted, policy) for counted in tally.of)}合计{tally.line}个及以上"


def probing_words(probing: Probing) -> str:
    """The share of failed probes."""
    return (
        f"{probing.days}天内每天间隔{probing.minutes_apart}分钟的访问不少于{probing.per_day}次，"
        f"超过{_number(probing.seconds)}秒打不开的占{_number(probing.share * 100)}%及以上"
    )


def asset_words(kind: str) -> str:
    """`网站`."""
    return WHEN.get(kind, kind)


def words(value: object) -> str:
    """Any other value."""
    match value:
        case Amount():
            return amount_words(value)
        case Line():
            return f"{LINE[value.kind]}{amount_words(value)}"
        case Deduction():
            cap = "" if value.cap is None else f"，至多{_number(value.cap)}分"
            return f"{value.indicator}扣{_number(value.points)}分{cap}"
        case Veto():
            return "逾期单项否决" if value.when == "overdue" else "单项否决"
        case (
            Flapping()
            | AskWaits()
            | RecheckWaits()
            | RecheckCycle()
            | ClosingMail()
            | Overview()
            | Weekly()
            | Looking()
            | Powers()
        ):
            return _closing(value)
        case Choice():
            return WHEN[value.value]
        case WorkingHours():
            return between(_clock(value.start), _clock(value.end))
        case Quiet():
            rest = "，休息日不发" if value.workdays_only else ""
            return f"{_clock(value.start)} 至次日 {_clock(value.end)} 不发{rest}"
        case BaseModel():
            own = [name for name in type(value).model_fields if name not in Sourced.model_fields]
            return "，".join(_field(name, getattr(value, name)) for name in own)
    return _simple(value)


def place_words(value: IgnoredParameters | HostPrefixes | OneScheme) -> str:
    """Which spellings of an address are one place."""
    match value:
        case IgnoredParameters():
            return f"{'、'.join(value.names)}{'（' + '、'.join(value.hosts) + '）' if value.hosts else ''}"
        case HostPrefixes():
            return "、".join(value.prefixes) or "无"
        case OneScheme():
            return "视为同一处" if value.on else "视为两处"


def _closing(
    value: Flapping | AskWaits | RecheckWaits | RecheckCycle | ClosingMail | Overview | Weekly | Looking | Powers,
) -> str:
    match value:
        case Powers():
            return "、".join(value.may) or "无"
        case RecheckWaits() | RecheckCycle():
            return _requesting(value)
        case AskWaits():
            return f"{value.working_days}个工作日内答复，逾期再次提请"
        case Flapping():
            return f"{value.days}天内复现超过{value.times}次的，连续{value.absent_hours}小时未再检出方可销号"
        case Overview():
            return f"逾期和{value.days}天内到期的，附在提醒、催办、预警邮件中" if value.on else "不附列"
        case Weekly():
            return f"每{weekday(value.weekday - 1)}{_clock(value.time)}（休息日顺延）以{CHANNEL_LABELS['email']}告知"
        case ClosingMail():
            return f"{CHANNEL_LABELS['email']}告知{ROLE_LABELS['duty']}" if value.mail else "不另行通知"
    return value.rung or "督办（没有督办的，最高一级）"


def _requesting(value: RecheckWaits | RecheckCycle) -> str:
    if isinstance(value, RecheckCycle):
        days = "、".join(weekday(day - 1) for day in value.weekdays)
        return f"等到{days}{_clock(value.time)}（休息日顺延）" if days else "即时申请"
    longer = f"，间隔逐次{value.factor}倍" if value.factor > 1 and value.times > 1 else ""
    waits = f"{value.wait_hours}小时（小时时限{value.hourly_wait_hours}小时）"
    return f"{waits}后再申请，共{value.times}次{longer}" if value.times > 1 else f"{waits}后不再申请"


def _simple(value: object) -> str:
    if value is None or value in ("", ()):
        return "无"
    match value:
        case tuple():
            return "、".join(map(words, value))
        case bool():
            return WHEN[value]
        case time():
            return _clock(value)
        case str():
            return SEVERITY_LABELS.get(value, value)
    return str(value)


def _field(name: str, value: Any) -> str:
    if name == "share":
        return f"{_number(value * 100)}%"
    return NUMBERS[name].format(value) if name in NUMBERS else f"{name}={words(value)}"


def _counted(counted: Counted, policy: Policy) -> str:
    parts = [when_words(counted.when) if counted.when else ""]
    parts += [f"缺{counted.missing}个及以上要素" if counted.missing else ""]
    parts += [f"超过{counted.months}个月" if counted.months else ""]
    said = "，".join(filter(None, parts))
    return f"{policy.rule(counted.check).name}{f'（{said}）' if said else ''}"


def _moment(moment: Moment, ladder: tuple[StepRule, ...]) -> str:
    named = next((step.title for step in ladder if step.name == moment.anchor), None)
    anchor = named or ANCHORS.get(moment.anchor, moment.anchor)
    if moment.time is not None:
        side = "后" if moment.working_days > 0 else "前"
        said = f"{anchor}{side}第{abs(moment.working_days)}个工作日{_clock(moment.time)}"
        return f"{said}（不足{moment.half_below}个工作日的过半时）" if moment.half_below else said
    if moment.hours:
        return f"{anchor}后{moment.hours}小时"
    return f"{anchor}即时" if moment.anchor != "half" else anchor


def _word(value: Scalar) -> str:
    return WHEN.get(value, str(value)) if isinstance(value, str | bool) else str(value)


def _number(value: float) -> str:
    return f"{value:g}"


def _clock(value: time) -> str:
    return value.strftime("%H:%M")
