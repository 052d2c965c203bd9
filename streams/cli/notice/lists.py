"""`rectify notice list` and `show`: what became of notices. Recipients are masked, as in logs and receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from schemas.channels import CHANNEL_LABELS
from schemas.vocabulary import ROLE_LABELS
from streams.cli.terminal.choices import worded
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, reading
from streams.files.policy.loading import load_policy
from streams.ledger.reading.notices import NoticeRow
from streams.presentation.dates import local
from streams.presentation.labels import NOTICE, NOTICE_FIELD, YES_NO, labelled
from streams.presentation.letters.kinds import called
from streams.presentation.masking import masked
from streams.services.failure import Failure
from streams.services.notices import NoticeQuery, about, listed, moment
from streams.settings.model import Settings

app = typer.Typer()

SHORT: Final = 8  # digits of an id in the table: enough to name it
NoticeArgument = Annotated[
    str, typer.Argument(help="通知编号，可只写开头 · notice id or the unique beginning of one", show_default=False)
]


@app.command("list", epilog="示例 Example: rectify notice list --state uncertain --since 2026-03-02")
def show_list(
    state: Annotated[
        list[str] | None,
        worded(NOTICE, "状态", "状态，如未送达；可重复 · may be repeated"),
    ] = None,
    channel: Annotated[str | None, worded(CHANNEL_LABELS, "渠道", "渠道 · over this channel")] = None,
    unit: Annotated[
        str | None, typer.Option(help="收件人的单位，编号或名称 · to contacts of this unit, id or name")
    ] = None,
    ticket: Annotated[str | None, typer.Option(help="整改单 · about this ticket")] = None,
    since: Annotated[str | None, typer.Option(help="自某日或某时起有变化 · changed since this date or time")] = None,
    limit: Annotated[int, typer.Option(min=1, help="最多几条 · at most so many")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """通知列表，最近有变化的在前。 List notices, those that changed last first."""
    settings = Settings.load()
    wanted = NoticeQuery(tuple(state or ()), channel, unit, ticket, _moment(since, settings.zone) if since else None)
    found = reading(settings, lambda ledger: listed(ledger, wanted, limit=limit))
    if as_json:
        print_json([_document(row, settings.zone) for row in found])
        return
    policy = load_policy(settings.policy)
    rows = (
        (
            row.notice.notice_id[:SHORT],
            labelled(NOTICE, row.notice.state),
            row.notice.code,
            called(row.notice.kind, policy),
            labelled(CHANNEL_LABELS, row.notice.channel),
            masked(row.notice),
            row.notice.unit_id,
            row.ticket_id or row.asset_name,
            local(row.notice.updated_at, settings.zone, "%m-%d %H:%M"),
        )
        for row in found
    )
    columns = table(
        "=编号 Notice", "=状态", "代码", "=通知", "=渠道", "收件人", "单位", "=整改单 Ticket", "=时间",
        leave_out=("单位", "渠道", "代码", "时间", "收件人"),
    )  # fmt: skip
    if not print_table(columns, rows):
        say("没有符合条件的通知 · no such notices")
    elif len(found) == limit:
        say(f"只列出前 {limit} 条 · the first {limit}; --limit shows more", "dim")


@app.command("show", epilog="示例 Example: rectify notice show 3f9a12c4")
def show(notice: NoticeArgument, as_json: JsonFlag = False) -> None:
    """一条通知的经过：状态、代码、为何没有发出、补发或停发。 All about one notice."""
    settings = Settings.load()
    policy, now = load_policy(settings.policy), domain_now(settings)
    row, why, events = reading(settings, lambda ledger: about(ledger, notice, settings, policy, now))
    found = {**_document(row, settings.zone), "why": why.text if why else None, "events": events}
    if as_json:
        print_json(found)
        return
    for name, word in NOTICE_FIELD.items():
        if found[name] is not None:
            say(f"{word}  {_shown(name, found[name], settings)}")
    if found["why"]:
        say(found["why"], "yellow")
    for event in found["events"]:
        say(f"{local(event['at'], settings.zone)}  {event['summary']}，理由：{event['said']}")


def _shown(name: str, value: Any, settings: Settings) -> str:
    if isinstance(value, datetime):
        return local(value, settings.zone)
    if name == "kind":
        return called(value, load_policy(settings.policy))
    if name == "exempt":
        return YES_NO[value]
    words = {"state": NOTICE, "channel": CHANNEL_LABELS, "role": ROLE_LABELS}
    return labelled(words.get(name, {}), str(value))


def _document(row: NoticeRow, zone: ZoneInfo) -> dict[str, Any]:
    notice = row.notice
    return {
        "notice_id": notice.notice_id,
        "state": notice.state,
        "code": notice.code,
        "kind": notice.kind,
        "channel": notice.channel,
        "recipient": masked(notice),
        "role": notice.role,
        "unit_id": notice.unit_id,
        "asset_id": row.asset.asset_id if row.asset is not None else None,
        "ticket_id": row.ticket_id,
        "exempt": notice.exempt,
        "attempts": notice.attempts,
        "provider": notice.provider,
        "delivery_id": notice.delivery_id,
        "created_at": notice.created_at.astimezone(zone),
        "not_before": notice.not_before.astimezone(zone),
        "expires_at": notice.expires_at.astimezone(zone),
        "updated_at": notice.updated_at.astimezone(zone),
    }


def _moment(text: str, zone: ZoneInfo) -> datetime:
    try:
        return moment(text, zone)
    except Failure as fault:
        raise typer.BadParameter(str(fault), param_hint="--since") from None
