"""Warnings 预警: seen before the line, so nothing is opened (rules D-7, D-11, D-12, N-12, N-13).

D-7   A warning opens nothing; it is said once per run.
D-11  When the line is crossed, the warnings are the ticket's past: its history begins with them, and the event that
      opens or reopens it, or has the problem join it, says `warned_at`, the first of them.
D-12  A warned problem that a run or a recheck proves absent is simply no longer warned of: nothing is sent or closed,
      and what was seen before that proof changes the record only. Seen again later, it is warned of afresh; so is one
      whose ticket was closed, which is back before its line.
N-12  A warning of an owned asset is a line of a digest by mail, to those whom an opening is told: at the next 09:00 of
      a working day, and the gathering time (N-3) later if no other mail to them takes it along.
N-13  Each recipient is told once as long as the warnings go on, and again only after 7 days.

The memory is `{"warned": {"since", "told_at", "times"}}` beside what a suspicion remembers (suspicion.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NamedTuple

import orjson

from schemas.addresses import inbox
from schemas.check_rule import Line
from schemas.finding import Finding
from schemas.limits import Warnings
from streams.rules.notices.notices import EXPIRY, recipients
from streams.rules.notices.pending import pending
from streams.rules.state.changes import Changes
from streams.rules.state.outcomes import FindingOutcome
from streams.rules.state.records import AssetRecord, Notice, Problem
from streams.rules.state.sightings import was_seen
from streams.rules.state.snapshot import Adopted, Registry
from streams.rules.state.text import to_json

WARNED: Final = "warned"  # a status, a type of event, a kind of notice
_BEHIND: Final = ("good", "warning")  # lines that a warned problem has passed or need not fear


class Warned(NamedTuple):
    """What is remembered while the warnings of a problem go on."""

    since: datetime  # when the first was taken in
    told_at: datetime | None  # when notices were last made
    times: int  # how often


def warned_of(problem: Problem) -> Warned | None:
    """What is remembered of a problem's warnings; None when there were none, or its absence has been proved since."""
    if problem.suspicion_json is None:
        return None
    memory: dict[str, Any] = orjson.loads(problem.suspicion_json)
    known = memory.get(WARNED)
    if known is None:
        return None
    told_at = known["told_at"]
    return Warned(
        datetime.fromisoformat(known["since"]), datetime.fromisoformat(told_at) if told_at else None, known["times"]
    )


def warn(changes: Changes, asset: AssetRecord, finding: Finding, seen_at: datetime, problem: Problem) -> FindingOutcome:
    """Takes a warning in (D-7, D-12, N-13); `problem` has this sighting counted already."""
    before = changes.problems.get(problem.key)
    if before is not None and before.gone_at is not None and seen_at <= before.gone_at:
        changes.put_problem(problem._replace(gone_at=before.gone_at))
        return "recorded"
    again = timedelta(days=changes.policy.sending.warnings.again_days)
    known = warned_of(problem)
    if known is None or (
        before is not None
        and finding.run_id is not None
        and not was_seen(before.seen_by_json, finding.source or "", finding.run_id)
    ):
        changes.event(
            "warned",
            "D-7",
            "before_the_line",
            f"{changes.policy.rule(finding.check).name}，接近时限，请留意",
            asset,
            dedup_key=problem.fingerprint,
            check=finding.check,
            fingerprint=problem.fingerprint,
            locator=problem.locator,
            facts=orjson.Fragment(problem.whole_facts),
        )
    known = known or Warned(changes.at, None, 0)
    if known.told_at is None or changes.at - known.told_at >= again:
        next_time = known._replace(told_at=changes.at, times=known.times + 1)
        told = list(_notices(changes, asset, finding, problem, next_time))
        if told:
            known = next_time
            changes.notify(told)
    status = problem.status if problem.status == "gone" else WARNED  # what was a ticket's stays with it
    changes.put_problem(problem._replace(status=status, suspicion_json=_remembered(problem, known)))
    return WARNED


def forget(changes: Changes, problem: Problem, absent_at: datetime) -> Problem:
    """A problem that is open in no ticket is proved absent: no longer warned of, or suspected, until then (D-12)."""
    gone_at = problem.gone_at if problem.status == "gone" else max(absent_at, problem.gone_at or absent_at)
    memory: dict[str, Any] = orjson.loads(problem.suspicion_json or "{}")
    since = [one for one in memory.get("seen", ()) if datetime.fromisoformat(one[0]) > absent_at]
    left = {"seen": since} if since else {}
    if problem.last_seen_at > absent_at and WARNED in memory:
        left |= {WARNED: memory[WARNED]}
    problem = problem._replace(suspicion_json=to_json(left) if left else None, gone_at=gone_at)
    changes.put_problem(problem)
    return problem


