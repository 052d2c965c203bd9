"""Regrouping 并单与拆单: what a person says about one cause, one ticket (rules K-22, K-23).

K-22  `merge`: the ticket's problems go into another open ticket of the same asset and check, whose deadline does not
      move. They keep their identity; nobody is told, and what has not been sent about the emptied ticket falls away.
K-23  `split`: some of the ticket's open problems, not all, become a ticket of their own with the same owner, state,
      deadline and terms; what is still to come of the ladder comes for both, and nobody is told before that. What is
      split stays split, since identity decides; new problems of the cause keep joining the ticket that they joined.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from schemas.command import Command
from streams.rules.intake.fingerprint import named
from streams.rules.state.changes import Changes
from streams.rules.state.numbering import ticket_number
from streams.rules.state.records import Problem, Ticket
from streams.rules.tickets.explosion import merge
from streams.rules.tickets.tickets import OPEN


def merge_by_command(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-22 并单."""
    into = next((t for t in changes.tickets.values() if t.ticket_id == message.into), None)
    refusal = _unfit(ticket, into)
    if into is None or refusal is not None:
        return refusal
    into = merge(changes, ticket, into, "K-22", "command", said=message.reason)
    changes.event(
        "joined",
        "K-22",
        "command",
        f"整改单 {ticket.ticket_id} 并入，共 {into.problem_count} 处",
        into,
        fingerprint=None,
        locator=None,
        problem_count=into.problem_count,
        merged_from=ticket.ticket_id,
        said=message.reason,
    )
    return None


def _unfit(ticket: Ticket, into: Ticket | None) -> str | None:
    """Why a ticket cannot be merged into another one."""
    if into is None:
        return "target_unknown"
    if into.pk == ticket.pk:
        return "target_is_itself"
    if into.asset_pk != ticket.asset_pk:
        return "target_of_another_asset"
    if into.check != ticket.check:
        return "target_of_another_check"
    return None if into.status in OPEN else "target_not_open"


def split(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-23 拆单."""
    names = (named(message.asset_id, one) for one in message.fingerprints or ())
    wanted = {one.among(changes.problems, ticket.asset_pk, changes.renamed).fingerprint for one in names}
    problems = changes.problems_of(ticket)
    leaving = [problem for problem in problems if problem.fingerprint in wanted]
    if len(leaving) < len(wanted):
        return "problem_of_another_ticket"
    if any(problem.status != "open" for problem in leaving):
        return "problem_not_open"
    staying = [problem for problem in problems if problem.fingerprint not in wanted]
    if not any(problem.status == "open" for problem in staying):
        return "nothing_left"
    number = ticket_number(changes, message.at, message.asset_id, min(problem.key for problem in leaving))
    part = ticket._replace(
        pk=changes.ticket_pk(),
        ticket_id=number,
        version=1,
        group_key=None,
        opened_at=changes.at,
        opened_by=None,
        cycle=0,
    )
    part = _with_problems(changes, part, leaving)
    changes.add_ticket(part)
    changes.recount(part.pk)
    for problem in leaving:
        changes.members[ticket.pk].pop(problem.key)
    ticket = changes.put_ticket(_with_problems(changes, ticket, staying))
    _said(changes, ticket, f"拆出 {len(leaving)} 处问题，另立整改单 {number}", message, part.ticket_id, None)
    _said(changes, part, f"由整改单 {ticket.ticket_id} 拆出，时限不变", message, None, ticket.ticket_id)
    return None


def _with_problems(changes: Changes, ticket: Ticket, problems: Sequence[Problem]) -> Ticket:
    """The ticket with these problems and no others, numbered from 1."""
    for place, problem in enumerate(problems, start=1):
        if (problem.ticket_pk, problem.ordinal) != (ticket.pk, place):
            changes.put_problem(problem._replace(ticket_pk=ticket.pk, ordinal=place))
    opened = sum(problem.status == "open" for problem in problems)
    return ticket._replace(problem_count=len(problems), open_problem_count=opened)


def _said(changes: Changes, ticket: Ticket, words: str, message: Command, into: str | None, origin: str | None) -> None:
    body: dict[str, Any] = {"split_into": into, "split_from": origin, "problem_count": ticket.problem_count}
    changes.event("split", "K-23", "command", words, ticket, said=message.reason, **body)
