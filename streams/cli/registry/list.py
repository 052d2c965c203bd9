"""`rectify registry list`: what is registered, as the workers know it."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any, Final

import typer

from schemas.vocabulary import ASSET_KIND_LABELS
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import reading
from streams.presentation.labels import labelled
from streams.services.registry import listed
from streams.settings.model import Settings

app = typer.Typer()


class ListKind(StrEnum):
    """What `--kind` takes for a list."""

    ASSET = "asset"
    UNIT = "unit"
    GUARDED = "guarded"
    PRODUCER = "producer"


COLUMNS: Final[Mapping[ListKind, Mapping[str, str]]] = {
    ListKind.ASSET: {
        "=资产 Asset": "asset_id",
        "名称": "name",
        "类型": "kind",
        "单位": "unit_id",
        "地区": "region",
        "=标识码": "code",
    },
    ListKind.UNIT: {
        "=单位 Unit": "unit_id",
        "名称": "name",
        "主管": "supervisor_id",
        "地区": "region",
        ">联系人": "contacts",
    },
    ListKind.GUARDED: {"编号 Id": "id", "名称": "name", "=从": "from", "=到": "to", "地区": "regions"},
    ListKind.PRODUCER: {"=来源 Source": "source", "名称": "name", "单位": "unit_id", "可复查": "checks"},
}
"""Heading -> field."""


@app.command("list", epilog="示例 Example: rectify registry list --kind unit")
def show(
    kind: Annotated[ListKind, typer.Option(help="列什么 · what to list")] = ListKind.ASSET,
    limit: Annotated[int, typer.Option(min=1, help="最多几条 · at most so many")] = 200,
    as_json: JsonFlag = False,
) -> None:
    """列出名录。 List what is registered; assets that have only been heard of are marked."""
    settings = Settings.load()
    records = reading(settings, lambda ledger: listed(ledger, kind.value, limit=limit))
    if as_json:
        print_json(records)
        return
    columns = COLUMNS[kind]
    rows = ([_cell(record, field) for field in columns.values()] for record in records)
    if not print_table(table(*columns), rows):
        say("名录为空 · nothing is registered; `rectify registry import FILE`")


def _cell(record: dict[str, Any], field: str) -> object:
    if record.get("registered") is False and field == "kind":
        return "未登记"
    value = record.get(field)
    if field == "kind":
        return labelled(ASSET_KIND_LABELS, value)
    if field == "contacts":
        return len(value or ())
    return "、".join(value) if isinstance(value, list) else value
