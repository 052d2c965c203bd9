"""`rectify webhook`: what is posted to the addresses of supervising units."""

from __future__ import annotations

from typing import Annotated

import typer

from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import run
from streams.clock import system_time
from streams.presentation.dates import local
from streams.settings.model import Settings

app = typer.Typer(no_args_is_help=True, help="推送地址 · Webhooks of supervising units: what waits, what was given up.")


@app.command("list", epilog="示例 Example: rectify webhook list")
def show(as_json: JsonFlag = False) -> None:
    """列出推送地址和积压。 List the webhooks: what waits for each, and what was given up."""
    from streams.services.webhooks import standings

    settings = Settings.load()
    found = run(standings(settings))
    if as_json:
        print_json([{**one.queue._asdict(), "unit_id": one.unit_id, "is_known": one.is_known} for one in found])
        return
    rows = (
        (
            one.queue.webhook,
            one.unit_id or "全部",
            str(one.queue.waiting),
            local(one.queue.oldest, settings.zone),
            str(one.queue.given_up),
            one.queue.code or "",
            "" if one.is_known else "已撤下",
        )
        for one in found
    )
    if not print_table(table("=名称", "单位", "=待推送", "=最早", "=已停止", "原因", "备注"), rows):
        say("没有推送地址 · no webhooks: see RECTIFY_WEBHOOKS")


@app.command(epilog="示例 Example: rectify webhook retry szfb")
def retry(
    name: Annotated[str, typer.Argument(help="名称 · its name", show_default=False)],
    as_json: JsonFlag = False,
) -> None:
    """重新推送已停止的。 Post again what was given up, before what waits, and what waits at once."""
    from streams.services.webhooks import retry as put_back

    count = run(put_back(Settings.load(), name, system_time()))
    if as_json:
        print_json({"webhook": name, "put_back": count})
        return
    say(f"{count} 条重新推送 · posted again")
