"""`rectify answer`: look again where it is asked for, with a tool that looks at one page."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from schemas.recheck_request import RecheckRequest
from streams.cli.terminal.output import print_line, say
from streams.cli.terminal.session import domain_now, run
from streams.files.mappings.loading import load_mapping
from streams.services.failure import Failure
from streams.services.producing.answering import Look
from streams.services.producing.assets import known_assets
from streams.services.producing.requests import answer_requests
from streams.settings.model import Settings

OUTCOMES = {"present": "仍在 · present", "absent": "已消除 · absent", "unverifiable": "无法核实 · unverifiable"}

app = typer.Typer()


@app.command(
    epilog="示例 Example: rectify answer lychee --asset kjj-site -- lychee --format json -v {locator}",
)
def answer(
    mapping: Annotated[str, typer.Argument(help="映射名 · a mapping (rectify mapping list)", show_default=False)],
    command: Annotated[list[str], typer.Argument(help="-- 之后：命令，{locator} 为网页 · command", show_default=False)],
    asset: Annotated[str, typer.Option(help="哪个网站的复查申请 · whose requests")],
    source: Annotated[str | None, typer.Option(help="来源，与发布检出时相同 · as where it publishes")] = None,
    once: Annotated[bool, typer.Option("--once", help="答复现有的就结束 · answer what waits, then end")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每个答复一行 JSON · one line of JSON an answer")] = False,
) -> None:
    """用检查工具答复复查申请。 Answer recheck requests with a tool.

    只对该网站登记网址之下的 http(s) 网页运行工具，不经 shell；其余一律答“无法核实”。
    The tool is only run on http(s) pages below the asset's registered address, without a shell.
    """
    settings = Settings.load()
    tool = load_mapping(mapping, settings.mappings)
    if "{pages}" not in command if tool.places == "files" else not any("{locator}" in word for word in command):
        msg = "命令中须有 {locator}（读文件的工具用 {pages}） · the command must have {locator}, or {pages} for files"
        raise typer.BadParameter(msg)

    tell = _print if as_json else _tell

    async def work() -> int:
        found = (await known_assets(settings))[asset]
        if found is None or not found.url:
            msg = f"名录中没有 {asset} 的网址 · no address of {asset} is registered"
            raise Failure(msg)
        look = Look(tool, found, command, source or Path(mapping).stem)
        return await answer_requests(settings, look, partial(domain_now, settings), once=once, on_answer=tell)

    count = run(work())
    if not as_json:
        say(f"已答复 · answered {count}")


def _print(_: RecheckRequest, made: dict[str, Any]) -> None:
    print_line(made)


def _tell(request: RecheckRequest, made: dict[str, Any]) -> None:
    outcome, why = OUTCOMES[made["outcome"]], made["evidence"]["why"]
    say(f"{request.request_id} {request.check} {request.locator}：{outcome}（{why}）")
