"""Requesting 复查申请: who asks for another look, and what is said (rules R-5, R-30, R-31, R-36, R-40).

R-5  A claim asks for a recheck; so does the end of a waiver.
R-30 One open request for each problem: whoever asks meanwhile joins it (`joined`) and nothing is sent; its answer
     answers all. Asked before the ticket reopened, or unanswered at last (R-34), it is not joined: a new one is made.
R-31 What a claim asks for waits for the next day of the policy's `recheck_cycle`, if it has one; a day that is no
     working day moves to the next one.
R-40 A request says what to look for: the problem's `evidence` as far as it tells it from others or is its cause
     (`word`, `target` ...), and `url`.
R-36 What nobody can answer goes to a person at once: a claimed ticket may be approved, as after `unverifiable` (R-8).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import Any, Final, NamedTuple

from schemas.limits import RecheckCycle
from streams.rules.evidence.producers import able
from streams.rules.intake.fingerprint import named
from streams.rules.state.changes import Changes
from streams.rules.state.records import OpenRequest, Ticket
from streams.rules.state.sample import Unanswered, sample_of
from streams.rules.state.sightings import is_derived

AT_ONCE: Final = 50  # requests a ticket at once
_LONGEST_HOLIDAY: Final = 14  # days


def waits_for(changes: Changes, request_id: str) -> bool:
    """Whether a held run still waits for the answer to this request of its sample (C-22)."""
    held = (run for run in changes.runs.values() if run.state == "held")
    return any(isinstance(sample_of(run).get(request_id), Unanswered) for run in held)


class RequestedPlace(NamedTuple):
    """One place to look at again."""

    key: bytes
    fingerprint: str
    check: str
    locator: str


def request(changes: Changes, ticket: Ticket, reason: str) -> None:
    """Asks any producer to look again (R-5): about each open problem of those shown in the ticket."""
    not_before = next_in_cycle(changes.policy.limits.recheck_cycle, changes) if reason == "claim_fix" else changes.at
    places = _places(changes, ticket)[:AT_ONCE]
    requested: list[OpenRequest] = []
    joined: list[str] = []
    for place in places:
        cause = f"{ticket.ticket_id}\x1f{ticket.version}\x1f{place.fingerprint}\x1f{reason}"
        request_id = blake2b(cause.encode(), digest_size=16).hexdigest()
        one = ask_about(changes, ticket, place, reason, request_id, not_before)
        if one is not None:
            requested.append(one)
            joined += [one.request_id] if one.request_id != request_id else []
    if requested or not places:
        when = max((one.not_before for one in requested), default=changes.at)
        words = "已申请复查" if len(joined) < len(requested) or not requested else "上次申请的复查尚未答复，并入"
        later = f"，{changes.day_of(when)} 起复查" if when > changes.at else ""
        changes.event(
            "recheck_requested", "R-5", reason, f"{words}{later}", ticket,
            dedup_key="\x1f".join(one.request_id for one in requested),
            request_ids=[one.request_id for one in requested], joined=joined, not_before=changes.stamp(when),
            attempts=1,
        )  # fmt: skip
    if len(requested) < len(places):
        _nobody(changes, ticket)


def ask_about(
    changes: Changes, ticket: Ticket, place: RequestedPlace, reason: str, request_id: str, not_before: datetime,
    not_by: str | None = None,
) -> OpenRequest | None:  # fmt: skip
    """The request that is open for this problem now: joined, or made and published (R-30); None = nobody can answer."""
    known = changes.requests.get(place.key)
    if known is not None and _is_open(changes, known):
        if reason in known.reasons.split():
            return known
        return changes.requests.put(known._replace(reasons=f"{known.reasons} {reason}", not_by=known.not_by or not_by))
    if able(changes, place.check, changes.problems.get(place.key)).nobody:
        return None
    expires_at = not_before + wait(changes, ticket, 1)
    new = OpenRequest(
        ticket.asset_pk, place.key, ticket.pk, request_id, reason, changes.at, not_before, 1, expires_at, expires_at,
        not_by=not_by,
    )  # fmt: skip
    send(changes, new, ticket, place)
    return changes.requests.put(new)


def send(changes: Changes, one: OpenRequest, ticket: Ticket, place: RequestedPlace) -> str:
    """Publishes a request, or its repeat under an id of its own (R-32), which is returned."""
    asset = changes.asset_of(ticket)
    request_id = one.request_id if one.sent == 1 else f"{one.request_id}-{one.sent}"
    message = {
        "id": request_id,
        "request_id": request_id,
        "asset_id": asset.asset_id,
        "ticket_id": ticket.ticket_id,
        "fingerprint": place.fingerprint,
        "check": place.check,
        "locator": place.locator,
        "evidence": _sought(changes, place),
        "reason": one.reasons.partition(" ")[0],
        "not_before": changes.stamp(one.not_before),
        "expires_at": changes.stamp(one.expires_at),
        "attempt": one.sent,
        "repeats": one.request_id if one.sent > 1 else None,
        "producers": who_may_answer(changes, one, place.check),
    }
    changes.publish(changes.topics.recheck_requests, asset.asset_id, message)
    return request_id


def _sought(changes: Changes, place: RequestedPlace) -> dict[str, Any]:
    """What to look for there: what tells the problem from others, or is its cause, and the page (R-40).

    As far as it is known: of thousands of problems at once some come without their facts (O-16).
    """
    problem = changes.problems.get(place.key)
    evidence: dict[str, Any] = {} if problem is None or problem.facts_json is None else problem.facts["evidence"]
    rule = changes.policy.rule(place.check)
    names = dict.fromkeys((rule.discriminator, *rule.group_by, "url"))
    return {name: evidence[name] for name in names if name is not None and evidence.get(name) is not None}


def who_may_answer(changes: Changes, one: OpenRequest, check: str) -> tuple[str, ...]:
    """The producers that a request names: others than `not_by`, if there are any (R-37)."""
    can = able(changes, check, changes.problems.get(one.key)).sources
    return tuple(source for source in can if source != one.not_by) or can


def wait(changes: Changes, ticket: Ticket, sent: int) -> timedelta:
    """How long the message of this number may stay unanswered (R-32)."""
    limit = changes.policy.limits.recheck
    hours = limit.hourly_wait_hours if ticket.due_unit == "hour" else limit.wait_hours
    return timedelta(hours=hours * limit.factor ** (sent - 1))


def next_in_cycle(cycle: RecheckCycle, changes: Changes) -> datetime:
    """When the policy's cycle comes round next (R-31), UTC; now where it has none."""
    if not cycle.weekdays:
        return changes.at
    today = changes.local(changes.at).date()
    days = (today + timedelta(days=number) for number in range(-_LONGEST_HOLIDAY, 8))
    for day in (day for day in days if day.isoweekday() in cycle.weekdays):
        moment = datetime.combine(changes.calendar.next_workday(day), cycle.time, changes.zone)
        if moment > changes.at:
            return moment.astimezone(UTC)
    raise AssertionError


