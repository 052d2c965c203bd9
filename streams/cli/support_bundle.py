"""`rectify support-bundle`: a file for whoever helps from outside."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from streams.cli.terminal.new_file import refuse_existing, write_new
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import run
from streams.settings.model import Settings

app = typer.Typer()


@app.command(epilog="示例 Example: rectify support-bundle support.zip --log worker.log")
def support_bundle(
    file: Annotated[Path, typer.Argument(help="写到哪里，不得已存在 · where to; must not exist", show_default=False)],
    log: Annotated[
        Path | None, typer.Option("--log", exists=True, dir_okay=False, help="工作节点的日志 · a worker's log")
    ] = None,
    lines: Annotated[int, typer.Option(min=1, max=100_000, help="日志最后多少行 · how many of its last lines")] = 2_000,
    as_json: JsonFlag = False,
) -> None:
    """打包版本、设置、体检、数量、指标，供外部排障；不含密钥，不含任何人。 A file for whoever helps from outside.

    密码隐去，联系人、账号、电话、邮箱去除，不含整改单和留言内容；交出前可自行解压查看。
    Without secrets and without people: no ticket's text, name, address or number is in it. Look into it before you
    hand it over.
    """
    from streams.cli.doctor import reachable_kafka
    from streams.doctor.support.bundle import LogPart, zipped
    from streams.doctor.support.bundle import support_bundle as made_of

    settings = Settings.load()
    refuse_existing(file)  # looking takes a while
    part = None if log is None else LogPart(log, lines)
    files = run(made_of(settings, reachable_kafka(settings), part))
    write_new(file, zipped(files))
    if as_json:
        print_json({"file": str(file), "files": sorted(files)})
    else:
        say(f"{file}: {'、'.join(files)}")
