"""`rectify publish`: findings from a file or a pipe, checked line by line, acknowledged by the broker."""

from __future__ import annotations

import sys
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from streams.cli.producing.complaints import Complaints
from streams.cli.producing.reports import ExitCodeOption, ReportOptions, SourceOption, publish_report
from streams.cli.terminal.output import JsonFlag, bar, complain, print_json, say
from streams.cli.terminal.session import domain_now, run
from streams.files.findings.formats import UTF_8, FindingsFile, Format, format_of
from streams.files.findings.sarif import SarifLog
from streams.services.findings import FindingsPublication, publish_findings
from streams.settings.model import Settings

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
        str | None,
        typer.Option(
            "--format",
            metavar="FORMAT",
            help="jsonl、csv、sarif 或映射名（rectify mapping list），默认看扩展名"
            " · or the name of a mapping; default: by the file's extension, otherwise jsonl",
        ),
    ] = None,
    asset: Annotated[str | None, typer.Option(help="sarif、映射: 所属资产 · the asset that was checked")] = None,
    exit_code: ExitCodeOption = None,
    source: SourceOption = None,
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
    if kind not in list(Format):
        options = ReportOptions(kind, asset or "", source, exit_code)
        publish_report(settings, file, options, first_load=first_load, dry_run=dry_run, as_json=as_json)
        return
    if exit_code is not None or source is not None:
        msg = "only with --format MAPPING (`rectify mapping list`)"
        raise typer.BadParameter(msg, param_hint="--exit-code, --source")
    if kind == Format.SARIF and not asset:
        msg = "is needed with --format sarif: whose website or account was checked"
        raise typer.BadParameter(msg, param_hint="--asset")

    with ExitStack() as stack:
        piped = str(file) == "-"
        stream = sys.stdin.buffer if piped else stack.enter_context(file.open("rb"))
        size = None if piped or kind != Format.JSONL else file.stat().st_size
        messages = _source(stream, Format(kind), settings, asset or "", encoding)
        progress = stack.enter_context(bar("发布 publishing"))
        task = progress.add_task("", total=size, done=0)
        published = run(
            publish_findings(
                settings,
                messages.batches(),
                partial(domain_now, settings),
                first_load=first_load,
                dry_run=dry_run,
                on_refused=Complaints(),
                on_progress=lambda read, accepted: progress.update(task, advance=read, done=accepted),
            )
        )
    _report(published, messages.log, dry_run=dry_run, as_json=as_json)
    if published.refused:
        raise typer.Exit(1)


def _source(stream: BinaryIO, kind: Format, settings: Settings, asset: str, encoding: str) -> FindingsFile:
    now, limit = domain_now(settings), settings.max_file_bytes
    try:
        return FindingsFile(stream, kind, now, limit, asset=asset, encoding=encoding)
    except LookupError:
        msg = f"{encoding} is no encoding"
        raise typer.BadParameter(msg, param_hint="--encoding") from None


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
