"""`rectify ticket list`, `show` and `why`; what people decide about tickets is in `acts.py`."""

from __future__ import annotations

from typing import Final

import typer

from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import domain_now, reading
from streams.cli.ticket import acts, listing, problems, slip
from streams.cli.ticket.lookup import TicketArgument
from streams.cli.ticket.sheet import print_sheet
from streams.files.policy.loading import load_policy
from streams.presentation.ticket.dossier import document
from streams.presentation.ticket.story import story
from streams.presentation.why_not_sent import answers
from streams.services.tickets import case_of, load_named
from streams.settings.model import Settings

app = typer.Typer(no_args_is_help=True, help="整改单 · Tickets: look, and decide.")

PANEL: Final = "查看 Look"


app.command("list", rich_help_panel=PANEL, epilog="示例 Example: rectify ticket list --unit kjj --overdue")(
    listing.show_list
)


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
app.command(rich_help_panel=PANEL, epilog="示例 Example: rectify ticket slip ZG230224 --form supervision")(slip.slip)
acts.add_to(app)
