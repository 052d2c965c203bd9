"""`rectify notice list` and `show`: what became of notices. Recipients are masked, as in logs and receipts."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

import typer

from schemas.channels import CHANNEL_LABELS
from streams.cli.terminal.choices import unit_named, was_somebody, worded
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, run
from streams.cli.ticket.sheet import NOTICE_LABELS
from streams.files.policy.loading import load_policy
from streams.ledger import Ledger
from streams.ledger.reading.notices import NoticeFilter, NoticeRow, find_notices, list_notices
from streams.presentation.dates import local
from streams.presentation.letters.kinds import called
from streams.presentation.masking import masked
from streams.presentation.why_not_sent import Case, unsent
from streams.rules.state.snapshot import Registry
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger, unit_names
from streams.services.tickets import find_in, load
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
        worded(NOTICE_LABELS, "状态", "状态，如未送达；可重复 · may be repeated"),
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
    moment = _moment(since, settings.zone) if since else None

    async def work() -> list[NoticeRow]:
        async with reading_ledger(settings) as ledger:
            about = (await find_in(ledger, ticket)).ticket.pk if ticket else None
            names = await unit_names(ledger) if unit else {}
            chosen = NoticeFilter(tuple(state or ()), channel, unit_named(names, unit), about, moment)
            rows = await list_notices(ledger, chosen, limit=limit)
            was_somebody(names, unit, rows)
            return rows

    found = run(work())
    if as_json:
        print_json([_document(row, settings.zone) for row in found])
        return
    policy = load_policy(settings.policy)
    rows = (
        (
            row.notice.notice_id[:SHORT],
            NOTICE_LABELS.get(row.notice.state, row.notice.state),
            row.notice.code,
            called(row.notice.kind, policy),
            CHANNEL_LABELS.get(row.notice.channel, row.notice.channel),
            masked(row.notice),
            row.notice.unit_id,
            row.ticket_id or row.asset.name,
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

    async def work() -> dict[str, Any]:
        async with reading_ledger(settings) as ledger:
            return await _all_about(ledger, await find_notice(ledger, notice), settings)

    found = run(work())
    if as_json:
        print_json(found)
        return
    for name, value in found.items():
        if name not in ("why", "events") and value is not None:
            say(f"{name:<13}{local(value, settings.zone) if isinstance(value, datetime) else value}")
    say(found["why"] or "", "yellow")
    for event in found["events"]:
        say(f"{local(event['at'], settings.zone)}  {event['summary']}，理由：{event['said']}")


async def find_notice(ledger: Ledger, wanted: str) -> NoticeRow:
    """The notice with this id, or the only one whose id begins so; raises Failure when there is none, or several."""
    found = await find_notices(ledger, wanted)
    if len(found) == 1:
        return found[0]
    several = f"{wanted} 不唯一 · several notices begin so: {'、'.join(row.notice.notice_id for row in found)} ..."
    raise Failure(several if found else f"没有通知 {wanted} · no notice has or begins with this id")


async def _all_about(ledger: Ledger, row: NoticeRow, settings: Settings) -> dict[str, Any]:
    document = _document(row, settings.zone)
    if row.ticket_id is None:
        return {**document, "why": None, "events": []}
    dossier = await load(ledger, await find_in(ledger, row.ticket_id))
    registry = Registry(dossier.units, dossier.calendar, {}, settings.zone)
    policy, now = load_policy(settings.policy), domain_now(settings)
    case = Case(dossier.ticket, dossier.notices, registry, policy, settings.channels, now)
    answer = unsent(row.notice, case)
    own = (row.notice.notice_id,)
    about = [event for event in dossier.events if event.get("notice_id") in own or event.get("new_notice_id") in own]
    return {**document, "why": answer.text if answer else None, "events": about}


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
        "asset_id": row.asset.asset_id,
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
    """A date begins with its day in the unit's zone; a time without an offset is in that zone."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            msg = f"{text!r} is neither a date nor a time, such as 2026-03-02 or 2026-03-02T09:00"
            raise typer.BadParameter(msg, param_hint="--since") from None
        return moment if moment.tzinfo else moment.replace(tzinfo=zone)
    return datetime.combine(day, time(), zone)
