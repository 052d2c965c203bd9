"""`rectify notice bounce`: a bounce from a file or from a mail server's pipe."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from notifiers.return_path import ReturnPath
from schemas.topics import Topics
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import run
from streams.clock import parse_clock
from streams.ledger import LedgerUnavailable
from streams.services.connections import topics_of
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings
from streams.worker.delivery.bounces import BOUNCE_BYTES, LATER, Bounces, BounceTaken
from streams.worker.delivery.reports import Reports
from streams.worker.metrics import Metrics
from streams.worker.relay import Outgoing

app = typer.Typer()

TRY_AGAIN: Final = 75  # EX_TEMPFAIL of sysexits.h: a mail server keeps the mail and calls again

_WORDS: Final = {
    "delayed": "仍在投递，不改变状态 · the mail server still tries; nothing changes",
    "not_ours": "不是本系统邮件的退信 · no bounce of a mail of ours",
    "automatic_reply": "自动回复，不是退信 · an automatic reply, no bounce",
    "not_a_bounce": "不是退信 · no bounce",
    "unknown_letter": "没有这封邮件的记录 · no such letter in this database",
    "delivered": "已送达 · delivered",
}


@app.command("bounce", epilog="示例 Example: rectify notice bounce - < mail.eml")
def bounce(
    file: Annotated[
        str, typer.Argument(help="文件，- 为标准输入 · a mail, - for the standard input", metavar="FILE|-")
    ],
    recipient: Annotated[
        str, typer.Option(help="退信的收件地址 · the address that the bounce came to, as the mail server tells it")
    ] = "",
    as_json: JsonFlag = False,
) -> None:
    """记录退信：通知记为未送达。 Take a bounce in: its notices become undelivered."""
    settings = Settings.load()
    content = _read(file)
    try:
        taken = run(_take(settings, content, recipient))
    except LedgerUnavailable:
        taken = BounceTaken(LATER, "database_unavailable")
    if taken.status == LATER:
        typer.echo("无法访问数据库 · the database cannot be reached; exit code 75 asks for another try", err=True)
        raise typer.Exit(TRY_AGAIN)
    if as_json:
        print_json({"result": taken.said})
        return
    say(_WORDS.get(taken.said) or f"未送达 · undelivered: {taken.said}")


async def _take(settings: Settings, content: bytes, recipient: str) -> BounceTaken:
    topics: Topics = topics_of(settings)
    async with reading_ledger(settings) as ledger:
        async with ledger.transaction() as tx:
            registry = await tx.registry.load(settings.zone)
        clock = parse_clock(settings.clock)
        reports = Reports(ledger, clock, lambda: registry, topics, "", offer=_left_to_workers, metrics=Metrics())
        return await Bounces(reports, ReturnPath.parse(settings.bounce_address), "").take(content, recipient)


async def _left_to_workers(_: Outgoing) -> None:
    """A worker publishes what it finds in the outbox."""


def _read(file: str) -> bytes:
    if file == "-":
        content = sys.stdin.buffer.read(BOUNCE_BYTES + 1)
    else:
        with Path(file).open("rb") as opened:
            content = opened.read(BOUNCE_BYTES + 1)
    if len(content) > BOUNCE_BYTES:
        msg = f"超过 {BOUNCE_BYTES} 字节 · longer than {BOUNCE_BYTES} bytes"
        raise Failure(msg)
    return content