def tell_supervisors(
    changes: Changes, ticket: Ticket, rule: str, reason: str, words: str, requested: list[OpenRequest],
    producers: tuple[str, ...], to: tuple[str | None, ...],
) -> None:  # fmt: skip
    """`recheck_unanswered`, beside the event on `supervise` under these keys: never to the ticket's own unit."""
    event = changes.event(
        "recheck_unanswered", rule, reason, words, ticket,
        dedup_key="\x1f".join(f"{one.request_id}-{one.sent}" for one in requested),
        request_ids=[one.request_id for one in requested],
        asked_at=changes.stamp(min((one.requested_at for one in requested), default=changes.at)),
        attempts=max((one.sent for one in requested), default=0),
        producers=producers,
        why=words,
    )  # fmt: skip
    for unit_id in to:
        changes.escalate(changes.policy.looking, event, ticket, unit_id)


def supervisor_of(changes: Changes, ticket: Ticket) -> str | None:
    """The unit above the ticket's owner."""
    unit = changes.registry.units.get(ticket.unit_id) if ticket.unit_id else None
    return unit.supervisor_id if unit else None


def _is_open(changes: Changes, known: OpenRequest) -> bool:
    problem = changes.problems.get(known.key)
    ticket = changes.tickets.get(problem.ticket_pk) if problem is not None else None
    return known.unanswered_at is None and (ticket is None or known.requested_at >= ticket.running_since)


def _nobody(changes: Changes, ticket: Ticket) -> None:
    """R-36."""
    if ticket.status == "claimed":
        ticket = changes.put_ticket(ticket._replace(recheck_outcome="unverifiable"))
    words = "没有能够复查该检查项的巡检方，须人工审核"
    to = supervisor_of(changes, ticket)
    tell_supervisors(changes, ticket, "R-36", "nobody_can_answer", words, [], (), (to,))


def _places(changes: Changes, ticket: Ticket) -> list[RequestedPlace]:
    """Where to look: at each open problem; of a derived one, at its parts (V-3)."""
    asset, places = changes.asset_of(ticket), []
    for problem in changes.problems_of(ticket):
        if problem.status not in ("open", "waived"):
            continue
        if is_derived(problem.seen_by_json):
            for part in problem.facts["evidence"].get("parts", ()):
                name = named(asset.asset_id, part["fingerprint"])
                key = next((key for key in name.keys[1:] if key in changes.problems), name.key)
                key = changes.renamed.get(key, key)
                places.append(RequestedPlace(key, part["fingerprint"], part["check"], part["locator"]))
        else:
            places.append(RequestedPlace(problem.key, problem.fingerprint, problem.check, problem.locator))
    return places
