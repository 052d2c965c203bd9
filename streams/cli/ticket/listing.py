"""`rectify ticket list`: the list of the pages, on the terminal, as JSON, or as a workbook."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from schemas.vocabulary import ASK_LABELS, SEVERITY_LABELS, STATUS_LABELS
from streams.cli.terminal.choices import worded
from streams.cli.terminal.output import JsonFlag, complain, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, reading
from streams.files.policy.loading import load_policy
from streams.ledger import Ledger
from streams.presentation.dates import listed_due
from streams.presentation.ticket.dossier import summary
from streams.presentation.ticket.sheet import remaining
from streams.presentation.ticket_list.row import Around, TicketRow
from streams.services.failure import Failure
from streams.services.ticket_list import TicketList, around, open_list
from streams.services.ticket_query import COLOURS, ORDERS, TicketQuery, read_query
from streams.settings.model import Settings

Day = Annotated[str | None, typer.Option(metavar="日期", help="日期或时间，含当日 · day, or time with its offset")]
Words = Annotated[list[str] | None, typer.Option(help="可重复 · may be repeated")]


def show_list(
    unit: Annotated[str | None, typer.Option(help="单位编号或名称 · of this unit, id or name")] = None,
    sub: Annotated[bool, typer.Option("--sub", help="含下属单位 · and of the units below it")] = False,
    asset: Annotated[str | None, typer.Option(help="资产编号或网站标识码 · of this asset id or code")] = None,
    kind: Words = None,
    platform: Words = None,
    region: Words = None,
    status: Annotated[
        list[str] | None,
        worded(STATUS_LABELS, "状态", "状态，如待签收；可重复，默认未办结的 · may be repeated; default: not closed"),
    ] = None,
    light: Annotated[list[str] | None, worded(COLOURS, "灯", "红黄绿蓝灰，可重复 · may be repeated")] = None,
    rung: Words = None,
    severity: Annotated[list[str] | None, worded(SEVERITY_LABELS, "程度", "严重程度，可重复 · may be repeated")] = None,
    check: Annotated[list[str] | None, typer.Option(help="检查项，代码或名称 · e.g. link.dead or 死链")] = None,
    due_from: Day = None,
    due_to: Day = None,
    opened_from: Day = None,
    opened_to: Day = None,
    closed_from: Day = None,
    closed_to: Day = None,
    decide: Annotated[bool, typer.Option("--decide", help="只看待决定的 · that wait for a decision")] = False,
    q: Annotated[
        str | None,
        typer.Option(
            "--q", "-q", help="编号，或名称、网址、问题中的词，空格隔开 · number, or words of names and texts"
        ),
    ] = None,
    sort: Annotated[str, worded(ORDERS, "排序", "默认按时限 · order, default: by deadline")] = "due",
    overdue: Annotated[bool, typer.Option("--overdue", help="只看逾期 · past their deadline")] = False,
    near_due: Annotated[
        bool, typer.Option("--near-due", help="只看临期 · due until the next working day ends")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="最多几条 · at most so many")] = 50,
    xlsx: Annotated[Path | None, typer.Option(help="写入新的 .xlsx，不限条数 · all of it into a new file")] = None,
    as_json: JsonFlag = False,
) -> None:
    """整改单列表，最紧急的在前。 List tickets, the most urgent first."""
    if overdue and near_due:
        msg = "cannot go with --overdue: a ticket is one or the other"
        raise typer.BadParameter(msg, param_hint="--near-due")
    if xlsx is not None and xlsx.suffix.lower() != ".xlsx":
        raise typer.BadParameter("an .xlsx file", param_hint="--xlsx")
    settings = Settings.load()
    policy, now = load_policy(settings.policy), domain_now(settings)
    given: dict[str, str | Sequence[str] | None] = {
        "unit": unit, "asset": asset, "kind": kind, "platform": platform, "region": region, "status": status,
        "light": light, "rung": rung, "severity": severity, "check": check, "due_from": due_from, "due_to": due_to,
        "opened_from": opened_from, "opened_to": opened_to, "closed_from": closed_from, "closed_to": closed_to,
        "q": q, "sort": sort, "sub": "1" if sub else None, "decide": "1" if decide else None,
    }  # fmt: skip
    params = [
        (name, one) for name, value in given.items() for one in ([value] if isinstance(value, str) else value or ())
    ]
    query = read_query(params, policy, settings.zone)

    async def ask(ledger: Ledger) -> tuple[list[TicketRow], int, str]:
        about = await around(ledger, policy, now, settings.zone)
        asked = query
        if overdue:
            asked = replace(query, due_before=min(filter(None, (query.due_before, now))))
        elif near_due:
            asked = replace(query, due_from=now, due_before=about.near_end)
        found = await _opened(settings, ledger, asked, about)
        if xlsx is not None:
            return [], await _written(found, xlsx, now), found.said
        return await found.first(limit), 0, found.said

    rows, written, said = reading(settings, ask)
    if said:
        complain(said, "dim")
    if xlsx is not None:
        say(f"已写入 {written} 条 · written: {xlsx}")
    elif as_json:
        print_json([summary(row.ticket, row.asset, settings.zone, now, row.asks) for row in rows])
    else:
        _print(rows, limit)


async def _opened(settings: Settings, ledger: Ledger, asked: TicketQuery, about: Around) -> TicketList:
    """Texts are searched where there are words to be found."""
    if not asked.q:
        return await open_list(ledger, asked, about, None)
    from streams.services.stores import text_index

    async with text_index(settings) as texts:
        return await open_list(ledger, asked, about, None, texts)


async def _written(found: TicketList, path: Path, now: datetime) -> int:
    from streams.services.ticket_sheet import write_sheet

    try:
        with path.open("xb") as file:
            return await write_sheet(found, file, now)
    except FileExistsError:
        raise Failure(f"文件已存在，未覆盖 · the file exists and is not overwritten: {path}") from None


def _print(rows: Sequence[TicketRow], limit: int) -> None:
    asked = ("申请",) if any(row.asks for row in rows) else ()
    columns = table(
        "=整改单 Ticket", "=状态", "=程度", "=时限 Due", "=余", "单位", "资产", "检查项", ">问题", *asked,
        leave_out=("程度", "问题", "单位", "状态", "检查项"),
    )  # fmt: skip
    count = print_table(columns, (_cells(row, asked=bool(asked)) for row in rows))
    if not count:
        say("没有符合条件的整改单 · no such tickets")
    elif count == limit:
        say(f"只列出前 {limit} 条 · the first {limit}; --limit shows more", "dim")


def _cells(row: TicketRow, *, asked: bool) -> tuple[str, ...]:
    ticket, about = row.ticket, row.around
    zone, calendar = about.registry.zone, about.registry.calendar
    return (
        ticket.ticket_id,
        row.status,
        row.severity,
        listed_due(ticket.due_at, about.now, zone),
        remaining(ticket, about.now, calendar, zone),
        row.unit,
        row.asset.name,
        row.check,
        f"{ticket.open_problem_count}/{ticket.problem_count}",
        *(("、".join(ASK_LABELS[kind] for kind in row.asks),) if asked else ()),
    )
