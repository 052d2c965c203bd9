"""The ladder in motion: what a ticket's review does when its moment has come (rules E-1 to E-6, L-9).

E-1  Due work is the ticket's `next_review_at`; a review does what is due and sets the next one.
E-2  Steps missed while nobody looked are not caught up one by one: only the highest acts.
E-3  That the deadline has passed is a fact of its own (`overdue`) and is always said, once.
E-4  An escalation is an event and a message on the rung's topic, keyed by the supervising unit.
E-5  An acknowledgement without a claim by half time (one given later: by the due) expires; the ticket is open again.
E-6  At the end of a waiver a recheck is asked for; what is seen after it opens the ticket again.
L-9  Overdue by a guess, and in time again now that the year is published: the ladder starts again with what is ahead.
"""

from __future__ import annotations

from datetime import datetime

from schemas.ladder import OVERDUE, StepRule
from streams.rules.deadlines.deadlines import recompute
from streams.rules.deadlines.ladder import half_time, overdue_working_days
from streams.rules.deadlines.lines import cross, in_order, is_line, lines_to_come
from streams.rules.deadlines.replanning import plan_ahead, rest_of_plan
from streams.rules.evidence.requesting import request
from streams.rules.notices.notices import notices
from streams.rules.state.changes import Changes
from streams.rules.state.records import Ticket
from streams.rules.state.terms import Deadline, Step, deadline_of, due_words, plan_json, steps_of, with_deadline
from streams.rules.tickets.tickets import OPEN


def review(changes: Changes, ticket: Ticket, *, early: bool = False) -> None:
    """Does what is due for this ticket now (E-1); one whose moment has not come is left as it is, unless `early`."""
    if not early and (ticket.next_review_at is None or ticket.next_review_at > changes.at):
        return
    if ticket.status == "dismissed":
        _waiver_ended(changes, ticket)
        return
    if ticket.status not in OPEN:
        changes.count_ticket(ticket._replace(version=changes.next_version(ticket), next_review_at=None))
        return
    if ticket.provisional:
        ticket = firm(changes, ticket)
    if ticket.acknowledgement_expires_at is not None and ticket.acknowledgement_expires_at <= changes.at:
        ticket = _acknowledgement_expired(changes, ticket)
    steps = in_order((step for step in steps_of(ticket) if not is_line(step)), lines_to_come(changes, ticket))
    due = [step for step in steps if step.at <= changes.at]
    rest = tuple(step for step in steps if step.at > changes.at)
    left = plan_json(rest)
    if not due:
        following = next_review(ticket, rest)
        version = changes.next_version(ticket)
        changes.count_ticket(ticket._replace(version=version, plan_json=left, next_review_at=following))
        return
    ticket = ticket._replace(plan_json=left)
    if any(step.name == OVERDUE for step in due):
        ticket = _overdue(changes, ticket)
    rules = changes.policy.steps
    acting = [step for step in due if step.name in rules and (step.name != OVERDUE or _acts(rules[OVERDUE]))]
    if acting:
        ticket = _act(changes, ticket, rules[acting[-1].name], [step.name for step in acting[:-1]])
    for step in filter(is_line, due):
        ticket = cross(changes, ticket, step)
    changes.put_ticket(ticket._replace(next_review_at=next_review(ticket, rest)))


def next_review(ticket: Ticket, steps: tuple[Step, ...]) -> datetime | None:
    """The next moment at which somebody must look at the ticket; `steps`: earliest first."""
    moments = [step.at for step in steps[:1]]
    if ticket.acknowledgement_expires_at is not None:
        moments.append(ticket.acknowledgement_expires_at)
    return min(moments, default=None)


def _acts(overdue: StepRule) -> bool:
    """Whether a pack tells anybody of this, or makes a rung of it; in itself it is a fact (E-3)."""
    return overdue.escalation or bool(overdue.to)


def _act(changes: Changes, ticket: Ticket, step: StepRule, missed: list[str]) -> Ticket:
    """The highest step that is due (E-2)."""
    if step.escalation:
        return _escalate(changes, ticket, step, missed)
    ticket = changes.put_ticket(ticket._replace(reminder_count=ticket.reminder_count + 1))
    changes.event(
        "reminded",
        "E-1",
        step.name,
        f"{changes.policy.rule(ticket.check).name}，时限 {due_words(ticket, changes.zone)}，请抓紧整改",
        ticket,
        step=step.name,
        due_at=changes.stamp(ticket.due_at),
    )
    changes.notify(notices(changes, ticket, step.name))
    return ticket


