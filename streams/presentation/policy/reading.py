"""A policy pack, read value by value: what it says, in words, and who ruled so; and how two packs differ.

P-4  Two packs are compared value by value, after all that they extend: a value that only one has, another amount, and
     another basis for the same amount are each said, with both values and both sources.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, Final, Literal, NamedTuple

from schemas.check_rule import CheckRule, Sourced, Terms
from schemas.ladder import StepRule
from schemas.policy import Policy
from schemas.powers import COMMAND_ROLES
from streams.presentation.policy.words import (
    asset_words,
    place_words,
    probing_words,
    step_words,
    tally_words,
    when_words,
    words,
)

LABELS: Final = {
    "name": "名称",
    "severity": "程度",
    "deadline": "时限",
    "guarded": "重要保障期时限",
    "extend_to": "最长延至",
    "lines": "线",
    "deduction": "扣分",
    "veto": "单项否决",
    "grouped": "可归并",
    "group_by": "归并依据",
    "discriminator": "区分依据",
    "transient": "须确认",
    "working_hours": "工作时间",
    "ignored_parameters": "网址中不计的参数",
    "host_prefixes": "网址中不计的主机前缀",
    "one_scheme": "http与https",
    "notice": "通报点名的整改期限",
    "relapse": "反弹窗口",
    "reopened": "重开时限占原时限",
    "acknowledgement": "签收失效于时限过去",
    "extension": "延期",
    "confirmation": "疑似问题的确认",
    "explosion": "成批问题并为一单",
    "brake": "销号过多先核实",
    "producer_brake": "巡检方销号过多先核实",
    "counters": "检出次数最迟发布",
    "shrunken": "检查页数骤减先核实",
    "recheck": "复查申请无答复",
    "recheck_cycle": "反馈后复查",
    "flapping": "时好时坏",
    "asks": "申请答复",
    "run": "等待检出到齐",
    "calendar": "催要次年安排自",
    "pass_mark": "合格线",
    "exempt": "保障期通知不受限",
    "gather": "立单通知合并",
    "sms_per_contact_and_day": "每人每天短信",
    "mails_per_contact_and_day": "每人每天邮件",
    "quiet": "免打扰",
    "overview": "附列其他在办",
    "weekly": "每周告知主管单位",
    "closed": "销号通知",
    "producer": "巡检方可发指令",
    "unit": "单位可发指令",
    "supervisor": "主管单位可发指令",
}
CHANGES: Final = {"added": "新增", "removed": "取消", "changed": "改为", "basis": "依据"}
"""What a change is called."""
_NOT_TERMS: Final = ("code", "variants", "when")


class Value(NamedTuple):
    """One value of a pack."""

    at: tuple[str | int, ...]  # where it stands in the merged data
    path: str  # the same for people, e.g. checks.link.dead[home_page=true].deadline
    subject: str  # e.g. 死链 link.dead（首页=是）
    label: str
    words: str
    sure: str | None  # None: a choice of design, which needs no source
    basis: str
    case: str = ""  # of a variant, e.g. 首页=是
    in_table: str | None = None  # instead of the label, in a table of its own


class PackChange(NamedTuple):
    """What differs between two packs at one place."""

    kind: Literal["added", "removed", "changed", "basis"]
    path: str
    subject: str
    label: str
    before: Value | None
    after: Value | None


def read_policy(policy: Policy) -> Iterator[Value]:
    """Every value of the pack, in the order of the file."""
    yield _value(("working_hours",), "", policy.working_hours)
    for code, rule in policy.checks.items():
        yield from read_check(code, rule)
    yield from read_check("default_check", policy.default_check)
    yield from read_places(policy)
    yield from read_derived(policy)
    yield from read_ladder(policy)
    yield from read_limits(policy)


def read_check(code: str, rule: CheckRule) -> Iterator[Value]:
    """Every value of one check, its variants after its own terms."""
    subject = f"{rule.name} {rule.code or code}"
    at: tuple[str, ...] = (code,) if code == "default_check" else ("checks", code)
    path = ".".join(at)
    yield from _terms(at, path, subject, rule)
    if len(rule.variants) > 1:  # the first that matches holds, so their order is a value too
        order = " → ".join(when_words(variant.when) for variant in rule.variants)
        yield Value((*at, "variants"), f"{path}.variants", subject, "情形先后", order, None, "")
    for number, variant in enumerate(rule.variants):
        key = ",".join(f"{name}={_key(wanted)}" for name, wanted in variant.when.items())
        case = when_words(variant.when)
        own = f"{subject}（{case}）"
        for value in _terms((*at, "variants", number), f"{path}[{key}]", own, variant):
            yield value._replace(case=case)


def read_places(policy: Policy) -> Iterator[Value]:
    """Which spellings of an address are one place (D-13)."""
    for number, some in enumerate(policy.places.ignored_parameters):
        path = f"places.ignored_parameters.{','.join(some.names)}"
        at = ("places", "ignored_parameters", number)
        found = _value(at, "", some, "ignored_parameters")
        yield found._replace(path=path, words=place_words(some))
    for name in ("host_prefixes", "one_scheme"):
        value = getattr(policy.places, name)
        yield _value(("places", name), "", value)._replace(words=place_words(value))


def read_derived(policy: Policy) -> Iterator[Value]:
    """What single findings add up to."""
    for code, derivation in policy.derived.items():
        subject = f"{policy.rule(code).name} {code}"
        at = ("derived", code)
        whose = f"{asset_words(derivation.asset_kind)}：" if derivation.asset_kind else ""
        for number, tally in enumerate(derivation.tallies):
            said = f"{whose}{tally_words(tally, policy)}"
            path = f"derived.{code}.tallies.{number + 1}"
            yield Value((*at, "tallies", number), path, subject, "累计", said, tally.sure, tally.basis, in_table="")
        if derivation.probing is not None:
            probing = derivation.probing
            said = f"{whose}{probing_words(probing)}"
            path = f"derived.{code}.probing"
            yield Value((*at, "probing"), path, subject, "累计", said, probing.sure, probing.basis, in_table="")


def read_ladder(policy: Policy) -> Iterator[Value]:
    """Each step, for working days and for clock hours."""
    yield from _steps(policy.ladder)


def read_limits(policy: Policy) -> Iterator[Value]:
    """The numbers beside the deadlines."""
    for section in ("limits", "sending"):
        part = getattr(policy, section)
        for name in type(part).model_fields:
            yield _value((section, name), "", getattr(part, name))
    for role in COMMAND_ROLES:
        yield _value(("commands", role), "", getattr(policy.commands, role))
    yield _value(("guarded", "exempt"), "", policy.guarded.exempt)


def differences(before: Policy, after: Policy) -> list[PackChange]:
    """How the second pack differs from the first (P-4)."""
    old, new = ({value.path: value for value in read_policy(policy)} for policy in (before, after))
    changes = []
    for path in {**old, **new}:
        was, now = old.get(path), new.get(path)
        kind = _kind(was, now)
        known = now or was
        if kind is not None and known is not None:
            changes.append(PackChange(kind, path, known.subject, known.label, was, now))
    return changes


def _steps(steps: tuple[StepRule, ...]) -> Iterator[Value]:
    for number, step in enumerate(steps):
        for hourly, hours in ((False, ""), (True, "（小时时限）")):
            said = step_words(step, steps, hourly=hourly)
            path = f"ladder.{step.name}{'.hourly' if hourly else ''}"
            subject = f"{step.title} {step.name}"
            found = Value(("ladder", number), path, subject, f"阶梯{hours}", said, step.sure, step.basis)
            yield found._replace(in_table=hours)


def _kind(was: Value | None, now: Value | None) -> Literal["added", "removed", "changed", "basis"] | None:
    if was is None or now is None:
        return "added" if was is None else "removed"
    if was.words != now.words:
        return "changed"
    return "basis" if (was.sure, was.basis) != (now.sure, now.basis) else None


def _terms(at: tuple[str | int, ...], path: str, subject: str, terms: Terms) -> Iterator[Value]:
    for name in type(terms).model_fields:
        value = getattr(terms, name)
        if name in _NOT_TERMS or value is None or value == ():
            continue
        if name == "lines":
            seen: Counter[str] = Counter()
            for number, line in enumerate(value):
                key = f"{line.kind} {line.amount} {line.unit}"
                seen[key] += 1
                again = f" #{seen[key]}" if seen[key] > 1 else ""
                found = _value((*at, "lines", number), subject, line, "lines")
                yield found._replace(path=f"{path}.lines.{key}{again}")
        else:
            yield _value((*at, name), subject, value)._replace(path=f"{path}.{name}")


def _value(at: tuple[str | int, ...], subject: str, value: Any, name: str | None = None) -> Value:
    field = name or str(at[-1])
    sourced = value if isinstance(value, Sourced) else None
    sure, basis = (sourced.sure, sourced.basis) if sourced else (None, "")
    return Value(at, ".".join(map(str, at)), subject, LABELS.get(field, field), words(value), sure, basis)


def _key(wanted: Any) -> str:
    values = wanted if isinstance(wanted, tuple) else (wanted,)
    return "|".join(str(value).lower() if isinstance(value, bool) else str(value) for value in values)
