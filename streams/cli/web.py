"""`rectify web`: the pages, as a process of their own."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from streams.settings.model import Settings
from streams.worker.logs import configure

app = typer.Typer()


@app.command(epilog="示例 Example: rectify web --serve links")
def web(
    serve: Annotated[
        str,
        typer.Option(help="提供哪些部分，逗号分隔，如 links；all 为全部 · which parts, with commas; all: every one"),
    ] = "all",
) -> None:
    """提供网页：单位凭信中链接签收、反馈、申请。 Serve the pages: what units do from the link in their letters.

    可同时运行多个；只读台账，办理即发布指令。
    Run as many as you like, beside the workers: the ledger is only read, and whatever people do is a command.
    """
    from streams.web.parts import chosen
    from streams.web.serving import run_web

    try:
        parts = chosen(serve)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--serve") from None
    settings = Settings.load()
    configure(fmt=settings.log_format, level=settings.log_level)
    asyncio.run(run_web(settings, parts))
