"""Handling 办理: what the unit does with its ticket (rules K-10, K-11, K-15, K-16, K-30, C-35).

K-30  Where the terms name a longest time (`extend_to`), no extension goes beyond it, counted from the clock's start;
      the terms are those of the ticket's own row. A row that the pack has no longer leaves the general limits.
C-35  Not ours 转派 (`reassign` with `not_ours`): it is an event with that reason, and the deadline stays.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from schemas.command import Command
from schemas.ladder import OPENED
from schemas.policy import Policy
from streams.rules.commands.first_word import is_known
from streams.rules.deadlines.deadlines import counted, extended
from streams.rules.deadlines.replanning import plan_ahead
from streams.rules.escalation.escalation import expiry, next_review
from streams.rules.evidence.requesting import request
from streams.rules.notices.notices import notices
from streams.rules.state.changes import Changes
from streams.rules.state.records import Ticket
from streams.rules.state.terms import Deadline, deadline_of, due_words, plan_json, steps_of, with_deadline
from streams.rules.tickets.asks import follow, granted


def said(
    changes: Changes,
    ticket: Ticket,
    kind: str,
    rule: str,
    words: str,
    message: Command,
    /,
    *,
    because: str = "",
    **body: Any,
) -> None:
    """The event that tells what a person did, and `because` of what where the action alone does not say it."""
    changes.event(
        kind,
        rule,
        because or message.action,
        words,
        ticket,
        said=message.reason,
        **body,
    )


def acknowledge(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-10 签收: expires when no claim follows (E-5)."""
    ticket = ticket._replace(status="acknowledged", acknowledged_at=changes.at, awaits_sighting=True)
    ticket = ticket._replace(acknowledgement_expires_at=expiry(changes, ticket, deadline_of(ticket)))
    ticket = changes.put_ticket(ticket._replace(next_review_at=review_at(ticket)))
    said(changes, ticket, "acknowledged", "K-10", f"{message.by} 已签收", message)
    return None


def review_at(ticket: Ticket) -> datetime | None:
    """When the ticket must be looked at again."""
    return next_review(ticket, steps_of(ticket))


def claim(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-11 反馈整改: closes nothing, asks for a recheck (R-5)."""
    ticket = ticket._replace(
        status="claimed", acknowledgement_expires_at=None, recheck_outcome=None, awaits_sighting=True
    )
    ticket = changes.put_ticket(ticket._replace(next_review_at=review_at(ticket)))
    said(
        changes, ticket, "fix_claimed", "K-11", "反馈已整改，待复核", message,
        measures=message.measures, evidence=message.evidence,
    )  # fmt: skip
    request(changes, ticket, "claim_fix")
    return None


def reassign(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-15 转派: the deadline stays, also of what is not the unit's own (C-35)."""
    if message.unit_id not in changes.registry.units:
        return "unit_unknown"
    if message.unit_id == ticket.unit_id:
        return "same_unit"
    not_ours = message.reason_code == "not_ours"
    rule, reason = ("C-35", "not_ours") if not_ours else ("K-15", "reassign")
    answers = granted(changes, ticket, "not_ours")
    hand_over(changes, ticket, message.unit_id or "", rule, reason, said=message.reason, **answers)
    return None


def hand_over(changes: Changes, ticket: Ticket, unit_id: str, rule: str, reason: str, **body: Any) -> Ticket:
    """Gives a ticket to a unit, and tells its contacts (A-16); the former owner's unsent notices fall away."""
    before, kind = ticket.unit_id, "reassigned" if is_known(changes, ticket) else OPENED
    changes.change_set.withdrawn.append(ticket.pk)
    ticket = changes.put_ticket(ticket._replace(unit_id=unit_id, cycle=ticket.cycle + 1))
    unit = changes.registry.units.get(unit_id)
    changes.event(
        "reassigned",
        rule,
        reason,
        f"整改单转派至 {unit.name if unit else unit_id}",
        ticket,
        unit_before=before,
        **body,
    )
    follow(changes, ticket, same_asker=before is None or rule == "A-11")
    changes.notify(notices(changes, ticket, kind))
    return ticket


def extend(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-16 延期: within the policy's limits; the ladder is planned anew."""
    limit = changes.policy.limits.extension
    if (refusal := not_extendable(ticket, changes.policy)) is not None:
        return refusal
    before = deadline_of(ticket)
    after = extended(before, changes.calendar, changes.zone, due_at=message.due_at, working_days=message.working_days)
    if after.due_at <= before.due_at or after.due_at <= changes.at:
        return "not_later"
    longest = extended(before, changes.calendar, changes.zone, working_days=limit.working_days)
    if after.due_at > longest.due_at:
        return "extension_too_long"
    latest = _latest(changes, ticket, before)
    if latest is not None and after.due_at > latest:
        return "extend_to_exceeded"
    _replan(changes, ticket, after, message, before)
    return None


def not_extendable(ticket: Ticket, policy: Policy) -> str | None:
    """K-16: why nobody can extend it any more, however little."""
    return "extension_limit" if ticket.extension_count >= policy.limits.extension.times else None


def _latest(changes: Changes, ticket: Ticket, frozen: Deadline) -> datetime | None:
    """K-30: the end of the longest time, or None where nobody names one."""
    terms = None if frozen.given else changes.policy.rule(ticket.check).terms(frozen.row)
    if not frozen.timed or terms is None or terms.extend_to is None:
        return None
    return counted(terms.extend_to.amount, terms.extend_to.unit, ticket.counted_from, changes.calendar, changes.zone)[0]


def _replan(changes: Changes, ticket: Ticket, after: Deadline, message: Command, before: Deadline) -> None:
    ticket = with_deadline(ticket, after)._replace(
        plan_json=plan_json(plan_ahead(changes, ticket, after)),
        acknowledgement_expires_at=ticket.acknowledgement_expires_at and expiry(changes, ticket, after),
        extension_count=ticket.extension_count + 1,
        cycle=ticket.cycle + 1,
    )
    ticket = changes.put_ticket(ticket._replace(next_review_at=review_at(ticket)))
    changes.change_set.withdrawn.append(ticket.pk)
    said(
        changes, ticket, "extended", "K-16", f"同意延期至 {due_words(ticket, changes.zone)}", message,
        due_at=changes.stamp(after.due_at), due_before=changes.stamp(before.due_at),
        **granted(changes, ticket, "extension"),
    )  # fmt: skip
