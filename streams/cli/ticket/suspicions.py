"""`rectify suspicion`: problems that have no ticket: they wait for confirmation, or are before their line."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from schemas.policy import Policy
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, reading
from streams.files.policy.loading import load_policy
from streams.presentation.dates import local
from streams.presentation.labels import LINE, LINE_AMOUNT, NOBODY, where
from streams.services.suspicions import Suspected, WarnedProblem, suspected
from streams.services.suspicions import warned as warned_ones
from streams.settings.model import Settings

app = typer.Typer(no_args_is_help=True, help="疑似与预警 · What has no ticket: suspicions, warnings.")


@app.callback()
def _group() -> None:
    """A group of one command."""


@app.command("list", epilog="示例 Example: rectify suspicion list --asset kjj-site")
def show(
    asset: Annotated[str | None, typer.Option(help="资产编号或网站标识码 · of this asset id or code")] = None,
    warned: Annotated[bool, typer.Option("--warned", help="改列预警 · list what is before its line instead")] = False,
    lapsed: Annotated[bool, typer.Option("--lapsed", help="包括已失效的疑似 · lapsed suspicions too")] = False,
    limit: Annotated[int, typer.Option(min=1, help="最多几条 · at most so many")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """疑似问题：已检出几次、还差几次、何时失效；不立单，不通知。 List what waits for confirmation."""
    if warned and lapsed:
        msg = "cannot go with --warned: a warning does not lapse"
        raise typer.BadParameter(msg, param_hint="--lapsed")
    settings = Settings.load()
    policy, now = load_policy(settings.policy), domain_now(settings)
    if warned:
        ahead = reading(settings, lambda ledger: warned_ones(ledger, policy, asset_id=asset, limit=limit))
        if as_json:
            print_json([_warning(one, policy, settings.zone) for one in ahead])
            return
        count = _print_warned(ahead, policy, settings.zone)
    else:
        found = reading(
            settings, lambda ledger: suspected(ledger, policy, now, asset_id=asset, lapsed=lapsed, limit=limit)
        )
        if as_json:
            print_json([_suspicion(one, policy, settings.zone) for one in found])
            return
        count = _print_suspected(found, policy, settings.zone)
    if not count:
        say("没有预警 · nothing is before its line" if warned else "没有疑似问题 · nothing waits for confirmation")
    elif count == limit:
        say(f"只列出前 {limit} 条 · the first {limit}; --limit shows more", "dim")


def _print_suspected(found: Iterable[Suspected], policy: Policy, zone: ZoneInfo) -> int:
    columns = table(
        "资产 Asset",
        "检查项",
        "位置",
        "=检出",
        "来源",
        "=首次 First",
        "=最近 Last",
        "=失效 Lapses",
        leave_out=("首次 First", "来源", "检出"),
    )
    return print_table(
        columns,
        (
            (
                asset.name,
                policy.rule(problem.check).name,
                where(problem.locator, asset.kind),
                f"{known.sightings}/{known.needed}",
                "、".join(name or NOBODY for name in known.sources),
                local(known.first_at, zone, "%m-%d %H:%M"),
                local(known.last_at, zone, "%m-%d %H:%M"),
                "已失效" if lapsed else local(known.lapses_at, zone, "%m-%d %H:%M"),
            )
            for problem, asset, known, lapsed in found
        ),
    )


def _print_warned(found: Iterable[WarnedProblem], policy: Policy, zone: ZoneInfo) -> int:
    columns = table(
        "资产 Asset",
        "检查项",
        "位置",
        "来源",
        "=预警起 Since",
        "=最近 Last",
        "=通知 Told",
        f"{LINE['breach']} Line",
        leave_out=("最近 Last", "来源", "通知 Told"),
    )
    return print_table(
        columns,
        (
            (
                asset.name,
                policy.rule(problem.check).name,
                where(problem.locator, asset.kind),
                "、".join(name or NOBODY for name in sources),
                local(known.since, zone, "%m-%d %H:%M"),
                local(problem.last_seen_at, zone, "%m-%d %H:%M"),
                f"{known.times} 次" if known.times else "未通知",
                "或".join(LINE_AMOUNT[line.unit].format(line.amount) for line in lines),
            )
            for problem, asset, known, sources, lines in found
        ),
    )


def _suspicion(one: Suspected, policy: Policy, zone: ZoneInfo) -> dict[str, Any]:
    return {
        **_identity(one, policy),
        "sightings": one.known.sightings,
        "needed": one.known.needed,
        "sources": one.known.sources,
        "first_seen_at": one.known.first_at.astimezone(zone),
        "last_seen_at": one.known.last_at.astimezone(zone),
        "lapses_at": one.known.lapses_at.astimezone(zone),
        "lapsed": one.lapsed,
    }


def _warning(one: WarnedProblem, policy: Policy, zone: ZoneInfo) -> dict[str, Any]:
    told_at = one.known.told_at
    return {
        **_identity(one, policy),
        "sources": one.sources,
        "warned_at": one.known.since.astimezone(zone),
        "last_seen_at": one.problem.last_seen_at.astimezone(zone),
        "told_at": told_at.astimezone(zone) if told_at else None,
        "told": one.known.times,
        "lines": [line.model_dump(mode="json") for line in one.lines],
    }


def _identity(one: Suspected | WarnedProblem, policy: Policy) -> dict[str, Any]:
    problem = one.problem
    return {
        "asset_id": one.asset.asset_id,
        "asset_name": one.asset.name,
        "check": problem.check,
        "check_name": policy.rule(problem.check).name,
        "locator": problem.locator,
        "fingerprint": problem.fingerprint,
    }
