"""Shortening 时限提前: what is open when a guarded period begins (rule L-11).

L-11  Where the policy says `shorten`, a ticket that is open when a guarded period begins and whose check has a guarded
      amount is due at the begin plus that amount, if that is earlier. It is guarded from then on, its ladder starts
      again at the begin, and its duty contacts are told. Once a ticket; also when the period is registered late, or
      nobody looked at its begin.
"""

from __future__ import annotations

from datetime import UTC, datetime

import orjson

from schemas.registry import GuardedPeriod
from streams.rules.deadlines.deadlines import deadline, reopened_rule
from streams.rules.deadlines.guarded import begun_since
from streams.rules.deadlines.ladder import half_time, plan
from streams.rules.deadlines.lines import in_order, lines_to_come
from streams.rules.deadlines.replanning import rest_of_plan
from streams.rules.notices.notices import notices
from streams.rules.state.changes import Draft
from streams.rules.state.records import Ticket
from streams.rules.state.terms import Deadline, deadline_of, due_words, plan_json, with_deadline


def shortened(draft: Draft, ticket: Ticket) -> Ticket:
    """The ticket as a guarded period that has begun leaves it; most are left as they are."""
    if ticket.guarded or not draft.registry.guarded or not draft.policy.guarded.shorten.value:
        return ticket
    asset, rule = draft.asset_of(ticket), draft.policy.rule(ticket.check)
    since = begun_since(draft.registry, asset.region, ticket.running_since, draft.at)
    if since is None:
        return ticket
    begin, period = since[0].astimezone(UTC), since[1]
    evidence = next((orjson.loads(p.facts_json).get("evidence") for p in draft.problems_of(ticket)), None) or {}
    if not rule.is_guarded(evidence, asset.kind):
        return ticket
    before = deadline_of(ticket)
    after = deadline(
        draft.policy, rule, evidence, begin, draft.calendar, draft.zone, guarded=True, asset_kind=asset.kind
    )
    if after.due_at >= before.due_at:
        steps = rest_of_plan(draft, ticket, before, guarded=True)
        return draft.put_ticket(ticket._replace(guarded=True, plan_json=plan_json(steps)))
    after = after._replace(rule=reopened_rule(before, after), counted_from=before.counted_from)  # M-3: lines stay
    return _shorten(draft, ticket, before, after, begin, period)


def _shorten(
    draft: Draft, ticket: Ticket, before: Deadline, after: Deadline, begin: datetime, period: GuardedPeriod
) -> Ticket:
    expiry = ticket.acknowledgement_expires_at
    if expiry is not None:
        expiry = min(expiry, half_time(draft.policy, after, begin, draft.calendar, draft.zone))
    ladder = plan(draft.policy, after, begin, draft.calendar, draft.zone, guarded=True)[1:]
    steps = in_order(ladder, lines_to_come(draft, ticket))
    draft.decision.withdrawn.append(ticket.pk)
    ticket = draft.put_ticket(
        with_deadline(ticket, after)._replace(
            guarded=True,
            running_since=begin,
            plan_json=plan_json(steps),
            acknowledgement_expires_at=expiry,
            cycle=ticket.cycle + 1,
        )
    )
    draft.event(
        "deadline_changed",
        "L-11",
        "guarded_period",
        f"进入重要保障期“{period.name}”，时限提前至 {due_words(ticket, draft.zone)}",
        ticket,
        due_at=draft.stamp(after.due_at),
        due_before=draft.stamp(before.due_at),
    )
    draft.notify(notices(draft, ticket, "shortened"))
    return ticket
