"""Asking 申请: what a unit wants of its supervising unit, and notes (rules K-40, K-42, K-45, K-46).

K-40 `ask` 申请, with a reason: an `extension`, `not_ours` (whose, if it is known), a `false_alarm`. One is open for a
     ticket and kind; a second is refused (`already_asked`). It changes nothing about the ticket: the clock runs on. An
     extension that could not be granted, however short, is refused at once with the reason that `extend` has.
K-42 `refuse_ask` 不同意, with a reason: `ask_refused`. Of an ask that is not open it is refused.
K-45 `note` 备注: what somebody wants to be known of a ticket, whatever its state; it changes nothing.
K-46 A unit asks, the supervising unit grants: what a unit's key may not do itself but may ask for (`extend`,
     `reassign`, `dismiss`) is refused with that sentence. A pack may give it the right (`commands`); where commands are
     not signed nobody's role is known.
"""

from __future__ import annotations

from datetime import UTC, datetime

from schemas.actions import ACTIONS
from schemas.command import Command
from schemas.policy import Policy
from schemas.vocabulary import ASK_LABELS
from streams.rules.commands.unit_actions import not_extendable, said
from streams.rules.deadlines.deadlines import extended
from streams.rules.state.changes import Changes
from streams.rules.state.inputs import SignedCommand
from streams.rules.state.numbering import event_id
from streams.rules.state.records import Ask, Ticket
from streams.rules.state.terms import deadline_of
from streams.rules.state.working_hours import next_working_moment
from streams.rules.tickets.asks import answer, tell_supervisor


def must_ask(message: Command, policy: Policy) -> bool:
    """K-46: whether a unit's key may ask for this, and not do it."""
    return (
        isinstance(message, SignedCommand)
        and message.signed_role == "unit"
        and ACTIONS[message.action].grants is not None
        and message.action not in policy.commands.unit.may
    )


def answers_another(changes: Changes, ticket: Ticket, message: Command) -> bool:
    """K-41: whether the command names an ask that is not the open one of its kind."""
    ask = changes.asks.get(ticket.pk, ACTIONS[message.action].grants or "")
    return message.answers is not None and (ask is None or ask.ask_id != message.answers)


def ask(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-40 申请."""
    kind = message.kind or ""
    refusal = _unfit(changes, ticket, message)
    if refusal is not None:
        return refusal
    asset = changes.asset_of(ticket)
    one = changes.asks.put(
        Ask(
            ask_id=event_id(changes, "ask", ticket, kind, asset.asset_id),
            ticket_pk=ticket.pk,
            asset_pk=ticket.asset_pk,
            kind=kind,
            unit_id=ticket.unit_id,
            by=message.by,
            said=message.reason or "",
            progress=message.progress,
            due_at=message.due_at.astimezone(UTC) if kind == "extension" and message.due_at else None,
            working_days=message.working_days if kind == "extension" else None,
            unit_wanted=message.unit_id if kind == "not_ours" else None,
            asked_at=changes.at,
            review_at=answer_due(changes),
        )
    )
    said(
        changes, ticket, "asked", "K-40", _words(changes, one), message, because=kind,
        ask_id=one.ask_id, kind=kind, due_at=one.due_at and changes.stamp(one.due_at),
        working_days=one.working_days, unit_wanted=one.unit_wanted, progress=one.progress, evidence=message.evidence,
    )  # fmt: skip
    tell_supervisor(changes, ticket, one, "asked")
    return None


def _unfit(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    if changes.asks.get(ticket.pk, message.kind or "") is not None:
        return "already_asked"
    if message.kind == "not_ours" and message.unit_id is not None:
        if message.unit_id not in changes.registry.units:
            return "unit_unknown"
        return "same_unit" if message.unit_id == ticket.unit_id else None
    if message.kind == "extension":
        before = deadline_of(ticket)
        if (refusal := not_extendable(ticket, changes.policy)) is not None:
            return refusal
        days = message.working_days
        after = extended(before, changes.calendar, changes.zone, due_at=message.due_at, working_days=days)
        return "not_later" if after.due_at <= before.due_at or after.due_at <= changes.at else None
    return None


def _words(changes: Changes, one: Ask) -> str:
    wanted = ""
    if one.due_at is not None:
        wanted = f"至 {changes.day_of(one.due_at)}"
    elif one.working_days is not None:
        wanted = f" {one.working_days} 个工作日"
    elif one.unit_wanted is not None:
        unit = changes.registry.units.get(one.unit_wanted)
        wanted = f"，应属{unit.name if unit else one.unit_wanted}"
    return f"{one.by} 提出申请：{ASK_LABELS[one.kind]}{wanted}，整改时限照常计算"


def answer_due(changes: Changes) -> datetime:
    """K-44: until when an ask of now is to be answered; UTC."""
    hours, days = changes.policy.working_hours, changes.policy.limits.asks.working_days
    begun = next_working_moment(changes.at, hours, changes.calendar, changes.zone).astimezone(changes.zone)
    day = changes.calendar.add_workdays(begun.date(), days).date
    return datetime.combine(day, begun.timetz()).astimezone(UTC)


def refuse_ask(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-42 不同意."""
    one = next((one for one in changes.asks.of(ticket.pk) if one.ask_id == message.ask_id), None)
    if one is None:
        return "ask_unknown"
    said(
        changes, ticket, "ask_refused", "K-42", f"不同意{ASK_LABELS[one.kind]}的申请：{message.reason}", message,
        ask_id=one.ask_id, kind=one.kind,
    )  # fmt: skip
    answer(changes, ticket, one)
    return None


def note(changes: Changes, ticket: Ticket, message: Command) -> str | None:
    """K-45 备注."""
    said(changes, ticket, "noted", "K-45", f"{message.by} 备注：{message.text}", message, text=message.text)
    return None