def _overdue(changes: Changes, ticket: Ticket) -> Ticket:
    """E-3."""
    ticket = changes.put_ticket(ticket)
    changes.event(
        "overdue",
        "E-3",
        "due_has_passed",
        f"{changes.policy.rule(ticket.check).name}，已超过时限 {due_words(ticket, changes.zone)}",
        ticket,
        due_at=changes.stamp(ticket.due_at),
    )
    return ticket


def _escalate(changes: Changes, ticket: Ticket, step: StepRule, missed: list[str]) -> Ticket:
    """E-4."""
    ticket = changes.put_ticket(ticket._replace(rung=step.name, reminder_count=ticket.reminder_count + 1))
    unit = changes.registry.units.get(ticket.unit_id) if ticket.unit_id else None
    seconds = max(0, int((changes.at - ticket.due_at).total_seconds()))
    event = changes.event(
        "escalated",
        "E-4",
        step.name,
        f"{changes.policy.rule(ticket.check).name}逾期未整改，{step.title}",
        ticket,
        rung=step.name,
        missed=missed,
        overdue_for={
            "seconds": seconds,
            "working_days": overdue_working_days(ticket.due_at, changes.at, changes.calendar, changes.zone),
        },
    )
    changes.escalate(step.name, event, ticket, unit.supervisor_id if unit else None)
    changes.notify(notices(changes, ticket, step.name))
    return ticket


def expiry(changes: Changes, ticket: Ticket, frozen: Deadline) -> datetime | None:
    """When an acknowledgement expires under this deadline: at half time, one given later at the due (E-5)."""
    half = half_time(changes.policy, frozen, ticket.running_since, changes.calendar, changes.zone)
    given = ticket.acknowledged_at or changes.at
    moment = half if half > given else frozen.due_at
    return moment if moment > changes.at else None


def _acknowledgement_expired(changes: Changes, ticket: Ticket) -> Ticket:
    """E-5."""
    at_half = ticket.acknowledgement_expires_at is not None and ticket.acknowledgement_expires_at < ticket.due_at
    ticket = changes.put_ticket(
        ticket._replace(status="open", acknowledged_at=None, acknowledgement_expires_at=None, awaits_sighting=False)
    )
    changes.event(
        "acknowledgement_expired",
        "E-5",
        "no_claim_by_half_time" if at_half else "no_claim_in_time",
        f"签收后{'过半时限' if at_half else '至时限届满'}未反馈，恢复为待签收",
        ticket,
    )
    return ticket


def _waiver_ended(changes: Changes, ticket: Ticket) -> None:
    """E-6."""
    ticket = changes.put_ticket(ticket._replace(next_review_at=None))
    changes.event("waiver_ended", "E-6", "until_reached", "报备到期，申请复查", ticket)
    request(changes, ticket, "waiver_ended")


def firm(changes: Changes, ticket: Ticket) -> Ticket:
    """A provisional deadline, counted again now that its year may be published (rule L-7)."""
    before = deadline_of(ticket)
    after = recompute(before, changes.calendar, changes.zone)
    if after == before:
        return ticket
    steps = rest_of_plan(changes, ticket, after)
    if before.due_at <= changes.at < after.due_at and OVERDUE not in {step.name for step in steps_of(ticket)}:  # L-9
        steps = plan_ahead(changes, ticket, after)
        ticket = ticket._replace(rung=None, cycle=ticket.cycle + 1)
        changes.change_set.withdrawn.append(ticket.pk)
    ticket = changes.put_ticket(
        with_deadline(ticket, after)._replace(
            plan_json=plan_json(steps),
            acknowledgement_expires_at=ticket.acknowledgement_expires_at and expiry(changes, ticket, after),
        )
    )
    changes.event(
        "deadline_changed",
        "L-7",
        "calendar_published",
        f"工作日安排已公布，时限重新计算为 {due_words(ticket, changes.zone)}",
        ticket,
        due_at=changes.stamp(after.due_at),
        due_before=changes.stamp(before.due_at),
    )
    return ticket
