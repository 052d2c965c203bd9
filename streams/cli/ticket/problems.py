"""`rectify ticket problems`: every problem of a ticket, however many; and finding those that a person names."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from streams.cli.terminal.output import JsonFlag, print_line, say
from streams.cli.terminal.session import run
from streams.cli.ticket.lookup import TicketArgument
from streams.ledger.reading.queries import each_problem
from streams.presentation.dates import local
from streams.presentation.labels import labelled
from streams.rules.state.documents import problem_document
from streams.rules.state.records import Problem
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.services.tickets import find_in
from streams.settings.model import Settings

PROBLEM_LABELS: Final = {"open": "未消除", "gone": "已消除", "dismissed": "误报", "waived": "报备"}


def problems(ticket: TicketArgument, as_json: JsonFlag = False) -> None:
    """列出整改单的全部问题及状态。 List all of its problems, however many; with --json one line a problem."""
    settings = Settings.load()

    async def work() -> None:
        async with reading_ledger(settings) as ledger:
            found = await find_in(ledger, ticket)
            async for problem in each_problem(ledger, found.ticket.pk):
                if as_json:
                    print_line(_document(problem, settings.zone))
                else:
                    say(_line(problem, settings.zone))
            if not as_json:
                counts = f"共 {found.ticket.problem_count} 处，未消除 {found.ticket.open_problem_count} 处"
                say(f"{found.ticket.ticket_id}：{counts} · problems, still open", "bold")

    run(work())


def _document(problem: Problem, zone: ZoneInfo) -> dict[str, Any]:
    return {"number": problem.ordinal, **problem_document(problem, zone)}


def _line(problem: Problem, zone: ZoneInfo) -> str:
    seen = f"{local(problem.first_seen_at, zone)} 至 {local(problem.last_seen_at, zone)}，{problem.count} 次"
    status = labelled(PROBLEM_LABELS, problem.status)
    return f"{problem.ordinal}. {problem.locator or '（整站）'}  {status}  {seen}  {problem.fingerprint}"


async def named_problems(settings: Settings, ticket: str, wanted: Sequence[str]) -> list[str]:
    """The fingerprints of the problems that a person names by number or fingerprint; raises Failure for any other."""
    async with reading_ledger(settings) as ledger:
        found = await find_in(ledger, ticket)
        known = [problem async for problem in each_problem(ledger, found.ticket.pk) if problem.current]
    by_name = {str(problem.ordinal): problem.fingerprint for problem in known}
    by_name |= {problem.fingerprint: problem.fingerprint for problem in known}
    strange = [name for name in wanted if name not in by_name]
    if strange:
        msg = (
            f"{found.ticket.ticket_id} 没有问题 {'、'.join(strange)} · no such problem; `rectify ticket problems` lists"
        )
        raise Failure(msg)
    return list(dict.fromkeys(by_name[name] for name in wanted))
