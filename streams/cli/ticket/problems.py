"""`rectify ticket problems`: every problem of a ticket, however many."""

from __future__ import annotations

from streams.cli.terminal.output import JsonFlag, print_line, say
from streams.cli.terminal.session import reading
from streams.cli.ticket.lookup import TicketArgument
from streams.ledger import Ledger
from streams.presentation.ticket.sheet import problem_line, problem_of_a_list
from streams.services.tickets import every_problem, find
from streams.settings.model import Settings


def problems(ticket: TicketArgument, as_json: JsonFlag = False) -> None:
    """列出整改单的全部问题及状态。 List all of its problems, however many; with --json one line a problem."""
    settings = Settings.load()

    async def print_all(ledger: Ledger) -> None:
        found = await find(ledger, ticket)
        async for problem in every_problem(ledger, found):
            if as_json:
                print_line(problem_of_a_list(problem, settings.zone))
            else:
                say(problem_line(problem, found.asset.kind, settings.zone))
        if not as_json:
            counts = f"共 {found.ticket.problem_count} 处，未消除 {found.ticket.open_problem_count} 处"
            say(f"{found.ticket.ticket_id}：{counts} · problems, still open", "bold")

    reading(settings, print_all)
