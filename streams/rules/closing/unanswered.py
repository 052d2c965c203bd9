"""Unanswered 复查无人答复: what becomes of a recheck request in time (rules R-32, R-33, R-34).

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

import orjson

from streams.rules.evidence.producers import owners
from streams.rules.evidence.requesting import (
    Place,
    send,
    supervisor_of,
    tell_supervisors,
    wait,
    waits_for,
    who_may_answer,
)
from streams.rules.notices.producer_mails import tell_operators
from streams.rules.state.changes import Draft
from streams.rules.state.event_words import SEEN_SINCE
from streams.rules.state.outcomes import RequestOutcome
from streams.rules.state.records import Ask, AssetRecord, Problem, Ticket
from streams.rules.tickets.verdict_term import waiver_over

_REPEAT: Final = re.compile(r"(.+)-[0-9]{1,2}")
LOOK_AGAIN: Final = timedelta(days=30)  # at what nobody has answered, only to see whether anybody still waits


def base(request_id: str | None) -> str:
    """The first request's id, of a repeat's too (R-32)."""
    known = request_id or ""
    repeat = _REPEAT.fullmatch(known)
    return known if repeat is None else repeat[1]


def review(draft: Draft, asset: AssetRecord) -> RequestOutcome:
    """Looks at the asset's requests whose moment has come; the answer names the outcome."""
    due = [one for one in draft.asks.of_asset(asset.pk) if one.review_at <= draft.at]
    outcome: RequestOutcome = "over"
    for one in [one for one in due if _has_been_seen(draft, one)]:
        _seen(draft, one)
        outcome = "seen"
    repeated: defaultdict[int, list[Ask]] = defaultdict(list)
    silent: defaultdict[int, list[Ask]] = defaultdict(list)
    for one in due:
        problem = draft.problems.get(one.key)
        if draft.asks.get(one.key) is None:
            continue
        if problem is None or not _somebody_waits(draft, one, problem):
            draft.asks.drop(one)
        elif one.unanswered_at is not None:
            draft.asks.put(one._replace(review_at=draft.at + LOOK_AGAIN))
        else:
            ticket = _ticket(draft, one, problem)
            (repeated if one.sent < draft.policy.limits.recheck.times else silent)[ticket.pk].append(one)
    for pk, asks in repeated.items():
        _repeat(draft, draft.tickets[pk], asks)
    for pk, asks in silent.items():
        _give_up(draft, draft.tickets[pk], asks)
    return "unanswered" if silent else "repeated" if repeated else outcome


def _has_been_seen(draft: Draft, one: Ask) -> bool:
    """R-33: a run has reported the problem since it was to be looked at."""
    problem = draft.problems.get(one.key)
    return problem is not None and problem.status == "open" and problem.last_seen_at > one.not_before


def _seen(draft: Draft, one: Ask) -> None:
    problem = draft.problems[one.key]
    if waits_for(draft, one.request_id):
        return  # the sample decides by what it is told
    draft.asks.drop(one)
    ticket = draft.tickets.get(problem.ticket_pk)
    if ticket is None or ticket.status != "claimed":
        return
    ticket = draft.put_ticket(ticket._replace(status="acknowledged", recheck_outcome="present"))
    facts = orjson.loads(problem.facts_json)
    draft.event(
        "recheck_failed",
        "R-33",
        "seen_since",
        SEEN_SINCE,
        ticket,
        dedup_key=one.request_id,
        request_id=one.request_id,
        source=facts.get("source"),
        observed_at=draft.stamp(problem.last_seen_at),
        evidence=facts.get("evidence"),
    )


def _somebody_waits(draft: Draft, one: Ask, problem: Problem) -> bool:
    ticket, asker = draft.tickets.get(problem.ticket_pk), draft.tickets.get(one.ticket_pk)
    claimed = any(each is not None and each.status == "claimed" for each in (ticket, asker))
    is_open = problem.status == "open"
    waits = {
        "claim_fix": is_open and claimed,
        "waiver_ended": problem.status == "waived" and ticket is not None and waiver_over(problem, ticket, draft.at),
        "run_held": waits_for(draft, one.request_id),
    }
    return any(waits[reason] for reason in one.reasons.split())


def _ticket(draft: Draft, one: Ask, problem: Problem) -> Ticket:
    """The ticket that asked; the problem's own once that one is emptied."""
    asker = draft.tickets.get(one.ticket_pk)
    return asker if asker is not None and asker.merged_into is None else draft.tickets[problem.ticket_pk]


def _repeat(draft: Draft, ticket: Ticket, asks: list[Ask]) -> None:
    ids = []
    for one in asks:
        expires_at = draft.at + wait(draft, ticket, one.sent + 1)
        again = draft.asks.put(one._replace(sent=one.sent + 1, expires_at=expires_at, review_at=expires_at))
        problem = draft.problems[one.key]
        ids.append(send(draft, again, ticket, Place(one.key, problem.fingerprint, problem.check, problem.locator)))
    times = max(one.sent for one in asks) + 1
    draft.event(
        "recheck_requested",
        "R-32",
        "unanswered",
        f"复查申请未获答复，第 {times} 次申请",
        ticket,
        dedup_key=ids[0],
        request_ids=ids,
        attempts=times,
    )


def _give_up(draft: Draft, ticket: Ticket, asks: list[Ask]) -> None:
    """R-34."""
    for one in asks:
        draft.asks.put(one._replace(unanswered_at=draft.at, review_at=draft.at + LOOK_AGAIN))
    named = {name for one in asks for name in who_may_answer(draft, one, draft.problems[one.key].check)}
    producers = tuple(sorted(named))
    units = owners(draft, producers)
    times = max(one.sent for one in asks)
    who = f"（{'、'.join(producers)}）" if producers else ""
    words = f"申请复查 {times} 次，巡检方{who}均未答复，请督促复查"
    to = units or (supervisor_of(draft, ticket),)
    tell_supervisors(draft, ticket, "R-34", "no_answer", words, asks, producers, to)
    tell_operators(draft, ticket, "recheck_unanswered", [unit for unit in to if unit], asks[0].request_id)
