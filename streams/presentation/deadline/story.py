"""Why a ticket has this deadline: row, variant, start, each day counted, basis, and what happened since. Pure.

P-7  `rectify policy explain` answers by the pack and the calendar under which the ticket was opened; where that pack is
     not at hand any more, by what the ticket has kept, and it says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from schemas.check_rule import CheckRule, Variant
from schemas.policy import Policy
from streams.presentation.deadline.counted_days import DayStretch, counted_days
from streams.rules.state.records import Problem, Ticket
from streams.rules.state.terms import Deadline, deadline_of, published_deadline
from streams.rules.state.workdays import Calendar

_CHANGES: Final = ("extended", "reopened", "deadline_changed")  # a closing that is taken back keeps its deadline


Origin = Literal["received", "seen", "opened", "reopened"]


class Start(NamedTuple):
    """The moment from which the deadline was counted, and what happened at it."""

    at: datetime
    origin: Origin


@dataclass(frozen=True, slots=True)
class Why:
    """All that makes a deadline."""

    ticket: Ticket
    terms: Deadline
    start: Start
    days: tuple[DayStretch, ...]  # empty where no working days were counted
    check_name: str
    known: bool  # whether the pack of then is at hand; otherwise the three below are unknown
    rule: CheckRule | None
    variant: Variant | None  # None = the check's own terms
    passed_over: tuple[Variant, ...]
    sure: str | None
    evidence: Mapping[str, Any]  # as far as the variants look at it
    changes: tuple[Mapping[str, Any], ...]  # events that moved the deadline, oldest first
    ladder_stops_below: tuple[str, ...]  # steps that a provisional deadline does not reach
    unpublished: tuple[int, ...]  # years that were guessed


def explain(
    ticket: Ticket,
    problem: Problem | None,
    asset_kind: str | None,
    policy: Policy,
    *,
    known: bool,
    calendar: Calendar,
    zone: ZoneInfo,
    names: Mapping[Any, str],
    events: Sequence[Mapping[str, Any]],
) -> Why:
    """Why the ticket is due when it is; `policy` is the pack of then if `known`, otherwise that of now."""
    terms = deadline_of(ticket)
    facts: dict[str, Any] = problem.facts if problem else {}
    start = Start(ticket.counted_from, _origin(ticket, terms, problem, facts.get("received_at")))
    due, began = ticket.due_at.astimezone(zone).date(), start.at.astimezone(zone).date()
    if terms.begun is not None:
        began = terms.begun.day
    seen_as = calendar.as_of(terms.calendar)
    counts = terms.unit == "working_day" and None not in terms.granted
    rule = policy.rule(ticket.check) if known else None
    variant, passed_over, sure = _row(rule, terms)
    evidence = {**(facts.get("evidence") or {}), "asset_kind": asset_kind}
    looked_at = {key for each in (*passed_over, *((variant,) if variant else ())) for key in each.when}
    return Why(
        ticket=ticket,
        terms=terms,
        start=start,
        days=counted_days(began, due, seen_as, names) if counts else (),
        check_name=policy.rule(ticket.check).name,
        known=known,
        rule=rule,
        variant=variant,
        passed_over=passed_over,
        sure=None if terms.given else sure,
        evidence={key: evidence.get(key) for key in sorted(looked_at)},
        changes=tuple(event for event in events if event["type"] in _CHANGES and "due_at" in event),
        ladder_stops_below=tuple(step.title for step in policy.ladder if not step.provisional),
        unpublished=tuple(
            year for year in range(began.year, due.year + 1) if terms.provisional and year not in seen_as.years
        ),
    )


def _origin(ticket: Ticket, terms: Deadline, problem: Problem | None, received_at: str | None) -> Origin:
    if terms.reopened:
        return "reopened"
    if received_at is not None and datetime.fromisoformat(received_at) == ticket.counted_from:
        return "received"
    first_seen_at = problem.first_seen_at if problem else ticket.first_seen_at
    return "seen" if first_seen_at == ticket.counted_from else "opened"


def _row(rule: CheckRule | None, terms: Deadline) -> tuple[Variant | None, tuple[Variant, ...], str | None]:
    """The variant whose row stands in the ticket, those before it that did not match, and how sure its amount is."""
    if rule is None:
        return None, (), None
    passed: list[Variant] = []
    for place, variant in enumerate((*rule.variants, None)):
        plain, guarded = rule.named_rows(place)
        if terms.row in (plain.rule, guarded.rule):
            own = rule if variant is None else variant
            strict = own.guarded or rule.guarded
            return variant, tuple(passed), (own.deadline if terms.row == plain.rule or not strict else strict).sure
        if variant is not None:
            passed.append(variant)
    return None, tuple(passed), None


def document(why: Why, zone: ZoneInfo) -> dict[str, Any]:
    """The same for programs."""
    ticket, terms = why.ticket, why.terms
    deadline: dict[str, Any] = orjson.loads(published_deadline(ticket, zone))
    return {
        "ticket_id": ticket.ticket_id,
        "check": ticket.check,
        "due_at": ticket.due_at.astimezone(zone),
        "deadline": {**deadline, "counted_from": deadline.get("counted_from"), "sure": why.sure},
        "row": terms.row,
        "variant": None if why.variant is None else why.variant.model_dump(mode="json", include={"when"})["when"],
        "passed_over": [each.model_dump(mode="json", include={"when"})["when"] for each in why.passed_over],
        "evidence": dict(why.evidence),
        "guarded": ticket.guarded,
        "counted_from": {"at": why.start.at.astimezone(zone), "origin": why.start.origin},
        "days": [span._asdict() for span in why.days],
        "reopened": terms.reopened,
        "begun": terms.begun and terms.begun._asdict() | {"true_due_at": terms.true_due_at.astimezone(zone)},
        "granted": list(terms.granted),
        "changes": [dict(event) for event in why.changes],
        "pack_at_hand": why.known,
        "unpublished_years": list(why.unpublished),
    }
