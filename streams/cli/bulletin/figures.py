"""`rectify bulletin figures`: the figures of a period, as of a moment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import typer

from streams.cli.bulletin.options import AreaOption, AsOfOption, FromOption, ToOption, TypedOption, wanted
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, reading
from streams.files.policy.loading import load_policy
from streams.services.bulletins.figures import figures
from streams.settings.model import Settings

_ROW: Final = ("running", "checked", "ratio", "problem", "unqualified", "rate")
app = typer.Typer()


@app.command("figures", epilog="示例 Example: rectify bulletin figures --from 2023-01-28 --to 2023-02-11 --json")
def show(
    begin: FromOption,
    end: ToOption,
    as_of: AsOfOption = None,
    area: AreaOption = None,
    typed: TypedOption = None,
    as_json: JsonFlag = False,
) -> None:
    """通报的数字：统计时点相同，何时查询都相同。 Figures of a period; the same for the same moment, whenever asked."""
    settings = Settings.load()
    chosen = wanted(settings, begin, end, as_of, area, typed)
    policy = load_policy(settings.policy)
    found = reading(settings, lambda ledger: figures(ledger, chosen, policy, settings.zone))
    if as_json:
        print_json({**found, "computed_at": domain_now(settings)})
        return
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
