"""`rectify bulletin list` and `show`: the issued bulletins."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.bulletin.printing import print_figures
from streams.cli.terminal.new_file import write_new
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import reading
from streams.documents.formats import DraftFormat, made_of
from streams.files.bulletin_file import with_moved_parts
from streams.services.bulletins.issuing import all_issued, recorded
from streams.settings.model import Settings

app = typer.Typer()


@app.command("list", epilog="示例 Example: rectify bulletin list")
def show_all(as_json: JsonFlag = False) -> None:
    """列出已印发的通报。 The issued bulletins, the latest period first."""
    settings = Settings.load()
    rows = reading(settings, all_issued)
    if as_json:
        print_json([row._asdict() for row in rows])
        return
    cells = [
        (row.number, row.issued_on, f"{row.first_day} 至 {row.last_day}", row.area or "全部", row.bulletin_id)
        for row in rows
    ]
    if not print_table(table("文号", "=日期", "=期间", "范围", "=编号"), cells):
        say("还没有印发的通报 · none was issued yet")


@app.command("show", epilog="示例 Example: rectify bulletin show 咸政办函〔2023〕1号 --format docx --out 通报.docx")
def show(
    name: Annotated[str, typer.Argument(help="文号或编号 · its number or id", show_default=False)],
    out: Annotated[Path | None, typer.Option("--out", help="写入的新文件 · the new file to write")] = None,
    kind: Annotated[DraftFormat, typer.Option("--format", help="与 --out 同用 · goes with --out")] = DraftFormat.DOCX,
    template: Annotated[
        Path | None, typer.Option("--template", help="本单位的 Word 模板 · the office's own template (docx)")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """查看已印发的通报，或按印发时的数字成文。 One as it was issued, or as a document."""
    if template is not None and kind is not DraftFormat.DOCX:
        raise typer.BadParameter("goes with --format docx", param_hint="--template")
    settings = Settings.load()
    found = reading(settings, lambda ledger: recorded(ledger, name))
    if out is not None:
        write_new(out, made_of(kind, with_moved_parts(found, out.parent), template))
        say(f"已写入 · written: {out}")
        return
    if as_json:
        print_json(found)
        return
    say(f"{found['number']}，{found['date']}，{found['issued_by']} 印发，编号 {found['bulletin_id']}")
    print_figures(found)
