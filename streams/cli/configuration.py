"""`rectify config`: the settings in force."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.terminal.output import JsonFlag, print_json, print_table, table
from streams.services.failure import Failure
from streams.settings.model import Settings

app = typer.Typer()


@app.command(epilog="示例 Example: rectify config --check")
def config(
    check: Annotated[bool, typer.Option("--check", help="检查渠道、模板、群 · channels, templates, groups")] = False,
    as_json: JsonFlag = False,
) -> None:
    """显示生效的设置，密码隐去。 Print the settings in force, secrets hidden, and what each is for.

    --check 检查渠道所需的设置，不发送。
    --check: is what mail, short messages and chat groups need there? Files are read, nothing is sent.
    """
    settings = Settings.load()
    if check:
        _check(settings, as_json=as_json)
        return
    effective = settings.effective()
    if as_json:
        print_json(effective)
        return
    notes = {name.upper(): field.description or "" for name, field in Settings.model_fields.items()}
    print_table(
        table("=设置 Setting", "值 Value", "说明 Note"),
        ((name, value, notes.get(name.removeprefix("RECTIFY_"))) for name, value in effective.items()),
    )


def _check(settings: Settings, *, as_json: bool) -> None:
    from streams.cli.channel_check import channels
    from streams.files.faults import FileError

    try:
        found = list(channels(settings))
    except FileError as error:
        raise Failure(str(error)) from error
    if as_json:
        print_json([row._asdict() for row in found])
    else:
        print_table(table("=项目 Subject", "结果 Found"), found)
