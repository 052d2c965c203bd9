"""`rectify ticket problems`: every problem of a ticket, however many."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

from streams.cli.terminal.output import JsonFlag, print_line, say
from streams.cli.terminal.session import reading
from streams.cli.ticket.lookup import TicketArgument
from streams.ledger import Ledger
from streams.presentation.dates import between, local
from streams.presentation.labels import PROBLEM, labelled, where
from streams.rules.state.documents import problem_document
from streams.rules.state.records import Problem
from streams.services.tickets import every_problem, find
from streams.settings.model import Settings


def problems(ticket: TicketArgument, as_json: JsonFlag = False) -> None:
    """列出整改单的全部问题及状态。 List all of its problems, however many; with --json one line a problem."""
    settings = Settings.load()

    async def print_all(ledger: Ledger) -> None:
        found = await find(ledger, ticket)
        async for problem in every_problem(ledger, found):
            if as_json:
                print_line(_document(problem, settings.zone))
            else:
                say(_line(problem, found.asset.kind, settings.zone))
        if not as_json:
            counts = f"共 {found.ticket.problem_count} 处，未消除 {found.ticket.open_problem_count} 处"
            say(f"{found.ticket.ticket_id}：{counts} · problems, still open", "bold")

    reading(settings, print_all)


def _document(problem: Problem, zone: ZoneInfo) -> dict[str, Any]:
    return {"number": problem.ordinal, **problem_document(problem, zone)}


def _line(problem: Problem, asset_kind: str | None, zone: ZoneInfo) -> str:
    seen = f"{between(local(problem.first_seen_at, zone), local(problem.last_seen_at, zone))}，{problem.count} 次"
    status = labelled(PROBLEM, problem.status)
    return f"{problem.ordinal}. {where(problem.locator, asset_kind)}  {status}  {seen}  {problem.fingerprint}"
