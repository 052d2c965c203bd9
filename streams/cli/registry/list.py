"""`rectify registry list`: what is registered, as the workers know it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from itertools import islice
from typing import Annotated, Any, Final

import orjson
import typer

from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import run
from streams.ledger.reading.queries import list_assets, registry_documents
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings

app = typer.Typer()


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
