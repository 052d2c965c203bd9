"""Asking 复查申请: who asks for another look, and what is said (rules R-5, R-30, R-31, R-36).

R-5  A claim asks for a recheck; so does the end of a waiver.
R-30 One open request for each problem: whoever asks meanwhile joins it (`joined`) and nothing is sent; its answer
     answers all. Asked before the ticket reopened, or unanswered at last (R-34), it is not joined: a new one is made.
R-31 What a claim asks for waits for the next day of the policy's `recheck_cycle`, if it has one; a day that is no
     working day moves to the next one.
R-36 What nobody can answer goes to a person at once: a claimed ticket may be approved, as after `unverifiable` (R-8).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Final, NamedTuple

import orjson

from schemas.limits import RecheckCycle
from streams.rules.evidence.producers import able
from streams.rules.intake.fingerprint import named
from streams.rules.state.changes import Draft
from streams.rules.state.records import Ask, Ticket
from streams.rules.state.sample import Waiting, sample_of
from streams.rules.state.sightings import is_derived

ASKED: Final = 50  # requests a ticket at once
_LONGEST_HOLIDAY: Final = 14  # days


def waits_for(draft: Draft, request_id: str) -> bool:
    """Whether a held run still waits for the answer to this request of its sample (C-22)."""
    held = (run for run in draft.runs.values() if run.state == "held")
    return any(isinstance(sample_of(run).get(request_id), Waiting) for run in held)


class Place(NamedTuple):
    """One place to look at again."""

    key: bytes
    fingerprint: str
    check: str
    locator: str


def request(draft: Draft, ticket: Ticket, reason: str) -> None:
    """Asks any producer to look again (R-5): about each open problem of those shown in the ticket."""
    not_before = next_in_cycle(draft.policy.limits.recheck_cycle, draft) if reason == "claim_fix" else draft.at
    places = _places(draft, ticket)[:ASKED]
    asked: list[Ask] = []
    joined: list[str] = []
    for place in places:
        cause = f"{ticket.ticket_id}\x1f{ticket.version}\x1f{place.fingerprint}\x1f{reason}"
        request_id = blake2b(cause.encode(), digest_size=16).hexdigest()
        one = ask_about(draft, ticket, place, reason, request_id, not_before)
        if one is not None:
            asked.append(one)
            joined += [one.request_id] if one.request_id != request_id else []
    if asked or not places:
        when = max((one.not_before for one in asked), default=draft.at)
        words = "已申请复查" if len(joined) < len(asked) or not asked else "上次申请的复查尚未答复，并入"
        later = f"，{draft.day_of(when)} 起复查" if when > draft.at else ""
        draft.event(
            "recheck_requested", "R-5", reason, f"{words}{later}", ticket,
            dedup_key="\x1f".join(one.request_id for one in asked),
            request_ids=[one.request_id for one in asked], joined=joined, not_before=draft.stamp(when), attempts=1,
        )  # fmt: skip
    if len(asked) < len(places):
        _nobody(draft, ticket)


def ask_about(
    draft: Draft, ticket: Ticket, place: Place, reason: str, request_id: str, not_before: datetime,
    not_by: str | None = None,
) -> Ask | None:  # fmt: skip
    """The request that is open for this problem now: joined, or made and published (R-30); None = nobody can answer."""
    known = draft.asks.get(place.key)
    if known is not None and _is_open(draft, known):
        if reason in known.reasons.split():
            return known
        return draft.asks.put(known._replace(reasons=f"{known.reasons} {reason}", not_by=known.not_by or not_by))
    if able(draft, place.check, draft.problems.get(place.key)).nobody:
        return None
    expires_at = not_before + wait(draft, ticket, 1)
    new = Ask(
        ticket.asset_pk, place.key, ticket.pk, request_id, reason, draft.at, not_before, 1, expires_at, expires_at,
        not_by=not_by,
    )  # fmt: skip
    send(draft, new, ticket, place)
    return draft.asks.put(new)


def send(draft: Draft, one: Ask, ticket: Ticket, place: Place) -> str:
    """Publishes a request, or its repeat under an id of its own (R-32), which is returned."""
    asset = draft.asset_of(ticket)
    request_id = one.request_id if one.sent == 1 else f"{one.request_id}-{one.sent}"
    message = {
        "id": request_id,
        "request_id": request_id,
        "asset_id": asset.asset_id,
        "ticket_id": ticket.ticket_id,
        "fingerprint": place.fingerprint,
        "check": place.check,
        "locator": place.locator,
        "reason": one.reasons.partition(" ")[0],
        "not_before": draft.stamp(one.not_before),
        "expires_at": draft.stamp(one.expires_at),
        "attempt": one.sent,
        "repeats": one.request_id if one.sent > 1 else None,
        "producers": who_may_answer(draft, one, place.check),
    }
    draft.publish(draft.topics.recheck_requests, asset.asset_id, message)
    return request_id


def who_may_answer(draft: Draft, one: Ask, check: str) -> tuple[str, ...]:
    """The producers that a request names: others than `not_by`, if there are any (R-37)."""
    can = able(draft, check, draft.problems.get(one.key)).sources
    return tuple(source for source in can if source != one.not_by) or can


def wait(draft: Draft, ticket: Ticket, sent: int) -> timedelta:
    """How long the message of this number may stay unanswered (R-32)."""
    limit = draft.policy.limits.recheck
    hours = limit.hourly_wait_hours if ticket.due_unit == "hour" else limit.wait_hours
    return timedelta(hours=hours * limit.factor ** (sent - 1))


def next_in_cycle(cycle: RecheckCycle, draft: Draft) -> datetime:
    """When the policy's cycle comes round next (R-31), UTC; now where it has none."""
    if not cycle.weekdays:
        return draft.at
    today = draft.local(draft.at).date()
    days = (today + timedelta(days=number) for number in range(-_LONGEST_HOLIDAY, 8))
    for day in (day for day in days if day.isoweekday() in cycle.weekdays):
        moment = datetime.combine(draft.calendar.next_workday(day), cycle.time, draft.zone)
        if moment > draft.at:
            return moment.astimezone(UTC)
    raise AssertionError


