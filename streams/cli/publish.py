"""`rectify publish`: findings from a file or a pipe, checked line by line, acknowledged by the broker."""

from __future__ import annotations

import codecs
import csv
import io
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO, Final

import typer

from streams.cli.terminal.output import JsonFlag, bar, complain, print_json, say
from streams.cli.terminal.pipelined_publishing import publishing_ahead
from streams.cli.terminal.sending import FileSending, in_batches
from streams.cli.terminal.session import domain_now, run
from streams.files.findings.files import FileMessage, csv_rows, json_lines
from streams.files.findings.sarif import SarifLog
from streams.files.findings.strangers import Strangers
from streams.files.policy.loading import load_policy
from streams.services.connections import kafka_config, topics_of
from streams.services.failure import Failure
from streams.settings.model import Settings

UTF_8: Final = "utf-8-sig"
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


class Format(StrEnum):
    """What `--format` takes."""

    JSONL = "jsonl"
    CSV = "csv"
    SARIF = "sarif"


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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不发送 · check only, send nothing")] = False,
    as_json: JsonFlag = False,
) -> None:
    """发布检出，逐行检查，不合格的行指出原因。 Publish findings, runs and rechecks; each line is checked first.

    不合格的行不影响其余各行。
    Good lines are sent even when others are refused; the exit code is then 1. Returns when the broker has everything.
    """
    settings = Settings.load()
    endings = {".csv": Format.CSV, ".sarif": Format.SARIF, ".sarif.json": Format.SARIF}
    kind = kind or next((endings[one] for one in endings if file.name.lower().endswith(one)), Format.JSONL)
    if kind is Format.SARIF and not asset:
        msg = "is needed with --format sarif: whose website or account was checked"
        raise typer.BadParameter(msg, param_hint="--asset")

    with ExitStack() as stack:
        piped = str(file) == "-"
        stream = sys.stdin.buffer if piped else stack.enter_context(file.open("rb"))
        log = (
            SarifLog.read(stream, asset or "", domain_now(settings), settings.max_file_bytes)
            if kind is Format.SARIF
            else None
        )
        batches = _batches(stream, log, encoding if kind is Format.CSV else None, settings)
        size = None if piped or kind is not Format.JSONL else file.stat().st_size
        sending = run(_publish(settings, batches, size, dry_run=dry_run))
    _report(sending, log, as_json=as_json)
    if sending.refused:
        raise typer.Exit(1)


async def _publish(
    settings: Settings, batches: AsyncIterator[list[FileMessage]], size: int | None, *, dry_run: bool
) -> FileSending:
    async with AsyncExitStack() as stack:
        progress = stack.enter_context(bar("发布 publishing"))
        ahead = None if dry_run else await stack.enter_async_context(publishing_ahead(kafka_config(settings)))
        now, strangers = partial(domain_now, settings), Strangers(load_policy(settings.policy))
        sending = FileSending(topics_of(settings).findings, now, settings.max_message_bytes, ahead, strangers)
        task = progress.add_task("", total=size, done=0)
        async for batch in batches:
            await sending.send(batch)
            progress.update(task, advance=sum(entry.size for entry in batch), done=sending.accepted)
    return sending


async def _batches(
    stream: BinaryIO, log: SarifLog | None, encoding: str | None, settings: Settings
) -> AsyncIterator[list[FileMessage]]:
    if log is not None:
        source = in_batches(log.entries())
    elif encoding is not None:
        source = in_batches(csv_rows(_text(stream, encoding)))
    else:
        source = json_lines(stream, settings.max_file_bytes)
    try:
        async for batch in source:
            yield batch
    except UnicodeError:
        msg = f"the file is not text in {encoding}; try --encoding gb18030"
        raise Failure(msg) from None
    except csv.Error as error:
        msg = f"not CSV: {error}"
        raise Failure(msg) from None


def _text(stream: BinaryIO, encoding: str) -> io.TextIOWrapper:
    marks = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
    if encoding == UTF_8 and isinstance(stream, io.BufferedReader) and stream.peek(2).startswith(marks):
        encoding = "utf-16"
    try:
        return io.TextIOWrapper(stream, encoding, newline="")
    except LookupError:
        msg = f"{encoding} is no encoding"
        raise typer.BadParameter(msg, param_hint="--encoding") from None


def _report(sending: FileSending, log: SarifLog | None, *, as_json: bool) -> None:
    dry_run = sending.ahead is None
    if as_json:
        count = {"checked" if dry_run else "published": sending.accepted}
        more = {} if log is None else {"left_out": log.left_out, "repeated": log.repeated, "runs": log.runs}
        unknown = sending.strangers.document()
        print_json({**count, "refused": [line._asdict() for line in sending.refused], **more, **unknown})
        return
    done = "检查合格 · passed" if dry_run else "已发布 · published"
    say(f"{done} {sending.accepted:,}，未通过 · refused {len(sending.refused):,}")
    if log is not None:
        _report_log(log)
    for said in sending.strangers.said():
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
