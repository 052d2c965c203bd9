"""Unanswered 复查逾期未反馈: what becomes of a recheck request in time (rules R-32, R-33, R-34).

R-32 A request expires; unanswered, it is repeated while anybody still waits for it, each time under an id of its own
     (`<first>-2`, with `repeats`) and with a longer wait: `limits.recheck`. An answer to any of them counts.
R-33 It is answered by any recheck of the problem observed after the asking, whatever id it names, late ones too; at
     the expiry also by a sighting since `not_before`, which is a `present`: a claimed ticket goes back to work.
R-34 No answer to the last one: said once (`recheck_unanswered`), to the units whose producers could have answered, or
     to the supervisors where nobody says whose they are; not to the ticket's unit: `ticket show` says that it waits.
"""

from __future__ import annotations

import re
from collections import defaultdict
from datetime import timedelta
from typing import Final

from streams.rules.evidence.producers import owners
from streams.rules.evidence.requesting import (
    RequestedPlace,
    send,
    supervisor_of,
    tell_supervisors,
    wait,
    waits_for,
    who_may_answer,
)
from streams.rules.notices.producer_mails import tell_operators
from streams.rules.state.changes import Changes
from streams.rules.state.event_words import SEEN_SINCE
from streams.rules.state.outcomes import RequestOutcome
from streams.rules.state.records import AssetRecord, OpenRequest, Problem, Ticket
from streams.rules.tickets.verdict_term import waiver_over

_REPEAT: Final = re.compile(r"(.+)-[0-9]{1,2}")
LOOK_AGAIN: Final = timedelta(days=30)  # at what nobody has answered, only to see whether anybody still waits


def base(request_id: str | None) -> str:
    """The first request's id, of a repeat's too (R-32)."""
    known = request_id or ""
    repeat = _REPEAT.fullmatch(known)
    return known if repeat is None else repeat[1]


def review(changes: Changes, asset: AssetRecord) -> RequestOutcome:
    """Looks at the asset's requests whose moment has come; the answer names the outcome."""
    due = [one for one in changes.requests.of_asset(asset.pk) if one.review_at <= changes.at]
    outcome: RequestOutcome = "over"
    for one in [one for one in due if _has_been_seen(changes, one)]:
        _seen(changes, one)
        outcome = "seen"
    repeated: defaultdict[int, list[OpenRequest]] = defaultdict(list)
    silent: defaultdict[int, list[OpenRequest]] = defaultdict(list)
    for one in due:
        problem = changes.problems.get(one.key)
        if changes.requests.get(one.key) is None:
            continue
        if problem is None or not _somebody_waits(changes, one, problem):
            changes.requests.drop(one)
        elif one.unanswered_at is not None:
            changes.requests.put(one._replace(review_at=changes.at + LOOK_AGAIN))
        else:
            ticket = _ticket(changes, one, problem)
            (repeated if one.sent < changes.policy.limits.recheck.times else silent)[ticket.pk].append(one)
    for pk, requests in repeated.items():
        _repeat(changes, changes.tickets[pk], requests)
    for pk, requests in silent.items():
        _give_up(changes, changes.tickets[pk], requests)
    return "unanswered" if silent else "repeated" if repeated else outcome


def _has_been_seen(changes: Changes, one: OpenRequest) -> bool:
    """R-33: a run has reported the problem since it was to be looked at."""
    problem = changes.problems.get(one.key)
    return problem is not None and problem.status == "open" and problem.last_seen_at > one.not_before


def _seen(changes: Changes, one: OpenRequest) -> None:
    problem = changes.problems[one.key]
    if waits_for(changes, one.request_id):
        return  # the sample decides by what it is told
    changes.requests.drop(one)
    ticket = changes.tickets.get(problem.ticket_pk)
    if ticket is None or ticket.status != "claimed":
        return
    ticket = changes.put_ticket(ticket._replace(status="acknowledged", recheck_outcome="present"))
    facts = problem.facts
    changes.event(
        "recheck_failed",
        "R-33",
        "seen_since",
        SEEN_SINCE,
        ticket,
        dedup_key=one.request_id,
        request_id=one.request_id,
        source=facts.get("source"),
        observed_at=changes.stamp(problem.last_seen_at),
        evidence=facts.get("evidence"),
    )


def _somebody_waits(changes: Changes, one: OpenRequest, problem: Problem) -> bool:
    ticket, asker = changes.tickets.get(problem.ticket_pk), changes.tickets.get(one.ticket_pk)
    claimed = any(each is not None and each.status == "claimed" for each in (ticket, asker))
    is_open = problem.status == "open"
    waits = {
        "claim_fix": is_open and claimed,
        "waiver_ended": problem.status == "waived" and ticket is not None and waiver_over(problem, ticket, changes.at),
        "run_held": waits_for(changes, one.request_id),
    }
    return any(waits[reason] for reason in one.reasons.split())


def _ticket(changes: Changes, one: OpenRequest, problem: Problem) -> Ticket:
    """The ticket that asked; the problem's own once that one is emptied."""
    asker = changes.tickets.get(one.ticket_pk)
    return asker if asker is not None and asker.merged_into is None else changes.tickets[problem.ticket_pk]


def _repeat(changes: Changes, ticket: Ticket, requests: list[OpenRequest]) -> None:
    ids = []
    for one in requests:
        expires_at = changes.at + wait(changes, ticket, one.sent + 1)
        again = changes.requests.put(one._replace(sent=one.sent + 1, expires_at=expires_at, review_at=expires_at))
        problem = changes.problems[one.key]
        ids.append(
            send(changes, again, ticket, RequestedPlace(one.key, problem.fingerprint, problem.check, problem.locator))
        )
    times = max(one.sent for one in requests) + 1
    changes.event(
        "recheck_requested",
        "R-32",
        "unanswered",
        f"复查申请未获答复，第 {times} 次申请",
        ticket,
        dedup_key=ids[0],
        request_ids=ids,
        attempts=times,
    )


def _give_up(changes: Changes, ticket: Ticket, requests: list[OpenRequest]) -> None:
    """R-34."""
    for one in requests:
        changes.requests.put(one._replace(unanswered_at=changes.at, review_at=changes.at + LOOK_AGAIN))
    named = {name for one in requests for name in who_may_answer(changes, one, changes.problems[one.key].check)}
    producers = tuple(sorted(named))
    units = owners(changes, producers)
    times = max(one.sent for one in requests)
    who = f"（{'、'.join(producers)}）" if producers else ""
    words = f"申请复查 {times} 次，巡检方{who}均未答复，请督促复查"
    to = units or (supervisor_of(changes, ticket),)
    tell_supervisors(changes, ticket, "R-34", "no_answer", words, requests, producers, to)
    tell_operators(changes, ticket, "recheck_unanswered", [unit for unit in to if unit], requests[0].request_id)
