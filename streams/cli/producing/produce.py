"""`rectify produce`: run a tool, and publish what its report says."""

from __future__ import annotations

from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from streams.cli.producing.complaints import Complaints
from streams.cli.producing.reports import batches, tell, tell_each
from streams.cli.terminal.output import JsonFlag, complain
from streams.cli.terminal.session import domain_now, run
from streams.services.findings import FindingsPublication, publish_findings
from streams.services.producing.assets import known_assets
from streams.services.producing.producing import Order, Produced, produce
from streams.settings.model import Settings

WORDS = 10  # last lines of what the tool said


class AssetsChoice(StrEnum):
    """How it is found out whose a finding is."""

    AUTO = "auto"


app = typer.Typer()


@app.command(
    "produce",
    epilog="示例 Example: rectify produce linkinator --asset kjj-site -- linkinator URL --recurse --format json",
)
def produce_(
    mapping: Annotated[str, typer.Argument(help="映射名 · a mapping (rectify mapping list)", show_default=False)],
    command: Annotated[list[str], typer.Argument(help="-- 之后：命令 · the command", show_default=False)],
    asset: Annotated[str | None, typer.Option(help="所属资产 · the asset that is checked")] = None,
    assets: Annotated[
        AssetsChoice | None,
        typer.Option(help="auto: 按网址归到名录中的网站 · each page's, by the registered addresses"),
    ] = None,
    source: Annotated[
        str | None, typer.Option(help="来源，须始终不变，默认为映射名 · always the same; default: the mapping")
    ] = None,
    report: Annotated[
        Path | None, typer.Option(help="工具写的报告文件，默认标准输出 · the file it writes; default: its output")
    ] = None,
    timeout: Annotated[float | None, typer.Option(min=1.0, help="最长几秒 · seconds, then it is stopped")] = None,
    pages: Annotated[
        Path | None, typer.Option(help="rectify fetch-pages 的文件夹，命令中以 {pages} 代表文件 · its folder")
    ] = None,
    as_json: JsonFlag = False,
) -> None:
    """运行检查工具，发布检出和巡检。 Run a tool, and publish its findings and then its run.

    只有退出码、工具的话、首页和报告都说查完了，巡检才是完整的，才会销号；其余都如实发布为部分或失败。
    The run is complete only if exit code, messages, start page and report all say so. The exit code is 0 when both
    were published, whatever the tool's.
    """
    if (asset is None) is (assets is None):
        msg = "须用 --asset 或 --assets auto 之一 · name the asset by --asset, or say --assets auto"
        raise typer.BadParameter(msg)
    settings = Settings.load()
    order = Order(mapping, asset, command, source or Path(mapping).stem, report, timeout, pages)

    async def work() -> tuple[Produced, FindingsPublication]:
        now = partial(domain_now, settings)
        made = await produce(settings, order, now, await known_assets(settings))
        published = await publish_findings(settings, batches(*made.reports), now, on_refused=Complaints())
        return made, published

    made, published = run(work())
    if any(report.run is None or report.run["status"] != "complete" for report in made.reports):
        for line in made.ended.said.strip().splitlines()[-WORDS:]:
            complain(f"{order.command[0]}: {line}", "dim")
    if asset is not None:
        tell(made.report, published, dry_run=False, as_json=as_json)
    else:
        tell_each(made.reports, published, as_json=as_json)
    made_of_it = sum(len(report.messages) + (report.run is not None) for report in made.reports)
    if published.accepted < max(made_of_it, 1):
        raise typer.Exit(1)
