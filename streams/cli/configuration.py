"""`rectify config`: the settings in force."""

from __future__ import annotations

import typer

from streams.cli.output import JsonFlag, print_json, print_table, table
from streams.settings import Settings

app = typer.Typer()


@app.command(epilog="示例 Example: rectify config --json")
def config(as_json: JsonFlag = False) -> None:
    """显示生效的设置，密码隐去。 Print the settings in force, secrets hidden, and what each is for."""
    settings = Settings.load()
    effective = settings.effective()
    if as_json:
        print_json(effective)
        return
    notes = {name.upper(): field.description or "" for name, field in Settings.model_fields.items()}
    print_table(
        table("=设置 Setting", "值 Value", "说明 Note"),
        ((name, value, notes.get(name.removeprefix("RECTIFY_"))) for name, value in effective.items()),
    )
