"""What is left of a ticket's plan when its deadline moves: steps of the ladder, and lines (M-3)."""

from __future__ import annotations

from streams.rules.deadlines.ladder import plan
from streams.rules.deadlines.lines import in_order, lines_to_come
from streams.rules.state.changes import Changes
from streams.rules.state.records import Ticket
from streams.rules.state.terms import Deadline, Step, deadline_of, steps_of


def plan_ahead(changes: Changes, ticket: Ticket, after: Deadline) -> tuple[Step, ...]:
    """The plan made anew for a deadline: all steps ahead, those included that were done under the one before."""
    ladder = plan(changes.policy, after, ticket.running_since, changes.calendar, changes.zone)[1:]
    return in_order((step for step in ladder if step.at > changes.at), lines_to_come(changes, ticket))


def rest_of_plan(changes: Changes, ticket: Ticket, after: Deadline) -> tuple[Step, ...]:
    """The plan made anew for a deadline, without the steps and lines that the ticket has behind it."""
    calendar, zone = changes.calendar, changes.zone
    planned = plan(changes.policy, deadline_of(ticket), ticket.running_since, calendar, zone)
    done = {step.name for step in planned[1:]} - {step.name for step in steps_of(ticket)}
    anew = plan(changes.policy, after, ticket.running_since, calendar, zone)
    return in_order((step for step in anew[1:] if step.name not in done), lines_to_come(changes, ticket))
