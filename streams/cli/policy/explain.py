"""`rectify policy explain`: why a ticket has the deadline that it has."""

from __future__ import annotations

import typer

from schemas.policy import Policy
from streams.cli.terminal.output import JsonFlag, print_json, say
from streams.cli.terminal.session import run
from streams.cli.ticket.lookup import TicketArgument
from streams.files.policy.loading import load_pack, shipped_packs
from streams.presentation.deadline.story import Why, document, explain
from streams.presentation.deadline.words import told
from streams.rules.state.terms import deadline_of
from streams.services.ledgers import day_names, reading_ledger, working_calendar
from streams.services.tickets import find_in, load
from streams.settings.model import Settings


def add_to(app: typer.Typer) -> None:
    """Give the group this command."""
    app.command("explain", epilog="示例 Example: rectify policy explain ZG230224")(show_why)


def show_why(ticket: TicketArgument, as_json: JsonFlag = False) -> None:
    """为何是这个时限：适用哪条、从何时起算、逐日计算、依据。 Why this deadline: row, start, each day, basis."""
    settings = Settings.load()
    in_force = load_pack(settings.policy).policy
    why = run(_why(ticket, settings, in_force))
    if as_json:
        print_json({**document(why, settings.zone), "pack_in_force": in_force.ref})
        return
    for line in told(why, in_force.ref, settings.zone):
        say(line)


async def _why(wanted: str, settings: Settings, in_force: Policy) -> Why:
    async with reading_ledger(settings) as ledger:
        dossier = await load(ledger, await find_in(ledger, wanted))
        calendar, names = await working_calendar(ledger), await day_names(ledger)
    then = _pack_named(deadline_of(dossier.ticket).policy, settings)
    return explain(
        dossier.ticket,
        dossier.problems[0] if dossier.problems else None,
        dossier.asset.kind,
        then or in_force,
        known=then is not None,
        calendar=calendar,
        zone=settings.zone,
        names=names,
        events=dossier.events,
    )


def _pack_named(ref: str, settings: Settings) -> Policy | None:
    """The pack of this name and version, if it is that of the settings, one below it, or a built-in one."""
    for chosen in (settings.policy, *shipped_packs()):
        for policy in load_pack(chosen).chain:
            if policy.ref == ref:
                return policy
    return None
