"""`rectify bulletin report`: 整改报告 of a unit as a Word document."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.bulletin.options import FromOption, ToOption, day
from streams.cli.terminal.new_file import write_new
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import domain_now, reading
from streams.files.policy.loading import load_policy
from streams.presentation.unit_report import TITLE
from streams.services.unit_report import report_of
from streams.settings.model import Settings

app = typer.Typer()


@app.command("report", epilog="示例 Example: rectify bulletin report --unit kjj --from 2023-01-01 --to 2023-03-31")
def report(
    unit: Annotated[str, typer.Option("--unit", help="单位编号或名称 · the unit's id or name")],
    begin: FromOption,
    end: ToOption,
    out: Annotated[Path | None, typer.Option("--out", help="写入的新文件 · the new file to write")] = None,
    as_json: JsonFlag = False,
) -> None:
    """一个单位的整改报告，写成 Word 文档。 What a unit was told, did and still has to do, as a Word document."""
    from streams.documents.unit_report import report_document

    settings = Settings.load()
    policy, now = load_policy(settings.policy), domain_now(settings)
    first, last = day(begin, "--from"), day(end, "--to")
    found = reading(settings, lambda ledger: report_of(ledger, unit, first, last, policy, now, settings.zone))
    file = out or Path(f"{TITLE}-{found.unit}-{begin}-{end}.docx".replace("/", "_"))
    write_new(file, report_document(found))
    if as_json:
        print_json({"file": str(file), "unit": found.unit})
        return
    say(f"已写入 · written: {file}")
