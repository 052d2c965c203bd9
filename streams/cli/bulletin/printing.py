"""A bulletin's figures at the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from streams.cli.terminal.output import print_table, say, table

_ROW: Final = ("running", "checked", "ratio", "problem", "unqualified", "rate")


def print_figures(found: Mapping[str, Any]) -> None:
    """Totals, areas, slips; what does not add up."""
    heads = (">在册", ">检查", ">检查比例", ">有问题", ">不合格", ">合格率")
    print_table(table("类型", *heads), [(row["label"], *_cells(row)) for row in found["totals"]])
    if rows := found["by"]["area"]:
        labels = {row["group"]: row["label"] for row in found["totals"]}
        print_table(table("地区", "类型", *heads), [(row["label"], labels[row["group"]], *_cells(row)) for row in rows])
    slips = found["tickets"]
    say(
        f"整改单 {slips['issued']} 份，已完成 {slips['done']} 份（{slips['done_rate'] or '—'}），"
        f"逾期 {slips['overdue']} 份，延期 {slips['extended']} 份，催办 {slips['urged']} 次"
    )
    for row in found["sums"]:
        if not row["holds"]:
            say(f"合计不符 · does not add up: {row['name']}", "yellow")
    say(f"期间 {found['from']} 至 {found['to']}，截至 {found['as_of']}，规则包 {found['pack']}。", "dim")


def _cells(row: Mapping[str, Any]) -> list[object]:
    return ["" if row[name] is None else row[name] for name in _ROW]
