"""`rectify mapping`: which tools' reports can be read, how, and what one of them becomes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.producing.reports import (
    ExitCodeOption,
    ReportOptions,
    facts_of,
    read_content,
    tell_report,
)
from streams.cli.terminal.output import JsonFlag, complain, print_json, print_table, say, shortened, table
from streams.cli.terminal.session import domain_now, run
from streams.files.faults import FileError
from streams.files.mappings.evaluation import checked
from streams.files.mappings.loading import MappingFile, load_mapping, mapping_files, read_mapping
from streams.services.producing.reports import mapped_report
from streams.settings.model import Settings

SHOWN = 20  # findings of a report that are shown

app = typer.Typer(no_args_is_help=True, help="映射 · Mappings: how the reports of tools become findings and runs.")

NameArgument = Annotated[str, typer.Argument(help="映射名 · its name, as listed, or a .yaml file", show_default=False)]


@app.command("list", epilog="示例 Example: rectify mapping list --json")
def show_all(as_json: JsonFlag = False) -> None:
    """列出可读的工具报告。 List the tools whose reports can be read.

    自己的映射放在 RECTIFY_MAPPINGS 文件夹，同名的代替内置的。
    Mappings of one's own lie in the folder RECTIFY_MAPPINGS; one of the same name takes the place of a built-in one.
    """
    files = mapping_files(Settings.load().mappings)
    if as_json:
        print_json([_row(file) for file in files.values()])
        return
    rows = ((one["name"], one["title"], one["run"], one["seen"]) for one in map(_row, files.values()))
    columns = ("=映射 Mapping", "用途 For", "=巡检 Run", "依据 Tried with")
    print_table(table(*columns, leave_out=("依据 Tried with",)), rows)


@app.command(epilog="示例 Example: rectify mapping show lychee > my/lychee.yaml")
def show(name: NameArgument, as_json: JsonFlag = False) -> None:
    """输出映射原文，可复制修改。 Print a mapping as it is written, to be copied and changed."""
    folder = Settings.load().mappings
    mapping = load_mapping(name, folder)
    if as_json:
        print_json(mapping.model_dump(exclude_unset=True))
        return
    path = Path(name) if name.endswith(".yaml") else mapping_files(folder)[name].path
    typer.echo(path.read_text("utf-8"), nl=False)


@app.command(epilog="示例 Example: rectify mapping check lychee report.json --asset kjj-site --exit-code 2")
def check(
    name: NameArgument,
    report: Annotated[Path | None, typer.Argument(help="报告，- 为标准输入 · a report", show_default=False)] = None,
    asset: Annotated[str, typer.Option(help="所属资产 · the asset that was checked")] = "asset",
    exit_code: ExitCodeOption = None,
    as_json: JsonFlag = False,
) -> None:
    """检查映射；给出报告时，说明每一行成为什么、为什么略过。 Check a mapping; with a report, say what each row becomes.

    不发送任何内容。
    Nothing is sent. The exit code is 1 when a row could not be read.
    """
    settings = Settings.load()
    mapping = load_mapping(name, settings.mappings)
    checked(mapping)
    if report is None:
        print_json({"mapping": mapping.tool, "correct": True}) if as_json else say(
            f"映射正确 · correct: {mapping.tool}"
        )
        return
    content, _ = read_content(report, settings.max_file_bytes)
    facts = facts_of(ReportOptions(mapping.tool, asset, None, exit_code), content, domain_now(settings))
    made = run(mapped_report(settings, mapping, content, facts, asset_of=lambda _: asset))
    if as_json:
        print_json(made.document())
    else:
        for message in made.messages[:SHOWN]:
            what = message.get("check", message.get("outcome", ""))
            say(f"{message['type']} {what} {message.get('locator', '')} {shortened(message.get('evidence', {}))}")
        if len(made.messages) > SHOWN:
            say(f"……共 {len(made.messages):,} 条 · in all")
        for row in made.refused:
            complain(f"{row.place} 不可读 · cannot be read: {row.reason}", "")
        if made.unreadable:
            complain(made.unreadable, "")
        tell_report(made)
    if made.refused or made.unreadable:
        raise typer.Exit(1)


def _row(file: MappingFile) -> dict[str, str | bool]:
    try:
        mapping = read_mapping(file.path)
    except FileError as error:
        return {"name": file.name, "title": f"有误 · wrong: {error}", "run": "", "seen": "", "builtin": file.builtin}
    return {
        "name": mapping.tool,
        "title": mapping.title,
        "run": "无 no" if mapping.exit is None else "有 yes",
        "seen": mapping.seen,
        "builtin": file.builtin,
    }