def tell_supervisors(
    draft: Draft, ticket: Ticket, rule: str, reason: str, words: str, asked: list[Ask],
    producers: tuple[str, ...], to: tuple[str | None, ...],
) -> None:  # fmt: skip
    """`recheck_unanswered`, beside the event on `supervise` under these keys: never to the ticket's own unit."""
    event = draft.event(
        "recheck_unanswered", rule, reason, words, ticket,
        dedup_key="\x1f".join(f"{one.request_id}-{one.sent}" for one in asked),
        request_ids=[one.request_id for one in asked],
        asked_at=draft.stamp(min((one.asked_at for one in asked), default=draft.at)),
        attempts=max((one.sent for one in asked), default=0),
        producers=producers,
        why=words,
    )  # fmt: skip
    for unit_id in to:
        draft.escalate(draft.policy.looking, event, ticket, unit_id)


def supervisor_of(draft: Draft, ticket: Ticket) -> str | None:
    """The unit above the ticket's owner."""
    unit = draft.registry.units.get(ticket.unit_id) if ticket.unit_id else None
    return unit.supervisor_id if unit else None


def _is_open(draft: Draft, known: Ask) -> bool:
    problem = draft.problems.get(known.key)
    ticket = draft.tickets.get(problem.ticket_pk) if problem is not None else None
    return known.unanswered_at is None and (ticket is None or known.asked_at >= ticket.running_since)


def _nobody(draft: Draft, ticket: Ticket) -> None:
    """R-36."""
    if ticket.status == "claimed":
        ticket = draft.put_ticket(ticket._replace(recheck_outcome="unverifiable"))
    words = "没有能够复查该检查项的巡检方，须人工审核"
    to = supervisor_of(draft, ticket)
    tell_supervisors(draft, ticket, "R-36", "nobody_can_answer", words, [], (), (to,))


def _places(draft: Draft, ticket: Ticket) -> list[Place]:
    """Where to look: at each open problem; of a derived one, at its parts (V-3)."""
    asset, places = draft.asset_of(ticket), []
    for problem in draft.problems_of(ticket):
        if problem.status not in ("open", "waived"):
            continue
        if is_derived(problem.seen_by_json):
            for part in orjson.loads(problem.facts_json)["evidence"].get("parts", ()):
                name = named(asset.asset_id, part["fingerprint"])
                key = next((key for key in name.keys[1:] if key in draft.problems), name.key)
                key = draft.renamed.get(key, key)
                places.append(Place(key, part["fingerprint"], part["check"], part["locator"]))
        else:
            places.append(Place(problem.key, problem.fingerprint, problem.check, problem.locator))
    return places
