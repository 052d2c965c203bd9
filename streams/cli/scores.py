"""`rectify score`: what a period makes of every asset, and what all of them add up to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from heapq import nsmallest
from typing import Annotated, Final, Literal

import orjson
import typer

from schemas.vocabulary import ASSET_KIND_LABELS, REASON_CODE_LABELS
from streams.cli.terminal.choices import worded
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, run
from streams.files.policy.loading import load_policy
from streams.ledger.reading.repeats import Repeat, Scope, names_of, repeats, set_aside
from streams.ledger.reading.standings import standings
from streams.presentation.dates import local
from streams.presentation.labels import labelled
from streams.presentation.scores import (
    BY_LABELS,
    Chosen,
    Window,
    document,
    figures_document,
    figures_row,
    problem,
    reasons,
    stamp,
    verdict,
    window_words,
)
from streams.rules.scoring.scores import By, Figures, Score, Stood, group_of, score
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings

MONTHS_A_QUARTER: Final = 3
app = typer.Typer(no_args_is_help=True, help="得分与合格率 · Scores of a period, and what they add up to.")

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
    chosen = _chosen(begin, end, kind, region)
    found = run(_worst(chosen, limit, unqualified=unqualified))
    if as_json:
        print_json({**stamp(chosen), "assets": [document(item) for item in found]})
        return
    rows = (
        (
            item.asset.asset_id,
            item.asset.name,
            f"{item.points:g}",
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
def one(
    asset: Annotated[str, typer.Argument(help="资产编号 · asset id", show_default=False)],
    begin: FromOption = None,
    end: ToOption = None,
    as_json: JsonFlag = False,
) -> None:
    """一个资产的得分和每一处扣分。 One asset: its score, and each problem that cost points."""
    chosen = _chosen(begin, end, None, None, asset)
    found = run(_one(chosen))
    if found is None:
        msg = f"没有这个资产 · no such asset: {asset}"
        raise Failure(msg)
    stood, result = found
    if as_json:
        problems = [problem(item, chosen, stood) for item in stood.standings]
        print_json({**stamp(chosen), **document(result), "standing": problems})
        return
    say(f"{stood.asset.name}（{stood.asset.asset_id}）  {result.points:g} 分  {verdict(result)}", "bold")
    say(reasons(result, chosen) or "没有扣分 · nothing deducted")
    rows = (
        tuple(problem(item, chosen, stood)[name] for name in ("name", "locator", "points", "indicator", "ticket_id"))
        for item in stood.standings
    )
    print_table(table("检查项", "位置 Where", ">扣分", "=指标", "=整改单 Ticket"), rows)
    say(window_words(chosen), "dim")


@app.command(epilog="示例 Example: rectify score summary --by region --from 2023-01-28 --to 2023-02-11")
def summary(
    by: Annotated[
        Literal["region", "platform", "kind", "unit_id", "level", "class"],
        typer.Option(help="按什么汇总 · group by"),
    ] = "region",
    begin: FromOption = None,
    end: ToOption = None,
    kind: KindOption = None,
    region: RegionOption = None,
    as_json: JsonFlag = False,
) -> None:
    """通报的数字：在册、检查、不合格、合格率。 A notice's figures: registered, checked, unqualified, pass rate."""
    chosen = _chosen(begin, end, kind, region)
    groups, aside = run(_figures(chosen, by, Scope(*chosen.window, kind, region)))
    whole = Figures()
    for figures in groups.values():
        whole.join(figures)
    if as_json:
        documents = [{by: name, **figures_document(figures)} for name, figures in sorted(groups.items())]
        print_json({**stamp(chosen), "total": figures_document(whole), "groups": documents, "set_aside": aside})
        return
    rows = [(name or "（未登记）", *figures_row(figures)) for name, figures in sorted(groups.items())]
    rows.append(("合计 Total", *figures_row(whole)))
    print_table(table(BY_LABELS[by], ">在册", ">检查", ">有问题", ">不合格", ">合格率", ">问题"), rows)
    kinds = sorted(whole.by_check.items(), key=lambda item: (-item[1], item[0]))
    say("问题 Problems：" + ("、".join(f"{chosen.policy.rule(code).name} {n}" for code, n in kinds) or "无 none"))
    words = "、".join(f"{labelled(REASON_CODE_LABELS, name)} {number}" for name, number in aside.items())
    say(f"另有核减、报备的问题不计 Set aside：{words or '无 none'}")
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
    chosen = _chosen(begin, end, kind, region)
    found, names = run(_repeats(chosen, by, Scope(*chosen.window, kind, region), limit))
    if as_json:
        items = [{**item._asdict(), "name": names.get(item.key or "")} for item in found]
        print_json({"window": {"from": chosen.window.begin, "to": chosen.window.end}, "by": by, "repeats": items})
        return
    rows = (
        (item.key or "（无主）", names.get(item.key or "", ""), item.tickets, item.reopened, item.recurred)
        for item in found
    )
    head = {"unit": "=单位 Unit", "asset": "=资产 Asset", "check": "=检查项 Check"}[by]
    if not print_table(table(head, "名称", ">整改单", ">重开次数", ">再次发生"), rows):
        say("没有重开或再次发生的整改单 · nothing came back")
    zone = chosen.zone
    say(f"期间 {local(chosen.window.begin, zone)} 至 {local(chosen.window.end, zone)}（重开或立单的时间）。", "dim")


