"""A policy pack on the terminal: the catalogue as a table, one check as a sheet, and what stands beside the checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from schemas.check_rule import CheckRule, Terms
from schemas.vocabulary import SEVERITY_LABELS
from streams.cli.terminal.output import print_table, say, table
from streams.files.policy.loading import LoadedPack
from streams.presentation.labels import SURE, SURE_MEANS
from streams.presentation.policy.reading import (
    Value,
    read_check,
    read_derived,
    read_ladder,
    read_limits,
    read_places,
    read_policy,
)
from streams.presentation.policy.words import amount_words, case_words, indicator_words, words


def print_pack(loaded: LoadedPack, rules: list[CheckRule], *, whole: bool) -> None:
    """The catalogue; if it is `whole`, also what is derived, the ladder, and the limits."""
    policy = loaded.policy
    say(f"{policy.ref} {policy.title}" + (f"，自 {policy.in_force} 起" if policy.in_force else ""), "bold")
    if policy.source:
        say(f"来源 {policy.source}", "dim")
    if len(loaded.chain) > 1:
        say(f"扩展自 extends {' ← '.join(pack.ref for pack in reversed(loaded.chain[:-1]))}", "dim")
    columns = table("=代码 Code", "名称", "=级", "指标", "=时限", "=保障期", "线", "识别", "=据", gap=1)
    print_table(columns, (row for rule in rules for row in _rows(rule)))
    say("级：严 严重、轻 轻微；识别：单 各自成单、确 须确认、区分同一位置的不同问题所依据的证据", "dim")
    sources = " · ".join(f"{word} {SURE_MEANS[mark]}" for mark, word in SURE.items())
    say(f"据：时限的来源，{sources}", "dim")
    if not whole:
        return
    _values(loaded, "累计得出的单项否决 Derived", read_derived(policy))
    _values(loaded, "阶梯 Ladder", read_ladder(policy))
    _values(loaded, "限额 Limits", [*read_places(policy), *read_limits(policy), next(read_policy(policy))])
    say("一个检查项的全部内容及依据 · all of one check: rectify policy show --check CODE", "dim")


def print_sheet(loaded: LoadedPack, code: str) -> None:
    """Everything about one check, each value with its basis and where it stands."""
    policy = loaded.policy
    rule = policy.checks[code]
    say(f"{rule.name} {code}  （{policy.ref}）", "bold")
    values = list(read_check(code, rule))
    for case in dict.fromkeys(value.case for value in values):
        title = case or "检查项本身；有下列情形的从其规定" * bool(rule.variants)
        _values(loaded, title, [value for value in values if value.case == case], subjects=False)
    counted = [
        value for value in read_derived(policy) if code == value.at[1] or code in _counted(loaded, str(value.at[1]))
    ]
    _values(loaded, "累计 Derived", counted)


def _counted(loaded: LoadedPack, code: str) -> set[str]:
    """The checks whose findings add up to this derived one."""
    derivation = loaded.policy.derived[code]
    counted = {part.check for tally in derivation.tallies for part in tally.of}
    return counted | ({derivation.probing.check} if derivation.probing else set())


def _values(loaded: LoadedPack, title: str, values: Iterable[Value], *, subjects: bool = True) -> None:
    listed = list(values)
    if not listed:
        return
    if title:
        say(f"\n{title}", "bold")
    columns = table("  项目", "内容", "=据", "依据 Basis", "=出处", gap=1)
    print_table(columns, (_line(loaded, value, subjects=subjects) for value in listed))


def _line(loaded: LoadedPack, value: Value, *, subjects: bool) -> tuple[str, ...]:
    subject = f"{value.subject} " if subjects and value.subject else ""
    label = value.label if value.in_table is None else value.in_table
    mark = loaded.marks.get(value.at)  # none where no pack of the chain says it
    stands = f"{mark.file}:{mark.line}" if mark else ""
    source = SURE[value.sure] if value.sure else ""
    return f"  {subject}{label}", value.words, source, value.basis, stands


def _rows(rule: CheckRule) -> Iterator[tuple[str, ...]]:
    level = "" if rule.severity == "major" else SEVERITY_LABELS[rule.severity][0]
    yield rule.code, rule.name, level, *_terms(rule, rule), _identity(rule), SURE[rule.deadline.sure]
    for variant in rule.variants:
        yield "", f"└ {case_words(variant.when)}", "", *_terms(variant, rule), "", SURE[variant.deadline.sure]


def _terms(terms: Terms, rule: CheckRule) -> tuple[str, str, str, str]:
    own = terms is rule
    indicator = indicator_words(rule.veto if own else None, terms.deduction)
    guarded = terms.guarded or rule.guarded
    longest = f" 可至{terms.extend_to.amount}" if terms.extend_to else ""
    return (
        indicator,
        f"{amount_words(terms.deadline)}{longest}",
        amount_words(guarded) if guarded else "",
        "、".join(map(words, terms.lines)),
    )


def _identity(rule: CheckRule) -> str:
    transient = "" if rule.transient is False else "确"
    return " ".join(filter(None, ("" if rule.grouped else "单", transient, rule.discriminator)))
