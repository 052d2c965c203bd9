"""`rectify policy diff`: how two packs differ, and what the second would make of the open tickets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import typer

from schemas.policy import Policy
from streams.cli.terminal.output import JsonFlag, complain, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, reading
from streams.files.policy.loading import load_policy
from streams.ledger import LedgerError
from streams.presentation.labels import SURE
from streams.presentation.policy.reading import CHANGES, PackChange, Value, differences
from streams.rules.deadlines.recounting import Effects
from streams.services.policy import effects_of
from streams.settings.model import Settings

Before = Annotated[str, typer.Argument(metavar="A", help="现行的：文件或内置名称 · a file or a built-in name")]
After = Annotated[str, typer.Argument(metavar="B", help="要改成的：文件或内置名称 · a file or a built-in name")]
NoTickets = Annotated[bool, typer.Option("--no-tickets", help="只比规则包，不看整改单 · compare the packs alone")]


def add_to(app: typer.Typer) -> None:
    """Give the group this command."""
    app.command(epilog="示例 Example: rectify policy diff default province.yaml")(diff)


def diff(before: Before, after: After, no_tickets: NoTickets = False, as_json: JsonFlag = False) -> None:
    """两个规则包的差别，及对在办整改单的影响（只估算，不改单）。 How packs differ; what it would do to open tickets.

    只比较，不改动在办整改单。
    Nothing is changed: tickets keep the pack version and the deadline under which they were opened.
    """
    settings = Settings.load()
    old, new = load_policy(before), load_policy(after)
    changes = differences(old, new)
    effects = None if no_tickets else _effects(settings, new)
    if as_json:
        print_json(_document(old, new, changes, effects))
        return
    say(f"{old.ref} {old.title} → {new.ref} {new.title}：{len(changes)} 处不同 · {len(changes)} differences", "bold")
    columns = table("项目", "=", "原 Before", "=据", "现 After", "=据", "依据 Basis", gap=1)
    print_table(columns, map(_row, changes))
    if effects is not None:
        _print_effects(effects, new)


def _effects(settings: Settings, policy: Policy) -> Effects | None:
    """What the pack would make of every open ticket; None without a database."""
    try:
        return reading(settings, lambda ledger: effects_of(ledger, policy, domain_now(settings), settings.zone))
    except LedgerError as error:
        text = f"未估算在办整改单 · open tickets are not counted (--no-tickets says so): {error}"
        complain(text, "yellow")
        return None


def _row(change: PackChange) -> Iterator[str]:
    yield f"{change.subject} {change.label}".strip()
    yield CHANGES[change.kind]
    for value in (change.before, change.after):
        yield value.words if value else "无"
        yield SURE[value.sure] if value and value.sure else ""
    before, after = ((value.basis if value else "") for value in (change.before, change.after))
    yield f"{before} → {after}" if before and after and before != after else after or before


def _print_effects(effects: Effects, policy: Policy) -> None:
    total = effects.opened_under.total()
    say(f"\n在办整改单 {total} 张 · {total} open tickets", "bold")
    if not total:
        return
    under = "、".join(f"{ref} {count} 张" for ref, count in sorted(effects.opened_under.items()))
    say(f"各按立单时的规则包办理（{under}），不因改版变动；以下为按 {policy.ref} 重新计算的估计。")
    say(
        "Each keeps the pack version and the deadline under which it was opened; this is what counting anew would give."
    )
    columns = table("=检查项 Check", "名称", ">在办", ">提前", ">推后", ">不变", ">立即逾期", ">不再逾期")
    print_table(
        columns,
        (
            (
                code,
                policy.rule(code).name,
                effect.tickets,
                effect.earlier,
                effect.later,
                effect.equal,
                effect.overdue_at_once,
                effect.no_longer_overdue,
            )
            for code, effect in sorted(effects.by_check.items())
        ),
    )


def _document(old: Policy, new: Policy, changes: list[PackChange], effects: Effects | None) -> dict[str, Any]:
    return {
        "before": old.ref,
        "after": new.ref,
        "changes": [
            {
                "kind": change.kind,
                "path": change.path,
                "subject": change.subject,
                "label": change.label,
                "before": _value(change.before),
                "after": _value(change.after),
            }
            for change in changes
        ],
        "tickets": effects
        and {
            "keep_their_pack": True,
            "open": effects.opened_under.total(),
            "opened_under": dict(effects.opened_under),
            "by_check": {
                code: {
                    "open": effect.tickets,
                    "earlier": effect.earlier,
                    "later": effect.later,
                    "equal": effect.equal,
                    "overdue_at_once": effect.overdue_at_once,
                    "no_longer_overdue": effect.no_longer_overdue,
                }
                for code, effect in sorted(effects.by_check.items())
            },
        },
    }


def _value(value: Value | None) -> dict[str, Any] | None:
    return value and {"words": value.words, "sure": value.sure, "basis": value.basis}
