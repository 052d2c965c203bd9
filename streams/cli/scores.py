"""`rectify score`: what a period makes of every asset; what all of them add up to is `rectify bulletin figures`."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import typer

from schemas.vocabulary import ASSET_KIND_LABELS
from streams.cli.terminal.choices import worded
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, reading
from streams.files.policy.loading import load_policy
from streams.presentation.dates import between, local
from streams.presentation.labels import NO_UNIT
from streams.presentation.scores import (
    Chosen,
    document,
    points,
    problem,
    reasons,
    stamp,
    verdict,
    window_words,
)
from streams.services.failure import Failure
from streams.services.scores import one, repeats, window, worst
from streams.settings.model import Settings

app = typer.Typer(no_args_is_help=True, help="得分 · Scores of a period.")

FromOption = Annotated[
    str | None, typer.Option("--from", help="起日，缺省为本季度首日 · first day; default: of this quarter")
]
ToOption = Annotated[str | None, typer.Option("--to", help="止日（含），缺省为现在 · last day; default: now")]
KindOption = Annotated[str | None, worded(ASSET_KIND_LABELS, "类型", "网站或新媒体账号 · website or account")]
RegionOption = Annotated[str | None, typer.Option(help="地区 · only this region")]


@app.command("list", epilog="示例 Example: rectify score list --unqualified --region 咸安区")
def show(
    begin: FromOption = None,
    end: ToOption = None,
    kind: KindOption = None,
    region: RegionOption = None,
    unqualified: Annotated[bool, typer.Option("--unqualified", help="只列不合格的 · only these")] = False,
    limit: Annotated[int, typer.Option(min=1, help="最多列出 · at most so many")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """被扣分或否决的资产，最差的在前。 Assets that lost points or were vetoed in the period, the worst first."""
    settings = Settings.load()
    chosen = _chosen(settings, begin, end, kind, region)
    found = reading(settings, lambda ledger: worst(ledger, chosen, limit, unqualified=unqualified))
    if as_json:
        print_json({**stamp(chosen), "assets": [document(item) for item in found]})
        return
    rows = (
        (
            item.asset.asset_id,
            item.asset.name,
            points(item),
            item.problems,
            verdict(item),
            reasons(item, chosen),
        )
        for item in found
    )
    if not print_table(table("=资产 Asset", "名称", ">得分", ">问题", "=结论", "扣分与否决 Why"), rows):
        say("没有被扣分的资产 · no asset lost points")
    say(window_words(chosen), "dim")


@app.command("show", epilog="示例 Example: rectify score show kjj-site")
def show_one(
    asset: Annotated[str, typer.Argument(help="资产编号或网站标识码 · asset id or code", show_default=False)],
    begin: FromOption = None,
    end: ToOption = None,
    as_json: JsonFlag = False,
) -> None:
    """一个资产的得分和每一处扣分。 One asset: its score, and each problem that cost points."""
    settings = Settings.load()
    chosen = _chosen(settings, begin, end, asset=asset)
    stood, result = reading(settings, lambda ledger: one(ledger, chosen))
    if as_json:
        problems = [problem(item, chosen, stood) for item in stood.standings(chosen.period)]
        print_json({**stamp(chosen), **document(result), "standing": problems})
        return
    say(f"{stood.asset.name}（{stood.asset.asset_id}）  {points(result)} 分  {verdict(result)}", "bold")
    say(reasons(result, chosen) or "没有扣分 · nothing deducted")
    rows = (
        tuple(problem(item, chosen, stood)[name] for name in ("name", "locator", "points", "indicator", "ticket_id"))
        for item in stood.standings(chosen.period)
    )
    print_table(table("检查项", "位置 Where", ">扣分", "=指标", "=整改单 Ticket"), rows)
    say(window_words(chosen), "dim")


@app.command(epilog="示例 Example: rectify score repeat --by unit --from 2023-01-01")
def repeat(
    by: Annotated[Literal["unit", "asset", "check"], typer.Option(help="按什么统计 · count by")] = "unit",
    begin: FromOption = None,
    end: ToOption = None,
    kind: KindOption = None,
    region: RegionOption = None,
    limit: Annotated[int, typer.Option(min=1, help="最多列出 · at most so many")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """屡改屡犯：期间内重开的、再次发生的整改单，最多的在前。 Who has the same again, most first."""
    settings = Settings.load()
    chosen = _chosen(settings, begin, end, kind, region)
    known = reading(settings, lambda ledger: repeats(ledger, chosen, by, limit))
    found, names = known.found, known.names
    if as_json:
        items = [{**item._asdict(), "name": names.get(item.key or "")} for item in found]
        print_json({"window": {"from": chosen.window.begin, "to": chosen.window.end}, "by": by, "repeats": items})
        return
    rows = (
        (item.key or NO_UNIT, names.get(item.key or "", ""), item.tickets, item.reopened, item.recurred)
        for item in found
    )
    head = {"unit": "=单位 Unit", "asset": "=资产 Asset", "check": "=检查项 Check"}[by]
    if not print_table(table(head, "名称", ">整改单", ">重开次数", ">再次发生"), rows):
        say("没有重开或再次发生的整改单 · nothing came back")
    zone = chosen.zone
    say(
        f"期间 {between(local(chosen.window.begin, zone), local(chosen.window.end, zone))}（重开或立单的时间）。", "dim"
    )


def _chosen(
    settings: Settings,
    begin: str | None,
    end: str | None,
    kind: str | None = None,
    region: str | None = None,
    asset: str | None = None,
) -> Chosen:
    first, last = _day(begin, "--from"), _day(end, "--to")
    try:
        period = window(domain_now(settings), first, last)
    except Failure as fault:
        raise typer.BadParameter(str(fault)) from None
    return Chosen(settings.zone, load_policy(settings.policy), period, kind, region, asset)


def _day(text: str | None, option: str) -> date | None:
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError:
        msg = f"{option}：日期形如 2023-02-24 · a day such as 2023-02-24, not {text!r}"
        raise typer.BadParameter(msg) from None