def is_waiting(problem: Problem) -> bool:
    """Whether a problem that is open in no ticket is warned of or suspected."""
    return problem.suspicion_json is not None and problem.status in ("suspected", WARNED, "gone")


def adopt(changes: Changes, problem: Problem, ticket_pk: int) -> dict[str, Any]:
    """Gives the ticket the warnings of a problem (D-11); what the event that tells of it says of them."""
    known = warned_of(problem)
    if known is None:
        return {}
    changes.change_set.adopted.append(
        Adopted(problem.asset_pk, problem.fingerprint, ticket_pk, known.since, problem.key)
    )
    return {"warned_at": changes.stamp(known.since)}


def is_current(subject_json: str, problem: Problem | None) -> bool:
    """Whether what a notice warns of is still so (N-14): warned of, without a proof of absence in between."""
    known = warned_of(problem) if problem is not None and problem.status in (WARNED, "gone") else None
    return known is not None and orjson.loads(subject_json)["since"] == known.since.isoformat()


def lines_ahead(lines: tuple[Line, ...]) -> list[Line]:
    """The line that a warned problem has before it: that of the breach, otherwise the next; several if kinds differ."""
    ahead = sorted((line for line in lines if line.kind not in _BEHIND), key=lambda line: line.amount)
    breaches = {(line.amount, line.unit): line for line in ahead if line.kind == "breach"}
    return list(breaches.values()) or ahead[:1]


def told_from(at: datetime, warnings: Warnings, registry: Registry) -> datetime:
    """The next time that it is `warnings.time` on a working day; UTC."""
    local = at.astimezone(registry.zone)
    day = local.date() if local.time() < warnings.time else local.date() + timedelta(days=1)
    return datetime.combine(registry.calendar.next_workday(day), warnings.time, registry.zone).astimezone(UTC)


def _remembered(problem: Problem, known: Warned) -> str:
    told_at = known.told_at.isoformat() if known.told_at else None
    memory = orjson.loads(problem.suspicion_json or "{}")
    return to_json({**memory, WARNED: {"since": known.since.isoformat(), "told_at": told_at, "times": known.times}})


def _notices(
    changes: Changes, asset: AssetRecord, finding: Finding, problem: Problem, known: Warned
) -> Iterator[Notice]:
    """N-12."""
    if asset.unit_id is None:
        return
    roles = changes.policy.ladder[0].to
    people = changes.recipients.get((asset.unit_id, roles))
    if people is None:
        people = list(recipients(changes.registry, asset.unit_id, roles))
        changes.recipients[(asset.unit_id, roles)] = people
    sending = changes.policy.sending
    not_before = told_from(changes.at, sending.warnings, changes.registry) + timedelta(minutes=sending.gather.minutes)
    subject = to_json(_subject(changes, asset, finding, problem, known))
    told = set()
    for unit, contact in people:
        address = contact.address("email")
        if address is None or (one := inbox("email", address)) in told:
            continue
        told.add(one)
        cause = f"{WARNED}\x1f{problem.key.hex()}\x1f{known.since.isoformat()}\x1f{known.times}\x1femail\x1f{one}"
        yield pending(
            cause,
            ticket_pk=0,
            asset_pk=asset.pk,
            kind=WARNED,
            channel="email",
            unit_id=unit.unit_id,
            name=contact.name,
            address=address,
            role=contact.role,
            at=changes.at,
            not_before=not_before,
            expires_at=not_before + EXPIRY,
            subject_json=subject,
        )


def _subject(
    changes: Changes, asset: AssetRecord, finding: Finding, problem: Problem, known: Warned
) -> Mapping[str, Any]:
    """What the line of the letter shows, and by which the problem is found again when it is sent (N-14)."""
    rule = changes.policy.rule(problem.check)
    lines = lines_ahead(rule.lines_for(finding.evidence, asset.kind))
    return {
        "key": problem.key.hex(),
        "since": known.since.isoformat(),
        "times": known.times,
        "check": problem.check,
        "name": rule.name,
        "locator": problem.locator,
        "title": finding.title,
        "detail": finding.detail,
        "stale_since": finding.evidence.get("stale_since"),
        "lines": [line.model_dump(mode="json", exclude={"sure"}) for line in lines],
    }
