"""`rectify bulletin draft` and `template`: the figures as a document, and our template to be edited."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.bulletin.options import AreaOption, AsOfOption, FromOption, ToOption, TypedOption, wanted
from streams.cli.terminal.new_file import write_new
from streams.cli.terminal.output import JsonFlag, complain, print_json, say
from streams.cli.terminal.session import reading
from streams.documents.formats import DraftFormat, made_of
from streams.files.policy.loading import load_policy
from streams.presentation.bulletins.checking import contradictions
from streams.services.bulletins.figures import figures
from streams.settings.model import Settings

app = typer.Typer()


@app.command("draft", epilog="示例 Example: rectify bulletin draft --from 2023-01-01 --to 2023-03-31 --out 通报.docx")
def draft(
    begin: FromOption,
    end: ToOption,
    out: Annotated[Path | None, typer.Option("--out", help="写入的新文件 · the new file to write")] = None,
    kind: Annotated[
        DraftFormat, typer.Option("--format", help="文稿、附件表、网页、数字 · document, annexes, page, figures")
    ] = DraftFormat.DOCX,
    as_of: AsOfOption = None,
    area: AreaOption = None,
    template: Annotated[
        Path | None, typer.Option("--template", help="本单位的 Word 模板 · the office's own template (docx)")
    ] = None,
    typed: TypedOption = None,
    as_json: JsonFlag = False,
) -> None:
    """把数字写成文稿，手工填写的内容各就其位。 Figures as a document; fields by hand keep their place."""
    if template is not None and kind is not DraftFormat.DOCX:
        raise typer.BadParameter("goes with --format docx", param_hint="--template")
    settings = Settings.load()
    chosen = wanted(settings, begin, end, as_of, area, typed)
    policy = load_policy(settings.policy)
    found = reading(settings, lambda ledger: figures(ledger, chosen, policy, settings.zone))
    file = out or Path(f"通报-{begin}-{end}.{kind}")
    write_new(file, made_of(kind, found, template))
    wrong = contradictions(found)
    for sentence in wrong:
        complain(f"不一致 · does not hold: {sentence}", "yellow")
    if as_json:
        print_json({"file": str(file), "contradictions": wrong})
        return
    say(f"已写入 · written: {file}")


@app.command("template", epilog="示例 Example: rectify bulletin template 通报模板.docx")
def template(
    file: Annotated[Path, typer.Argument(help=".docx，新文件 · a new file", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """写出通报模板，用 Word 或 WPS 修改后以 --template 使用。 Our template, to be edited in Word or WPS."""
    from streams.documents.standard import standard_template

    write_new(file, standard_template())
    if as_json:
        print_json({"file": str(file)})
        return
    say(f"已写入 · written: {file}；改好后 · then: rectify bulletin draft --template {file} ...")
