"""`rectify ticket list`, `show` and `why`; what people decide about tickets is in `acts.py`."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import typer

from schemas.vocabulary import ASK_LABELS, SEVERITY_LABELS, STATUS_LABELS
from streams.cli.terminal.choices import worded
from streams.cli.terminal.output import JsonFlag, print_json, print_table, say, table
from streams.cli.terminal.session import domain_now, reading
from streams.cli.ticket import acts, problems
from streams.cli.ticket.lookup import TicketArgument
from streams.cli.ticket.sheet import print_sheet
from streams.files.policy.loading import load_policy
from streams.presentation.dates import listed_due
from streams.presentation.labels import NO_UNIT
from streams.presentation.ticket.dossier import document, summary
from streams.presentation.ticket.sheet import remaining
from streams.presentation.ticket.story import story
from streams.presentation.why_not_sent import answers
from streams.services.tickets import TicketQuery, case_of, listed, load_named
from streams.settings.model import Settings

app = typer.Typer(no_args_is_help=True, help="整改单 · Tickets: look, and decide.")

PANEL: Final = "查看 Look"


@app.command("list", rich_help_panel=PANEL, epilog="示例 Example: rectify ticket list --unit kjj --overdue")
def show_list(
    unit: Annotated[str | None, typer.Option(help="单位编号或名称 · of this unit, id or name")] = None,
    asset: Annotated[str | None, typer.Option(help="资产编号或网站标识码 · of this asset id or code")] = None,
    status: Annotated[
        list[str] | None,
        worded(STATUS_LABELS, "状态", "状态，如待签收；可重复，默认未办结的 · may be repeated; default: not closed"),
    ] = None,
    check: Annotated[str | None, typer.Option(help="检查项，代码或名称 · e.g. link.dead or 死链")] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="只看逾期 · past their deadline")] = False,
    near_due: Annotated[
        bool, typer.Option("--near-due", help="只看临期 · due until the next working day ends")
    ] = False,
    limit: Annotated[int, typer.Option(min=1, help="最多几条 · at most so many")] = 50,
    as_json: JsonFlag = False,
) -> None:
    """整改单列表，最紧急的在前。 List tickets, the most urgent first."""
    if overdue and near_due:
        msg = "cannot go with --overdue: a ticket is one or the other"
        raise typer.BadParameter(msg, param_hint="--near-due")
    settings = Settings.load()
    policy, now = load_policy(settings.policy), domain_now(settings)
    due: Literal["overdue", "near"] | None = "overdue" if overdue else "near" if near_due else None
    wanted = TicketQuery(unit, asset, check, tuple(status or ()), due)
    found = reading(settings, lambda ledger: listed(ledger, wanted, policy, now, limit=limit))
    if as_json:
        zone, asks = settings.zone, found.asks
        print_json([summary(ticket, record, zone, now, asks.get(ticket.pk, ())) for ticket, record in found.tickets])
        return
    asked = ("申请",) if found.asks else ()
    columns = table(
        "=整改单 Ticket", "=状态", "=程度", "=时限 Due", "=余", "单位", "资产", "检查项", ">问题", *asked,
        leave_out=("程度", "问题", "单位", "状态", "检查项"),
    )  # fmt: skip
    rows = (
        (
            ticket.ticket_id,
            STATUS_LABELS[ticket.status],
            SEVERITY_LABELS[ticket.severity],
            listed_due(ticket.due_at, now, settings.zone),
            remaining(ticket, now, found.calendar, settings.zone),
            found.units.get(ticket.unit_id or "", ticket.unit_id or NO_UNIT),
            record.name,
            policy.rule(ticket.check).name,
            f"{ticket.open_problem_count}/{ticket.problem_count}",
            *("、".join(ASK_LABELS[ask.kind] for ask in found.asks.get(ticket.pk, ())) for _ in asked),
        )
        for ticket, record in found.tickets
    )
    count = print_table(columns, rows)
    if not count:
        say("没有符合条件的整改单 · no such tickets")
    elif count == limit:
        say(f"只列出前 {limit} 条 · the first {limit}; --limit shows more", "dim")


@app.command(rich_help_panel=PANEL, epilog="示例 Example: rectify ticket show ZG230224")
def show(ticket: TicketArgument, as_json: JsonFlag = False) -> None:
    """整改单详情：时限及依据、指纹由来、问题、经过、通知。 All about one ticket."""
    settings = Settings.load()
    dossier = reading(settings, lambda ledger: load_named(ledger, ticket))
    policy = load_policy(settings.policy)
    if as_json:
        told = [one._asdict() for one in story(dossier, policy, settings.zone)]
        print_json({**document(dossier, policy, settings.zone), "story": told})
    else:
        print_sheet(dossier, policy, domain_now(settings))


@app.command(rich_help_panel=PANEL, epilog="示例 Example: rectify ticket why ZG230224")
def why(ticket: TicketArgument, as_json: JsonFlag = False) -> None:
    """谁收到了通知、为何没有发、下一步是什么。 Who was told, why nobody was, and what comes next."""
    settings = Settings.load()
    policy = load_policy(settings.policy)
    dossier = reading(settings, lambda ledger: load_named(ledger, ticket))
    case = case_of(dossier, settings, policy, domain_now(settings))
    found = answers(case)
    if as_json:
        shown = [{**one._asdict(), "at": one.at.astimezone(settings.zone) if one.at else None} for one in found]
        print_json({"ticket_id": case.ticket.ticket_id, "answers": shown})
        return
    say(f"{case.ticket.ticket_id}  {policy.rule(case.ticket.check).name}", "bold")
    for one in found:
        say(f"  {one.text}")


app.command(rich_help_panel=PANEL, epilog="示例 Example: rectify ticket problems ZG230224 --json")(problems.problems)
acts.add_to(app)
