"""What a pack would make of open tickets, were they counted anew. Pure; nothing changes: tickets keep their terms.

P-6  A ticket keeps the pack version and the deadline under which it was opened, whatever a later pack says. Counted
     anew, a date that a notice or an extension has set stays; days granted are granted on top of the new amount.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from schemas.check_rule import Row
from schemas.policy import Policy
from streams.rules.deadlines.begun_anew import begun_anew
from streams.rules.deadlines.deadlines import deadline, extended, reopened_deadline
from streams.rules.state.terms import Deadline, frozen_deadline
from streams.rules.state.workdays import Calendar


class OpenTicket(NamedTuple):
    """What counting needs of an open ticket; `facts_json` is that of its first problem."""

    pk: int
    check: str
    counted_from: datetime
    due_at: datetime
    due_unit: str
    provisional: bool
    deadline_json: str
    guarded: bool
    asset_kind: str | None
    facts_json: str | None

    @property
    def deadline(self) -> Deadline:
        """As it is frozen."""
        return frozen_deadline(self.deadline_json, self.due_at, self.due_unit, provisional=self.provisional)


@dataclass(slots=True)
class Effect:
    """The open tickets of one check."""

    tickets: int = 0
    earlier: int = 0
    later: int = 0
    overdue_at_once: int = 0  # in time today, late by the new count
    no_longer_overdue: int = 0

    @property
    def equal(self) -> int:
        """How many would have the same due."""
        return self.tickets - self.earlier - self.later


@dataclass(slots=True)
class Effects:
    """All open tickets: by check, and how many were opened under which pack."""

    by_check: dict[str, Effect] = field(default_factory=dict)
    opened_under: Counter[str] = field(default_factory=Counter)

    def add(
        self, tickets: Iterable[OpenTicket], policy: Policy, calendar: Calendar, zone: ZoneInfo, now: datetime
    ) -> None:
        """Counts some more tickets."""
        for ticket in tickets:
            terms = ticket.deadline
            due_at = recounted(ticket, policy, calendar, zone)
            effect = self.by_check.setdefault(ticket.check, Effect())
            self.opened_under[terms.policy] += 1
            effect.tickets += 1
            effect.earlier += due_at < ticket.due_at
            effect.later += due_at > ticket.due_at
            effect.overdue_at_once += due_at < now <= ticket.due_at
            effect.no_longer_overdue += ticket.due_at < now <= due_at


def recounted(ticket: OpenTicket, policy: Policy, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """When the ticket would be due by this pack (P-6)."""
    terms, start = ticket.deadline, ticket.counted_from
    if terms.given or None in terms.granted:
        return ticket.due_at
    facts: dict[str, Any] = orjson.loads(ticket.facts_json) if ticket.facts_json else {}
    evidence = facts.get("evidence") or {}
    rule = policy.rule(ticket.check)
    row = rule.row(evidence, ticket.asset_kind, guarded=ticket.guarded)
    if not terms.reopened and (row.amount, row.unit) == (terms.own_amount, terms.unit):
        return ticket.due_at
    if terms.reopened:
        found = reopened_deadline(policy, _as_first_set(row, policy), start, calendar, zone)
        if (found.amount, found.unit) == (terms.own_amount, terms.unit):
            return ticket.due_at
    else:
        found = deadline(
            policy, rule, evidence, start, calendar, zone, guarded=ticket.guarded, asset_kind=ticket.asset_kind
        )
    if terms.begun is not None:
        at = datetime.combine(terms.begun.day, time.min, zone)
        found = begun_anew(found, at, terms.begun.reason, calendar, zone)
    for days in filter(None, terms.granted):
        found = extended(found, calendar, zone, working_days=days)
    return found.due_at


def _as_first_set(row: Row, policy: Policy) -> Deadline:
    never = datetime.min  # noqa: DTZ901 - a reopened deadline is counted from its reopening alone
    return Deadline(never, row.rule, row.amount, row.unit, "", provisional=False, basis=row.basis, policy=policy.ref)
