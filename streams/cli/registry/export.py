"""`rectify registry export` and `template`: files to edit and to import again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.registry.import_ import LABELS, TableKind
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import reading
from streams.services.failure import Failure
from streams.services.registry import everything
from streams.settings.model import Settings

app = typer.Typer()

FileArgument = Annotated[Path, typer.Argument(help=".yaml、.xlsx 或 .csv · a new file", show_default=False)]


@app.command(epilog="示例 Example: rectify registry export 名录.xlsx")
def export(
    file: FileArgument,
    kind: Annotated[TableKind | None, typer.Option(help="csv: 导出什么 · what the table is to hold")] = None,
    as_json: JsonFlag = False,
) -> None:
    """导出已登记的名录，改后可再导入。 Write what is registered into a file that `registry import` takes.

    yaml 含全部；xlsx 不含巡检方；csv 只含一类。
    yaml holds everything, xlsx no producers, csv one kind.
    """
    from streams.files.registry.export import write_csv, write_workbook, write_yaml

    suffix = file.suffix.lower()
    if suffix not in (".yaml", ".yml", ".xlsx", ".csv"):
        raise typer.BadParameter("a .yaml, .xlsx or .csv file", param_hint="FILE")
    if (suffix == ".csv") == (kind is None):
        raise typer.BadParameter("goes with a .csv file, and each needs the other", param_hint="--kind")
    records = reading(Settings.load(), everything)
    try:
        if kind is not None:
            records = {kind.value: records[kind.value]}
            write_csv(file, kind.value, records[kind.value])
        elif suffix == ".xlsx":
            records.pop("producer")
            write_workbook(file, records)
        else:
            write_yaml(file, records)
    except FileExistsError:
        raise Failure(f"文件已存在，未覆盖 · the file exists and is not overwritten: {file}") from None
    counted = {name: len(found) for name, found in records.items() if found}
    if as_json:
        print_json({"file": str(file), "records": counted})
        return
    said = "，".join(f"{LABELS[name]} {many}" for name, many in counted.items())
    say(f"已导出 · exported：{said or '名录为空 · nothing is registered'}")


@app.command(epilog="示例 Example: rectify registry template 名录.xlsx")
def template(
    file: Annotated[Path, typer.Argument(help=".xlsx，新文件 · a new file", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """生成空白名录表，含列名和填写说明。 Write an empty workbook with the headers and how to fill it in."""
    from streams.files.registry.export import write_workbook

    if file.suffix.lower() != ".xlsx":
        raise typer.BadParameter("an .xlsx file", param_hint="FILE")
    try:
        write_workbook(file, {}, template=True)
    except FileExistsError:
        raise Failure(f"文件已存在，未覆盖 · the file exists and is not overwritten: {file}") from None
    if as_json:
        print_json({"file": str(file)})
        return
    say(f"已生成 · written: {file}；填好后 · then: rectify registry import {file} --dry-run")
