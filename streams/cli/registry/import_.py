"""`rectify registry import`: a file is checked, compared with what is registered, shown, and then published."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from streams.cli.terminal.consent import YesFlag, ask
from streams.cli.terminal.output import JsonFlag, bar, complain, print_json, say
from streams.cli.terminal.session import run
from streams.files.registry.changes import RegistryChanges
from streams.files.registry.files import read_registry
from streams.files.registry.spool import Spool
from streams.ledger import LedgerError
from streams.services.connections import kafka_config, topics_of
from streams.services.ledgers import reading_ledger
from streams.services.pipelined_publishing import publishing_ahead
from streams.services.registry_import import ImportPlan, plan_import, publish_import, unknown_columns
from streams.settings.model import Settings

NAMED: Final = 10  # of each list
LABELS: Final = {"unit": "单位", "asset": "资产", "guarded": "重要保障期", "producer": "巡检方"}
_TAKEN: Final = {
    "ownerless": "失去主办单位 · lose their unit",
    "unreachable": "失去全部联系方式 · lose their last address",
}
_WORTH_A_LOOK: Final = {
    "moved": "更换主办单位 · get another unit",
    "without": "新增但无人可通知（资产无单位，或单位无联系方式） · new, and nobody can be told",
    "dangling": "所指单位未登记 · name a unit that is not registered",
}

app = typer.Typer()


class TableKind(StrEnum):
    """What `--kind` takes for a CSV file."""

    ASSET = "asset"
    UNIT = "unit"


@app.command("import", epilog="示例 Example: rectify registry import 名录.xlsx --dry-run")
def take_in(
    file: Annotated[Path, typer.Argument(help=".yaml、.xlsx 或 .csv", show_default=False)],
    kind: Annotated[TableKind | None, typer.Option(help="csv: 表里是什么 · what the table holds")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只看差异，不发布 · show the difference only")] = False,
    yes: YesFlag = False,
    as_json: JsonFlag = False,
) -> None:
    """导入名录：先整体检查，显示与现有名录的差异，再发布，节点立即采用。 Check a file, show what changes, publish it.

    资产失去主办单位、单位失去联系方式时先询问；一条记录整体替换原记录，表中没有的列即清空。
    It asks when an asset loses its unit or a unit its last address. A record replaces the whole one: a column that the
    table lacks is emptied. yaml: lists `units:`, `assets:`, `guarded:`, `producers:`; xlsx: sheets; csv: --kind.
    """
    settings = Settings.load()
    with bar("检查 checking") as progress:
        task = progress.add_task("", total=None, done=0)
        records = read_registry(file, kind, lambda rows: progress.update(task, done=rows))
    plan, fault = run(_planned(settings, records))
    changes, passed_over = plan.changes, _passed_over(records)
    if not as_json:
        _show(changes, passed_over, fault)
    if not dry_run:
        if (changes.takes_away or fault is not None) and not yes:
            ask("仍要发布？ · Publish all the same?", as_json=as_json)
        run(_publish(settings, plan))
    if as_json:
        print_json({"published": not dry_run, **_document(changes), "passed_over": passed_over, "not_compared": fault})
        return
    say("未发布 · not published (--dry-run)" if dry_run else "已发布 · published")


async def _planned(settings: Settings, records: Spool) -> tuple[ImportPlan, str | None]:
    """What the file changes, and why it could not be compared, if so."""
    try:
        async with reading_ledger(settings) as ledger:
            return await plan_import(records, ledger), None
    except LedgerError as error:
        return await plan_import(records, None), str(error)


def _passed_over(records: Spool) -> list[str]:
    said = list(records.notes)
    for column in unknown_columns(records, limit=NAMED):
        like = f"；是否 {column.like}？" if column.like else ""
        what = f"{LABELS[column.kind]}的列 {column.name}（{column.rows} 行）不认识，仅原样保存"
        said.append(f"{what}{like} · unknown column, only kept")
    return said


def _show(changes: RegistryChanges, passed_over: Sequence[str], fault: str | None) -> None:
    for kind, label in LABELS.items():
        counts = (changes.new[kind], changes.changed[kind], changes.unchanged[kind])
        if any(counts) and fault is None:
            say(f"{label}：新增 {counts[0]}，变更 {counts[1]}，不变 {counts[2]} · new, changed, unchanged")
        elif any(counts):
            say(f"{label}：{sum(counts)}")
    if fault is not None:
        complain(f"未能与现有名录比较 · not compared with what is registered: {fault}", "yellow")
    for name, words in {**_TAKEN, **_WORTH_A_LOOK}.items():
        found: list[tuple[str, str]] = getattr(changes, name)
        if found:
            some = "、".join(f"{key} {text}" for key, text in found[:NAMED])
            more = " ……" if len(found) > NAMED else ""
            complain(f"{words}（{len(found)}）：{some}{more}", "red" if name in _TAKEN else "yellow")
    for said in passed_over:
        complain(said, "yellow")


def _document(changes: RegistryChanges) -> dict[str, Any]:
    kinds = [kind for kind in LABELS if changes.new[kind] + changes.changed[kind] + changes.unchanged[kind]]
    counted = {
        kind: {"new": changes.new[kind], "changed": changes.changed[kind], "unchanged": changes.unchanged[kind]}
        for kind in kinds
    }
    lists = {
        name: [{"key": key, "what": what} for key, what in getattr(changes, name)] for name in (*_TAKEN, *_WORTH_A_LOOK)
    }
    return {"records": {kind: sum(numbers.values()) for kind, numbers in counted.items()}, "changes": counted, **lists}


async def _publish(settings: Settings, plan: ImportPlan) -> None:
    topic = topics_of(settings).registry
    async with publishing_ahead(kafka_config(settings)) as ahead:
        with bar("发布 publishing") as progress:
            task = progress.add_task("", total=plan.records.records, done=0)
            published = 0

            def show(more: int) -> None:
                nonlocal published
                published += more
                progress.update(task, completed=published, done=published)

            await publish_import(ahead, topic, plan, show)
