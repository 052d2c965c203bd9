"""`rectify registry`: units, assets, contacts, guarded periods and producers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from enum import StrEnum
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, Any, Final

import orjson
import typer

from streams.cli.ahead import publishing_ahead
from streams.cli.failure import Failure
from streams.cli.ledgers import reading_ledger
from streams.cli.output import JsonFlag, bar, print_json, print_table, say, table
from streams.cli.session import kafka_config, run, topics_of
from streams.kafka.publisher import OutMessage, PublishError
from streams.ledger.queries import list_assets, registry_documents
from streams.registry_files import read_registry
from streams.registry_spool import Spool
from streams.settings import Settings

AT_ONCE: Final = 2_000  # records that wait for their acknowledgements together
LABELS: Final = {"unit": "单位", "asset": "资产", "guarded": "重要保障期", "producer": "巡检方", "calendar": "工作日历"}

app = typer.Typer(no_args_is_help=True, help="名录 · Units, assets, contacts, guarded periods, producers.")


class TableKind(StrEnum):
    """What `--kind` takes for a CSV file."""

    ASSET = "asset"
    UNIT = "unit"


class Kind(StrEnum):
    """What `--kind` takes for a list."""

    ASSET = "asset"
    UNIT = "unit"
    GUARDED = "guarded"
    PRODUCER = "producer"


COLUMNS: Final[Mapping[Kind, Mapping[str, str]]] = {
    Kind.ASSET: {"=资产 Asset": "asset_id", "名称": "name", "类型": "kind", "单位": "unit_id", "地区": "region"},
    Kind.UNIT: {
        "=单位 Unit": "unit_id",
        "名称": "name",
        "主管": "supervisor_id",
        "地区": "region",
        ">联系人": "contacts",
    },
    Kind.GUARDED: {"编号 Id": "id", "名称": "name", "=从": "from", "=到": "to", "地区": "regions"},
    Kind.PRODUCER: {"=来源 Source": "source", "名称": "name", "单位": "unit_id", "可复查": "checks"},
}
"""Heading -> field."""


@app.command("import", epilog="示例 Example: rectify registry import 名录.xlsx --dry-run")
def take_in(
    file: Annotated[Path, typer.Argument(help=".yaml、.xlsx 或 .csv", show_default=False)],
    kind: Annotated[TableKind | None, typer.Option(help="csv: 表里是什么 · what the table holds")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不发布 · check only, publish nothing")] = False,
    as_json: JsonFlag = False,
) -> None:
    """导入单位、资产名录：先整体检查再发布，运行中的节点立即采用。 Check a file as a whole, then publish its records.

    一个文件可含多张表，未写明的表见列名。
    yaml: lists `units:`, `assets:`, `guarded:`, `producers:`; xlsx: sheets (no producers), Chinese or English headers;
    csv: --kind.
    """
    settings = Settings.load()
    with bar("检查 checking") as progress:
        task = progress.add_task("", total=None, done=0)
        records = read_registry(file, kind, lambda rows: progress.update(task, done=rows))
    counted: Counter[str] = Counter()
    if dry_run:
        counted.update(key.partition(":")[0] for key, _ in records)
    else:
        run(_publish(settings, records, counted))
    if as_json:
        print_json({"published": not dry_run, "records": dict(counted)})
        return
    said = "，".join(f"{LABELS.get(name, name)} {number}" for name, number in counted.items())
    say(f"{'检查合格，未发布 · passed, not published' if dry_run else '已发布 · published'}：{said}")


async def _publish(settings: Settings, records: Spool, counted: Counter[str]) -> None:
    topic = topics_of(settings).registry
    rest = iter(records)

    def done(keys: Sequence[str], refused: Sequence[PublishError]) -> None:
        if refused:
            msg = f"{keys[refused[0].index]}: {refused[0].detail}"
            raise Failure(msg)
        counted.update(key.partition(":")[0] for key in keys)
        progress.update(task, advance=len(keys), done=counted.total())

    async with publishing_ahead(kafka_config(settings)) as ahead:
        with bar("发布 publishing") as progress:
            task = progress.add_task("", total=records.records, done=0)
            while batch := list(islice(rest, AT_ONCE)):
                messages = [OutMessage(topic, key.encode(), value) for key, value in batch]
                await ahead.publish(messages, partial(done, [key for key, _ in batch]))
            await ahead.finish()


@app.command("list", epilog="示例 Example: rectify registry list --kind unit")
def show(
    kind: Annotated[Kind, typer.Option(help="列什么 · what to list")] = Kind.ASSET,
    limit: Annotated[int, typer.Option(min=1, help="最多几条 · at most so many")] = 200,
    as_json: JsonFlag = False,
) -> None:
    """列出名录。 List what is registered; assets that have only been heard of are marked."""
    settings = Settings.load()
    records = run(_assets(settings, limit) if kind is Kind.ASSET else _documents(settings, kind, limit))
    if as_json:
        print_json(records)
        return
    columns = COLUMNS[kind]
    rows = ([_cell(record, field) for field in columns.values()] for record in records)
    if not print_table(table(*columns), rows):
        say("名录为空 · nothing is registered; `rectify registry import FILE`")


async def _assets(settings: Settings, limit: int) -> list[dict[str, Any]]:
    async with reading_ledger(settings) as ledger:
        found = await list_assets(ledger, limit=limit)
    return [
        {"registered": True, **orjson.loads(asset.document_json)}
        if asset.document_json
        else {"registered": False, "asset_id": asset.asset_id, "name": asset.name}
        for asset in found
    ]


async def _documents(settings: Settings, kind: str, limit: int) -> list[dict[str, Any]]:
    async with reading_ledger(settings) as ledger:
        found = await registry_documents(ledger, kind)
    return [{"id": record_id, **orjson.loads(text)} for record_id, text in islice(found.items(), limit)]


def _cell(record: dict[str, Any], field: str) -> object:
    if record.get("registered") is False and field == "kind":
        return "未登记"
    value = record.get(field)
    if field == "contacts":
        return len(value or ())
    return "、".join(value) if isinstance(value, list) else value
