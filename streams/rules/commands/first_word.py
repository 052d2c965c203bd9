"""The first word 首次告知: what a unit hears first of a ticket, and from when it has time (rules A-16, L-16). Pure.

A-16 The first that an owner hears of a ticket is 整改通知 (`opened`), however the ticket has come to it: its asset was
     registered late, its contacts became known late, or it was reassigned or its unit merged before anybody was told. A
     former owner that was told makes it 转派 (`reassigned`). Nobody is told twice; the ladder goes on from there.
"""

from __future__ import annotations

from streams.rules.deadlines.begun_anew import begun_anew, said_anew
from streams.rules.deadlines.replanning import plan_ahead
from streams.rules.escalation.escalation import expiry, next_review
from streams.rules.intake.intake import has_receipt
from streams.rules.state.changes import Changes
from streams.rules.state.records import Ticket
from streams.rules.state.terms import deadline_of, due_words, plan_json, with_deadline


def is_known(changes: Changes, ticket: Ticket) -> bool:
    """Whether its owner, or one before, has heard of the ticket; the supervising unit in their place does not count."""
    if ticket.unit_id is None:
        return False
    told = changes.told.get(ticket.pk)
    if told is None:  # nobody has looked: then it is as if they had
        return True
    owner = changes.registry.units.get(ticket.unit_id)
    return bool(told - {owner.supervisor_id if owner is not None else None})


def registered_late(changes: Changes, ticket: Ticket) -> Ticket:
    """L-16: the ticket was nobody's until now; its ladder begins again under its new deadline."""
    if any(has_receipt(problem.facts_json) for problem in changes.problems_of(ticket)):
        return ticket
    before = deadline_of(ticket)
    after = begun_anew(before, changes.at, "registered", changes.calendar, changes.zone)
    if after is before:
        return ticket
    ticket = with_deadline(ticket, after)._replace(rung=None, running_since=changes.at)
    steps = plan_ahead(changes, ticket, after)
    ticket = ticket._replace(
        plan_json=plan_json(steps),
        acknowledgement_expires_at=ticket.acknowledgement_expires_at and expiry(changes, ticket, after),
    )
    ticket = changes.put_ticket(ticket._replace(next_review_at=next_review(ticket, steps)))
    anew, fields = said_anew(changes, after, "资产登记")
    changes.event(
        "deadline_changed",
        "L-16",
        "registered_late",
        f"资产登记在立单之后，时限重新计算为 {due_words(ticket, changes.zone)}{anew}",
        ticket,
        due_at=changes.stamp(after.due_at),
        due_before=changes.stamp(before.due_at),
        **fields,
    )
    return ticket
