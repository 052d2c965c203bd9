"""`rectify suspicion`: problems that have no ticket: they wait for confirmation, or are before their line."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import orjson
import typer

from schemas.check_rule import Line
from schemas.policy import Policy
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, run
from streams.files.policy.loading import load_policy
from streams.ledger.reading.queries import suspected_problems, warned_problems
from streams.presentation.dates import local
from streams.presentation.labels import LINE_AMOUNT
from streams.rules.findings.suspicion import Suspicion, suspicion
from streams.rules.notices.warning import lines_ahead, warned_of
from streams.rules.state.records import AssetRecord, Problem
from streams.rules.state.sightings import sources
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings

NOBODY: Final = "未署名"

app = typer.Typer(no_args_is_help=True, help="疑似与预警 · What has no ticket: suspicions, warnings.")

Found = list[tuple[Problem, AssetRecord]]


@app.callback()
def _group() -> None:
    """A group of one command."""


@app.command("list", epilog="示例 Example: rectify suspicion list --asset kjj-site")
def show(
    asset: Annotated[str | None, typer.Option(help="资产 · of this asset id")] = None,
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
    lapse = timedelta(hours=policy.limits.confirmation.lapse_hours)

    async def work() -> Found:
        async with reading_ledger(settings) as ledger:
            if warned:
                return await warned_problems(ledger, asset_id=asset, limit=limit)
            since = None if lapsed else now - lapse
            return await suspected_problems(ledger, asset_id=asset, seen_since=since, limit=limit)

    found = run(work())
    if as_json:
        print_json(list((_warnings if warned else _suspicions)(found, policy, now, settings.zone)))
        return
    count = _print_warned(found, policy, settings) if warned else _print_suspected(found, policy, now, settings)
    if not count:
        say("没有预警 · nothing is before its line" if warned else "没有疑似问题 · nothing waits for confirmation")
    elif count == limit:
        say(f"只列出前 {limit} 条 · the first {limit}; --limit shows more", "dim")


def _waiting(found: Found, policy: Policy) -> Iterator[tuple[Problem, AssetRecord, Suspicion]]:
    for problem, asset in found:
        known = suspicion(policy, problem)
        if known is not None:
            yield problem, asset, known


def _print_suspected(found: Found, policy: Policy, now: datetime, settings: Settings) -> int:
    zone = settings.zone
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
                problem.locator or "（整站）",
                f"{known.sightings}/{known.needed}",
                "、".join(name or NOBODY for name in known.sources),
                local(known.first_at, zone, "%m-%d %H:%M"),
                local(known.last_at, zone, "%m-%d %H:%M"),
                "已失效" if known.lapses_at < now else local(known.lapses_at, zone, "%m-%d %H:%M"),
            )
            for problem, asset, known in _waiting(found, policy)
        ),
    )


def _print_warned(found: Found, policy: Policy, settings: Settings) -> int:
    zone = settings.zone
    columns = table(
        "资产 Asset",
        "检查项",
        "位置",
        "来源",
        "=预警起 Since",
        "=最近 Last",
        "=通知 Told",
        "超期线 Line",
        leave_out=("最近 Last", "来源", "通知 Told"),
    )
    return print_table(
        columns,
        (
            (
                asset.name,
                policy.rule(problem.check).name,
                problem.locator or "（整站）",
                "、".join(name or NOBODY for name in sources(problem.seen_by_json)),
                local(known.since, zone, "%m-%d %H:%M"),
                local(problem.last_seen_at, zone, "%m-%d %H:%M"),
                f"{known.times} 次" if known.times else "未通知",
                "或".join(LINE_AMOUNT[line.unit].format(line.amount) for line in _lines(problem, asset, policy)),
            )
            for problem, asset in found
            if (known := warned_of(problem)) is not None
        ),
    )


def _suspicions(found: Found, policy: Policy, now: datetime, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    for problem, asset, known in _waiting(found, policy):
        yield {
            **_identity(problem, asset, policy),
            "sightings": known.sightings,
            "needed": known.needed,
            "sources": known.sources,
            "first_seen_at": known.first_at.astimezone(zone),
            "last_seen_at": known.last_at.astimezone(zone),
            "lapses_at": known.lapses_at.astimezone(zone),
            "lapsed": known.lapses_at < now,
        }


def _warnings(found: Found, policy: Policy, now: datetime, zone: ZoneInfo) -> Iterator[dict[str, Any]]:
    del now  # a warning does not lapse
    for problem, asset in found:
        known = warned_of(problem)
        if known is not None:
            yield {
                **_identity(problem, asset, policy),
                "sources": sources(problem.seen_by_json),
                "warned_at": known.since.astimezone(zone),
                "last_seen_at": problem.last_seen_at.astimezone(zone),
                "told_at": known.told_at.astimezone(zone) if known.told_at else None,
                "told": known.times,
                "lines": [line.model_dump(mode="json") for line in _lines(problem, asset, policy)],
            }


def _identity(problem: Problem, asset: AssetRecord, policy: Policy) -> dict[str, Any]:
    return {
        "asset_id": asset.asset_id,
        "asset_name": asset.name,
        "check": problem.check,
        "check_name": policy.rule(problem.check).name,
        "locator": problem.locator,
        "fingerprint": problem.fingerprint,
    }


def _lines(problem: Problem, asset: AssetRecord, policy: Policy) -> list[Line]:
    evidence = orjson.loads(problem.facts_json).get("evidence") or {}
    return lines_ahead(policy.rule(problem.check).lines_for(evidence, asset.kind))
