"""What is left of a ticket's plan when its deadline moves: steps of the ladder, and lines (M-3)."""

from __future__ import annotations

from streams.rules.deadlines.ladder import plan
from streams.rules.deadlines.lines import in_order, lines_to_come
from streams.rules.state.changes import Draft
from streams.rules.state.records import Ticket
from streams.rules.state.terms import Deadline, Step, deadline_of, steps_of


def plan_ahead(draft: Draft, ticket: Ticket, after: Deadline) -> tuple[Step, ...]:
    """The plan made anew for a deadline: all steps ahead, those included that were done under the one before."""
    ladder = plan(draft.policy, after, ticket.running_since, draft.calendar, draft.zone)[1:]
    return in_order((step for step in ladder if step.at > draft.at), lines_to_come(draft, ticket))


def rest_of_plan(draft: Draft, ticket: Ticket, after: Deadline) -> tuple[Step, ...]:
    """The plan made anew for a deadline, without the steps and lines that the ticket has behind it."""
    calendar, zone = draft.calendar, draft.zone
    planned = plan(draft.policy, deadline_of(ticket), ticket.running_since, calendar, zone)
    done = {step.name for step in planned[1:]} - {step.name for step in steps_of(ticket)}
    anew = plan(draft.policy, after, ticket.running_since, calendar, zone)
    return in_order((step for step in anew[1:] if step.name not in done), lines_to_come(draft, ticket))
