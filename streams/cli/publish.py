"""`rectify publish`: findings from a file or a pipe, checked line by line, acknowledged by the broker."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated, BinaryIO

import typer

from streams.cli.ahead import publishing_ahead
from streams.cli.failure import Failure
from streams.cli.findings_files import Entry, csv_rows, json_lines
from streams.cli.output import JsonFlag, bar, print_json, say
from streams.cli.sarif import sarif_results
from streams.cli.sending import Sending, in_batches
from streams.cli.session import domain_now, kafka_config, run, topics_of
from streams.settings import Settings

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
    encoding: Annotated[str, typer.Option(help="csv: 文件编码，如 gb18030 · the file's encoding")] = "utf-8-sig",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="只检查，不发送 · check only, send nothing")] = False,
    as_json: JsonFlag = False,
) -> None:
    """发布检出，逐行检查，不合格的行指出原因。 Publish findings, runs and rechecks; each line is checked first.

    不合格的行不影响其余各行。
    Good lines are sent even when others are refused; the exit code is then 1. Returns when the broker has everything.
    """
    settings = Settings.load()
    kind = kind or {".csv": Format.CSV, ".sarif": Format.SARIF}.get(file.suffix.lower(), Format.JSONL)
    if kind is Format.SARIF and not asset:
        msg = "is needed with --format sarif: whose website or account was checked"
        raise typer.BadParameter(msg, param_hint="--asset")

    with ExitStack() as stack:
        piped = str(file) == "-"
        stream = sys.stdin.buffer if piped else stack.enter_context(file.open("rb"))
        batches = _batches(kind, stream, asset or "", encoding, settings)
        size = None if piped or kind is not Format.JSONL else file.stat().st_size
        sending = run(_publish(settings, batches, size, dry_run=dry_run))
    _report(sending, as_json=as_json)
    if sending.refused:
        raise typer.Exit(1)


async def _publish(
    settings: Settings, batches: AsyncIterator[list[Entry]], size: int | None, *, dry_run: bool
) -> Sending:
    async with AsyncExitStack() as stack:
        progress = stack.enter_context(bar("发布 publishing"))
        ahead = None if dry_run else await stack.enter_async_context(publishing_ahead(kafka_config(settings)))
        sending = Sending(
            topics_of(settings).findings, partial(domain_now, settings), settings.max_message_bytes, ahead
        )
        task = progress.add_task("", total=size, done=0)
        async for batch in batches:
            await sending.send(batch)
            progress.update(task, advance=sum(entry.size for entry in batch), done=sending.accepted)
    return sending


async def _batches(
    kind: Format, stream: BinaryIO, asset: str, encoding: str, settings: Settings
) -> AsyncIterator[list[Entry]]:
    if kind is Format.JSONL:
        source = json_lines(stream)
    elif kind is Format.SARIF:
        source = in_batches(sarif_results(stream, asset, domain_now(settings), settings.max_file_bytes))
    else:
        source = in_batches(csv_rows(_text(stream, encoding)))
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
    try:
        return io.TextIOWrapper(stream, encoding, newline="")
    except LookupError:
        msg = f"{encoding} is no encoding"
        raise typer.BadParameter(msg, param_hint="--encoding") from None


def _report(sending: Sending, *, as_json: bool) -> None:
    dry_run = sending.ahead is None
    if as_json:
        count = {"checked" if dry_run else "published": sending.accepted}
        print_json({**count, "refused": [line._asdict() for line in sending.refused]})
        return
    done = "检查合格 · passed" if dry_run else "已发布 · published"
    say(f"{done} {sending.accepted:,}，未通过 · refused {len(sending.refused):,}")
