"""A ticket with everything that belongs to it, and as one document. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from schemas.registry import Unit
from streams.presentation.masking import masked
from streams.presentation.ticket.evidence import evidence_of
from streams.rules.intake.fingerprint import discriminator_of, explain, is_made
from streams.rules.state.documents import asset_document, ticket_document
from streams.rules.state.places import places_of
from streams.rules.state.records import Ask, AssetRecord, Notice, OpenRequest, Problem, Ticket
from streams.rules.state.workdays import Calendar
from streams.rules.tickets.tickets import OPEN


@dataclass(frozen=True, slots=True)
class Dossier:
    """A ticket, whose it is, what is wrong, what happened, who was told."""

    ticket: Ticket
    asset: AssetRecord
    unit: Unit | None
    problems: list[Problem]
    events: list[dict[str, Any]]  # as published
    notices: list[Notice]
    calendar: Calendar  # that of the workers
    units: Mapping[str, Unit] = field(default_factory=dict)  # all that are registered
    sentences: Mapping[str, str] = field(default_factory=dict)  # by event id: its summary without the asset's name
    requests: Sequence[OpenRequest] = ()  # open recheck requests
    asks: Sequence[Ask] = ()  # of its unit, not answered yet
    former: Mapping[bytes, Sequence[bytes]] = field(default_factory=dict)  # by key: what it was before (D-14)


def fingerprint_of(
    problem: Problem, asset_id: str, policy: Policy, former: Mapping[bytes, Sequence[bytes]] = MappingProxyType({})
) -> dict[str, Any]:
    """From what a problem's fingerprint is made (D-1) and what it was before (D-14), or that its producer named it."""
    if not is_made(problem):
        return {"named_by_producer": problem.fingerprint}
    evidence = problem.facts.get("evidence") or {}
    places = places_of(policy)
    discriminator = discriminator_of(policy.rule(problem.check).discriminator, evidence, places)
    made = explain(asset_id, problem.check, problem.locator, discriminator, places)
    if made["fingerprint"] != problem.fingerprint:
        return {"made_otherwise": problem.fingerprint, "will_be": made["fingerprint"]}
    before = [key.hex() for key in former.get(problem.key, ())]
    return {**made, "formerly": before} if before else made


def summary(
    ticket: Ticket, asset: AssetRecord, zone: ZoneInfo, now: datetime, asks: Sequence[str] = ()
) -> dict[str, Any]:
    """A ticket of a list as JSON: without its problems; `asks`: the kinds of its open ones."""
    fields = ticket_document(ticket, asset, (), zone)
    del fields["problems"]
    overdue = ticket.status in OPEN and ticket.due_at < now
    return {**fields, "asset_name": asset.name, "overdue": overdue, "asks": list(asks)}


def ask_document(ask: Ask, zone: ZoneInfo) -> dict[str, Any]:
    """An open ask as JSON."""
    return {
        "ask_id": ask.ask_id,
        "kind": ask.kind,
        "unit_id": ask.unit_id,
        "by": ask.by,
        "reason": ask.said,
        "progress": ask.progress,
        "due_at": ask.due_at and ask.due_at.astimezone(zone),
        "working_days": ask.working_days,
        "unit_wanted": ask.unit_wanted,
        "asked_at": ask.asked_at.astimezone(zone),
        "answer_by": ask.review_at and ask.review_at.astimezone(zone),
        "unanswered_at": ask.unanswered_at and ask.unanswered_at.astimezone(zone),
    }


def notice_document(notice: Notice, zone: ZoneInfo) -> dict[str, Any]:
    """A notice as JSON, without its recipient's full address."""
    return {
        "notice_id": notice.notice_id,
        "kind": notice.kind,
        "channel": notice.channel,
        "recipient": masked(notice),
        "role": notice.role,
        "state": notice.state,
        "code": notice.code,
        "not_before": notice.not_before.astimezone(zone),
        "updated_at": notice.updated_at.astimezone(zone),
    }


def document(dossier: Dossier, policy: Policy, zone: ZoneInfo) -> dict[str, Any]:
    """Everything as one JSON document, without the recipients' full addresses."""
    ticket, asset = dossier.ticket, dossier.asset
    return {
        **ticket_document(ticket, asset, dossier.problems, zone),
        "asset": asset_document(asset),
        "unit": None if dossier.unit is None else dossier.unit.model_dump(mode="json", exclude={"contacts"}),
        "fingerprints": [
            fingerprint_of(problem, asset.asset_id, policy, dossier.former) for problem in dossier.problems
        ],
        "evidence": [evidence_of(problem, zone) for problem in dossier.problems],
        "requests": [
            {
                "request_id": one.request_id,
                "reasons": one.reasons.split(),
                "asked_at": one.requested_at.astimezone(zone),
                "not_before": one.not_before.astimezone(zone),
                "attempts": one.sent,
                "expires_at": one.expires_at.astimezone(zone),
                "unanswered_at": one.unanswered_at and one.unanswered_at.astimezone(zone),
            }
            for one in dossier.requests
        ],
        "asks": [ask_document(one, zone) for one in dossier.asks],
        "history": dossier.events,
        "notices": [notice_document(notice, zone) for notice in dossier.notices],
    }
