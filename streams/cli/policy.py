"""`rectify policy`: what counts, until when, and who says so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from schemas.check_rule import Amount, CheckRule
from schemas.policy import Policy
from schemas.vocabulary import SEVERITY_LABELS
from streams.cli.output import JsonFlag, print_json, print_table, say, table
from streams.policies import load_policy
from streams.settings import Settings

UNITS: Final = {"working_day": "个工作日", "hour": "小时", "month": "个月"}
SURE: Final = {"N": "通报", "O": "规定", "D": "默认", "?": "待核"}

app = typer.Typer(no_args_is_help=True, help="规则包 · The policy pack: checks, deadlines, ladder.")


@app.command("check", epilog="示例 Example: rectify policy check province.yaml")
def look(
    file: Annotated[
        Path | None,
        typer.Argument(help="默认为当前设置的规则包 · default: the pack of the settings", show_default=False),
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """检查规则包；有误时列出行号和原因。 Check a pack; each fault is named with file, line and reason."""
    pack = load_policy(file or Settings.load().policy)
    if as_json:
        print_json({"pack": pack.pack, "version": pack.version, "checks": len(pack.checks), "rungs": pack.rungs})
    else:
        rungs = " → ".join(step.title for step in pack.ladder)
        say(f"{pack.ref} {pack.title}：{len(pack.checks)} 个检查项，{rungs}，无误 · no faults")


@app.command(epilog="示例 Example: rectify policy show --check link.")
def show(
    check: Annotated[str | None, typer.Option(help="只看以此开头的检查项 · only codes that begin so")] = None,
    as_json: JsonFlag = False,
) -> None:
    """目录：检查项、程度、整改时限、依据。 The catalogue: name, severity, deadlines, and who ruled so."""
    pack = load_policy(Settings.load().policy)
    rules = [rule for code, rule in sorted(pack.checks.items()) if code.startswith(check or "")]
    if as_json:
        print_json(_documents(pack, rules))
        return
    columns = table(
        "=代码 Code", "名称", "=程度", "=时限", "=保障期", "=据", "依据 Basis", title=f"{pack.ref} {pack.title}"
    )
    print_table(columns, (row for rule in rules for row in _rows(rule)))
    say("据：通报 见于已公开的通报 · 规定 官方规定 · 默认 本系统默认值 · 待核 凭记忆未核对", "dim")


def _rows(rule: CheckRule) -> list[tuple[str, ...]]:
    head = (rule.code, rule.name, SEVERITY_LABELS[rule.severity])
    rows = [(*head, *_terms(rule.deadline, rule.guarded))]
    for variant in rule.variants:
        when = ", ".join(
            f"{key}={'|'.join(map(str, value)) if isinstance(value, tuple) else value}"
            for key, value in variant.when.items()
        )
        rows.append(("", f"└ {when}", "", *_terms(variant.deadline, variant.guarded or rule.guarded)))
    return rows


def _terms(deadline: Amount, guarded: Amount | None) -> tuple[str, ...]:
    return _words(deadline), _words(guarded) if guarded else "", SURE[deadline.sure], deadline.basis


def _words(amount: Amount) -> str:
    return f"{amount.amount}{UNITS[amount.unit]}"


def _documents(pack: Policy, rules: list[CheckRule]) -> dict[str, Any]:
    ladder = [step.model_dump(mode="json", exclude_none=True) for step in pack.ladder]
    checks = [rule.model_dump(mode="json", exclude_none=True) for rule in rules]
    return {"pack": pack.pack, "version": pack.version, "title": pack.title, "checks": checks, "ladder": ladder}
