"""What a letter says of one ticket, and why it was written. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time
from typing import Any, Final

import orjson

from schemas.ladder import ABOUT_ASKS, ANSWERED, NEWS
from schemas.policy import Policy
from schemas.vocabulary import ASK_LABELS
from streams.presentation.dates import ends_with_day, listed_until
from streams.presentation.letters.kinds import ABOUT_LOOKING, EXPLAINED, kind_of
from streams.presentation.letters.letter import LetterItem, Reader, StandingIn
from streams.presentation.letters.office import Office, Signatory
from streams.presentation.letters.places import parts_of
from streams.presentation.ticket.proof import proof_words
from streams.presentation.waiting import ask_words
from streams.rules.deadlines.ladder import working_days_left
from streams.rules.state.documents import asset_document, ticket_document, unit_document
from streams.rules.state.event_words import CONTENT_CHANGED
from streams.rules.state.records import Ask, AssetRecord, Problem, Ticket
from streams.rules.state.snapshot import Now, Registry

_MORNING: Final = time(9)
_WORDS: Final = {"content_changed": CONTENT_CHANGED, "waiver_ended": "报备已到期，问题仍在"}


def reason_of(kind: str, event_text: str | None) -> str:
    """Why a letter of this kind was written, by the ticket's latest event of it; a relapse needs no words."""
    event: dict[str, Any] = orjson.loads(event_text or "{}") if kind in EXPLAINED else {}
    if kind in ABOUT_LOOKING:
        return str(event.get("why") or "")
    if event.get("proof") and event["proof"].get("kind") != "count":
        return proof_words(event)
    return str(event.get("said") or _WORDS.get(str(event.get("reason")), ""))


def asked_words(asks: Sequence[Ask], registry: Registry) -> str:
    """Why somebody is told that something is asked: each open ask of the ticket."""
    return "。".join(ask_words(ask, registry.units, registry.zone) for ask in asks)


def answer_words(event_texts: Sequence[str], registry: Registry) -> str:
    """What was answered, by the events of the answers."""
    events: list[dict[str, Any]] = [orjson.loads(text) for text in event_texts]
    return "。".join(_answer(event, registry) for event in events)


def _answer(event: dict[str, Any], registry: Registry) -> str:
    said = f"，{'理由' if event['type'] == 'ask_refused' else '说明'}：{event['said']}" if event.get("said") else ""
    if event["type"] == "extended":
        return f"同意延期，整改时限延至 {listed_until(datetime.fromisoformat(event['due_at']), registry.zone)}{said}"
    if event["type"] == "reassigned":
        unit = registry.units.get(event["unit_id"])
        return f"同意转派，整改单已转给{unit.name if unit else event['unit_id']}{said}"
    if event["type"] == "dismissed":
        return f"同意核减，整改单已撤销{said}"
    return f"不同意申请（{ASK_LABELS[event['kind']]}）{said}"


def letter_item(
    kind: str,
    ticket: Ticket,
    asset: AssetRecord,
    problems: Sequence[Problem],
    registry: Registry,
    policy: Policy,
    now: Now,
    why: str,
    reader: Reader = "duty",
    desk: str = "",
) -> LetterItem:
    """What a letter of this kind says to a reader of a ticket as it now stands; `desk`: its address there."""
    document: dict[str, Any] = orjson.loads(orjson.dumps(ticket_document(ticket, asset, problems, registry.zone)))
    step = policy.step_of(kind) if kind not in NEWS else None
    names = [*policy.steps]
    return LetterItem(
        kind=kind_of(kind, policy),
        title=step.title if step is not None else "",
        ticket=document,
        asset=asset_document(asset),
        unit=unit_document(registry, ticket.unit_id),
        check_name=policy.rule(ticket.check).name,
        working_days_left=working_days_left(ticket.due_at, now.at, registry.calendar, registry.zone),
        reason=why,
        step=names.index(kind) if kind in names else -1,
        reader=reader,
        standing_in=_standing_in(kind, reader, ticket, registry, policy),
        check_names={str(part.get("check")): policy.rule(str(part.get("check"))).name for part in _parts(document)},
        alarm_at=alarm_at(ticket, registry),
        desk=desk,
    )


def _standing_in(kind: str, reader: Reader, ticket: Ticket, registry: Registry, policy: Policy) -> StandingIn:
    """Why who supervises is told what is the owner's to hear: it has no contacts, or they were not reached."""
    if reader != "supervisor" or kind in ABOUT_LOOKING or kind in ABOUT_ASKS - {ANSWERED}:
        return ""
    step = policy.step_of(kind)
    if step is not None and "supervisor" in step.to:
        return ""
    return "unreached" if is_told(registry, ticket.unit_id) else "nobody"


def is_told(registry: Registry, unit_id: str | None, role: str | None = None) -> bool:
    """Whether the unit has a contact (of this role) who can be reached."""
    unit = registry.units.get(unit_id) if unit_id else None
    return unit is not None and any(contact.is_reachable and role in (None, contact.role) for contact in unit.contacts)


def reader_of(kind: str, unit_id: str | None, role: str, ticket: Ticket, registry: Registry) -> Reader:
    """How somebody of a unit reads of a ticket (N-63); a head who is its only contact reads as who is on duty."""
    if kind in ABOUT_LOOKING:
        owner = registry.units.get(ticket.unit_id) if ticket.unit_id else None
        runs_it = owner is not None and unit_id not in (owner.unit_id, owner.supervisor_id)
        return "producer" if runs_it else "supervisor"
    if kind in ABOUT_ASKS:  # who asked reads the answer so, also where another unit has the ticket by now
        owner = registry.units.get(ticket.unit_id) if ticket.unit_id else None
        is_above = owner is not None and unit_id == owner.supervisor_id
        return "duty" if kind == ANSWERED and not is_above else "supervisor"
    if unit_id != ticket.unit_id:
        return "supervisor"
    return "head" if role == "head" and is_told(registry, unit_id, "duty") else "duty"


def letterhead(unit_id: str | None, registry: Registry, office: Office) -> Signatory:
    """Who signs letters to a unit (N-60); a unit without a sign of its own for short messages has the office's."""
    unit = registry.units.get(unit_id or "")
    supervisor = registry.units.get(unit.supervisor_id or "") if unit is not None else None
    own = supervisor.letterhead if supervisor is not None else None
    if own is None:
        return office.letterhead
    return Signatory(own.name, own.contact or "", own.phone or "", own.sms_sign or office.letterhead.sms_sign)


def alarm_at(ticket: Ticket, registry: Registry) -> datetime | None:
    """When a calendar entry rings (N-33): on the working day before a deadline that ends with the day."""
    zone = registry.zone
    if not ends_with_day(ticket.due_at, zone):
        return None
    day: date = registry.calendar.subtract_workdays(ticket.due_at.astimezone(zone).date(), 1)
    return datetime.combine(day, _MORNING, zone)


def _parts(document: dict[str, Any]) -> Sequence[Any]:
    return parts_of(document, document["problems"])
