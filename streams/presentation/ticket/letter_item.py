"""What a letter says of one ticket, and why it was written. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import orjson

from schemas.ladder import NEWS
from schemas.policy import Policy
from streams.presentation.letters.kinds import ABOUT_LOOKING, EXPLAINED, kind_of
from streams.presentation.letters.letter import LetterItem
from streams.presentation.ticket.proof import proof_words
from streams.rules.deadlines.ladder import working_days_left
from streams.rules.state.documents import asset_document, ticket_document, unit_document
from streams.rules.state.event_words import CONTENT_CHANGED
from streams.rules.state.records import AssetRecord, Problem, Ticket
from streams.rules.state.snapshot import Now, Registry

_WORDS: Final = {"content_changed": CONTENT_CHANGED, "waiver_ended": "报备已到期，问题仍在"}


def reason_of(kind: str, event_text: str | None) -> str:
    """Why a letter of this kind was written, by the ticket's latest event of it; a relapse needs no words."""
    event: dict[str, Any] = orjson.loads(event_text or "{}") if kind in EXPLAINED else {}
    if kind in ABOUT_LOOKING:
        return str(event.get("why") or "")
    if event.get("proof") and event["proof"].get("kind") != "count":
        return proof_words(event)
    return str(event.get("said") or _WORDS.get(str(event.get("reason")), ""))


def letter_item(
    kind: str,
    ticket: Ticket,
    asset: AssetRecord,
    problems: Sequence[Problem],
    registry: Registry,
    policy: Policy,
    now: Now,
    why: str,
) -> LetterItem:
    """What a letter of this kind says of a ticket as it now stands."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(ticket_document(ticket, asset, problems, registry.zone)))
    step = policy.step_of(kind) if kind not in NEWS else None
    return LetterItem(
        kind=kind_of(kind, policy),
        title=step.title if step is not None else "",
        ticket=document,
        asset=asset_document(asset),
        unit=unit_document(registry, ticket.unit_id),
        check_name=policy.rule(ticket.check).name,
        working_days_left=working_days_left(ticket.due_at, now.at, registry.calendar, registry.zone),
        reason=why,
    )