# Reading


@asynccontextmanager
async def _scored(chosen: Chosen) -> AsyncIterator[AsyncIterator[tuple[Stood, Score]]]:
    async with reading_ledger(Settings.load()) as ledger:

        async def every() -> AsyncIterator[tuple[Stood, Score]]:
            async for stood in standings(ledger, *chosen.window, chosen.asset_id):
                if chosen.wanted(stood):
                    yield (
                        stood,
                        score(chosen.policy, stood.asset, stood.standings, chosen.window.end, covered=stood.covered),
                    )

        yield every()


async def _worst(chosen: Chosen, limit: int, *, unqualified: bool) -> list[Score]:
    kept: list[Score] = []
    async with _scored(chosen) as scores:
        async for _, result in scores:
            if not result.qualified or (not unqualified and result.deducted):
                kept.append(result)
                if len(kept) > limit * 4:
                    kept = nsmallest(limit, kept, key=_order)
    return nsmallest(limit, kept, key=_order)


async def _one(chosen: Chosen) -> tuple[Stood, Score] | None:
    async with _scored(chosen) as scores:
        return await anext(scores, None)


async def _repeats(
    chosen: Chosen, by: Literal["unit", "asset", "check"], scope: Scope, limit: int
) -> tuple[list[Repeat], dict[str, str]]:
    async with reading_ledger(Settings.load()) as ledger:
        found = await repeats(ledger, by, scope, limit)
        keys = [item.key for item in found if item.key is not None]
        if by == "check":
            return found, {code: chosen.policy.rule(code).name for code in keys}
        return found, await names_of(ledger, by, keys)


async def _figures(chosen: Chosen, by: By, scope: Scope) -> tuple[dict[str, Figures], dict[str, int]]:
    groups: dict[str, Figures] = {}
    async with _scored(chosen) as scores:
        async for stood, result in scores:
            document = orjson.loads(stood.asset.document_json or "{}")
            group = groups.setdefault(group_of(result, document, by), Figures())
            group.add(result, (item.check for item in stood.standings))
    async with reading_ledger(Settings.load()) as ledger:
        return groups, await set_aside(ledger, scope)


def _order(item: Score) -> tuple[bool, float, str]:
    return item.qualified, item.points, item.asset.asset_id


# Choosing


def _chosen(
    begin: str | None, end: str | None, kind: str | None, region: str | None, asset: str | None = None
) -> Chosen:
    settings = Settings.load()

    def wanted(stood: Stood) -> bool:
        return kind in (None, stood.asset.kind) and region in (None, stood.asset.region)

    return Chosen(settings.zone, load_policy(settings.policy), _window(settings, begin, end), wanted, asset)


def _window(settings: Settings, begin: str | None, end: str | None) -> Window:
    now = domain_now(settings)
    last = now
    if end is not None:
        last = min(_midnight(settings, end, "--to") + timedelta(days=1) - timedelta(microseconds=1), now)
    month = (last.month - 1) // MONTHS_A_QUARTER * MONTHS_A_QUARTER + 1
    first = _midnight(settings, begin, "--from") if begin else _midnight(settings, f"{last.year}-{month:02}-01", "")
    if first > last:
        msg = "起日晚于止日 · --from is later than --to, or than now"
        raise typer.BadParameter(msg)
    return Window(first, last)


def _midnight(settings: Settings, day: str, option: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(day), time.min, settings.zone)
    except ValueError:
        msg = f"{option}：日期形如 2023-02-24 · a day such as 2023-02-24, not {day!r}"
        raise typer.BadParameter(msg) from None
