"""Invariants 不变式: what is true of the ledger after every decision, whatever has happened (rule O-12).

O-12 A ticket is open, acknowledged or claimed if and only if one of its current problems is open; its counters are
     those of its problems; what belongs to a state (an acknowledgement's expiry, a waiver's end, a cause, an open ask,
     a close) is there in that state only. `rectify db check` lists what is otherwise, and what to do about it.
The tests ask this after every decision; streams/ledger/reading/invariants.py asks the same of the tables.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple

from streams.rules.state.records import Ask, Problem, Ticket
from streams.rules.tickets.tickets import OPEN

REPORT: Final = "程序的差错，请连同 rectify ticket show 的输出报告 · a fault of ours: please report it"
WHAT_TO_DO: Final[Mapping[str, str]] = {
    "open_without_a_problem": "已无未消除的问题而未办结，核实后由人工销号 · no problem of it is open: "
    "look, then close it (rectify ticket close)",
    "closed_with_an_open_problem": "已办结而仍有未消除的问题，由人工重开 · a problem of it is open: reopen it "
    "(rectify ticket reopen)",
    "open_problems_miscounted": f"未消除问题数与实际不符：{REPORT}",
    "impossible_counters": f"计数不可能：{REPORT}",
    "expiry_without_acknowledgement": f"未签收而有签收失效时间：{REPORT}",
    "closed_without_a_time": f"办结状态与办结时间不符：{REPORT}",
    "waived_without_a_verdict": f"未报备而有报备期限：{REPORT}",
    "cause_of_a_closed_ticket": f"已办结而仍占用成因：{REPORT}",
    "ask_of_an_ended_ticket": f"已办结而仍有待答复的申请：{REPORT}",
    "problem_neither_here_nor_gone": f"问题的状态、所属整改单与消除时间不符：{REPORT}",
}


class Violation(NamedTuple):
    """Which invariant does not hold, and of which ticket or problem."""

    name: str
    of: str  # the ticket's number, or the problem's fingerprint


def violations(tickets: Iterable[Ticket], problems: Iterable[Problem], asks: Iterable[Ask] = ()) -> Iterator[Violation]:
    """What is not as it must be; `problems`: all current ones of these tickets, and any others; so `asks`."""
    current = [problem for problem in problems if problem.current]
    still_open = Counter(problem.ticket_pk for problem in current if problem.status == "open")
    asked = {ask.ticket_pk for ask in asks}
    for ticket in tickets:
        if ticket.pk in asked and ticket.status not in OPEN:
            yield Violation("ask_of_an_ended_ticket", ticket.ticket_id)
        for name in _of_ticket(ticket, still_open[ticket.pk]):
            yield Violation(name, ticket.ticket_id)
    for problem in current:
        if not _is_somewhere(problem):
            yield Violation("problem_neither_here_nor_gone", problem.fingerprint)


def _of_ticket(ticket: Ticket, still_open: int) -> Iterator[str]:
    is_open = ticket.status in OPEN
    if is_open and not still_open:
        yield "open_without_a_problem"
    if still_open and not is_open:
        yield "closed_with_an_open_problem"
    if still_open != ticket.open_problem_count:
        yield "open_problems_miscounted"
    counters = (ticket.open_problem_count, ticket.reopen_count, ticket.reminder_count, ticket.extension_count)
    if min(counters) < 0 or ticket.open_problem_count > ticket.problem_count or ticket.occurrences < 0:
        yield "impossible_counters"
    if is_open and ticket.acknowledgement_expires_at is not None and ticket.status != "acknowledged":
        yield "expiry_without_acknowledgement"
    if is_open is (ticket.closed_at is not None):
        yield "closed_without_a_time"
    if ticket.waived_until is not None and ticket.status != "dismissed":
        yield "waived_without_a_verdict"
    if ticket.group_key is not None and not is_open:
        yield "cause_of_a_closed_ticket"


def _is_somewhere(problem: Problem) -> bool:
    if problem.status in ("suspected", "warned"):
        return problem.ticket_pk == 0
    return problem.ticket_pk > 0 and (problem.status == "gone") is (problem.gone_at is not None)
