"""`rectify publish`: findings from a file or a pipe, checked line by line, acknowledged by the broker."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from streams.cli.terminal.output import JsonFlag, bar, complain, print_json, say
from streams.cli.terminal.session import domain_now, run
from streams.files.findings.formats import UTF_8, FindingsFile, Format, format_of
from streams.files.findings.sarif import SarifLog
from streams.services.findings import FindingsPublication, RefusedLine, publish_findings
from streams.settings.model import Settings

NAMED: Final = 50  # refused lines that are named one by one
LEFT_OUT: Final = {
    "suppressed": "已抑制",
    "absent": "已不存在",
    "pass": "通过",
    "notapplicable": "不适用",
    "open": "未有结论",
    "review": "待人工判断",
    "informational": "仅供参考",
}

app = typer.Typer()


@app.command(epilog="示例 Example: rectify publish findings.jsonl")
def publish(
    file: Annotated[
        Path, typer.Argument(help="文件，- 为标准输入 · a file, or - for the standard input", show_default=False)
    ],
    kind: Annotated[
        Format | None,
        typer.Option("--format", help="格式，默认看扩展名 · default: by the file's extension, otherwise jsonl"),
    ] = None,
    asset: Annotated[str | None, typer.Option(help="sarif: 所属资产 · the asset that was checked")] = None,
    encoding: Annotated[str, typer.Option(help="csv: 文件编码，如 gb18030 · the file's encoding")] = UTF_8,
    first_load: Annotated[
        bool,
        typer.Option(
            "--first-load", help="首次入库的存量问题，时限自入库之日起算 · old findings: their time begins now"
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不发送 · check only, send nothing")] = False,
    as_json: JsonFlag = False,
) -> None:
    """发布检出，逐行检查，不合格的行指出原因。 Publish findings, runs and rechecks; each line is checked first.

    不合格的行不影响其余各行。
    Good lines are sent even when others are refused; the exit code is then 1. Returns when the broker has everything.
    """
    settings = Settings.load()
    kind = kind or format_of(file.name)
    if kind is Format.SARIF and not asset:
        msg = "is needed with --format sarif: whose website or account was checked"
        raise typer.BadParameter(msg, param_hint="--asset")

    with ExitStack() as stack:
        piped = str(file) == "-"
        stream = sys.stdin.buffer if piped else stack.enter_context(file.open("rb"))
        size = None if piped or kind is not Format.JSONL else file.stat().st_size
        source = _source(stream, kind, settings, asset or "", encoding)
        progress = stack.enter_context(bar("发布 publishing"))
        task = progress.add_task("", total=size, done=0)
        published = run(
            publish_findings(
                settings,
                source.batches(),
                partial(domain_now, settings),
                first_load=first_load,
                dry_run=dry_run,
                on_refused=_Complaints(),
                on_progress=lambda read, accepted: progress.update(task, advance=read, done=accepted),
            )
        )
    _report(published, source.log, dry_run=dry_run, as_json=as_json)
    if published.refused:
        raise typer.Exit(1)


def _source(stream: BinaryIO, kind: Format, settings: Settings, asset: str, encoding: str) -> FindingsFile:
    now, limit = domain_now(settings), settings.max_file_bytes
    try:
        return FindingsFile(stream, kind, now, limit, asset=asset, encoding=encoding)
    except LookupError:
        msg = f"{encoding} is no encoding"
        raise typer.BadParameter(msg, param_hint="--encoding") from None


class _Complaints:
    """Names the refused lines as they come, the first of them."""

    def __init__(self) -> None:
        self._count = 0

    def __call__(self, refused: RefusedLine) -> None:
        place = refused.place
        chinese, english = (place, place) if place else (f"第 {refused.line} 行", f"line {refused.line}")
        if self._count < NAMED:
            complain(f"{chinese} 未发送 · {english} refused: {refused.detail} ({refused.code})", "")
        elif self._count == NAMED:
            complain("其余只计数 · further refused lines are only counted", "")
        self._count += 1


def _report(published: FindingsPublication, log: SarifLog | None, *, dry_run: bool, as_json: bool) -> None:
    if as_json:
        count = {"checked" if dry_run else "published": published.accepted}
        more = {} if log is None else {"left_out": log.left_out, "repeated": log.repeated, "runs": log.runs}
        unknown = published.strangers.document()
        print_json({**count, "refused": [line._asdict() for line in published.refused], **more, **unknown})
        return
    done = "检查合格 · passed" if dry_run else "已发布 · published"
    say(f"{done} {published.accepted:,}，未通过 · refused {len(published.refused):,}")
    if log is not None:
        _report_log(log)
    for said in published.strangers.said():
        complain(said, "yellow")


def _report_log(log: SarifLog) -> None:
    if log.left_out:
        reasons = "，".join(
            f"{LEFT_OUT[reason]} · {reason} {count:,}" for reason, count in sorted(log.left_out.items())
        )
        say(f"不作为检出 · left out: {reasons}")
    if log.repeated:
        say(f"同一问题的其他位置，已计入 · further places of a problem, counted with it: {log.repeated:,}")
    if log.without_rule:
        say(f"没有规则，以工具名为检查项 · without a rule, the tool is their check: {log.without_rule:,}")
    for said in log.runs:
        say(f"巡检 · {said}")
