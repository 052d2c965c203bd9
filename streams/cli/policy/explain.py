"""`rectify policy explain`: why a ticket has the deadline that it has."""

from __future__ import annotations

import typer

from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import reading
from streams.cli.ticket.lookup import TicketArgument
from streams.files.policy.loading import load_pack
from streams.presentation.deadline.story import document
from streams.presentation.deadline.words import told
from streams.services.policy import why
from streams.settings.model import Settings


def add_to(app: typer.Typer) -> None:
    """Give the group this command."""
    app.command("explain", epilog="示例 Example: rectify policy explain ZG230224")(show_why)


def show_why(ticket: TicketArgument, as_json: JsonFlag = False) -> None:
    """为何是这个时限：适用哪条、从何时起算、逐日计算、依据。 Why this deadline: row, start, each day, basis."""
    settings = Settings.load()
    in_force = load_pack(settings.policy).policy
    found = reading(settings, lambda ledger: why(ledger, ticket, settings, in_force))
    if as_json:
        print_json({**document(found, settings.zone), "pack_in_force": in_force.ref})
        return
    for line in told(found, in_force.ref, settings.zone):
        say(line)
