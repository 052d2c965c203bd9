"""Presence 仍在: a recheck that says "still there", and what it brings back (rules R-7, C-5, C-33).

C-33  Who saw what, when and with which evidence is kept for both answers: absence in the proof of the problem and of
      the closing, presence in the event that it causes. A `present` about a problem that a person has set aside
      changes nothing before the verdict ends (D-8, E-6), and says so (`recheck_ignored`, `set_aside`).
"""

from __future__ import annotations

from typing import Final, Literal

from schemas.recheck import Recheck
from streams.rules.evidence.later_absence import overtaken
from streams.rules.evidence.verification import came_back, flapping, is_told
from streams.rules.state.changes import Changes
from streams.rules.state.records import Problem, Ticket
from streams.rules.tickets.tickets import OPEN, reopen
from streams.rules.tickets.verdict_term import waiver_over

LONG_AGO: Final = "long_ago"


def present(changes: Changes, recheck: Recheck, problem: Problem) -> None:
    """An open problem is seen once more; of a claimed ticket `recheck_failed` tells (R-7)."""
    changes.put_problem(problem._replace(last_seen_at=max(problem.last_seen_at, recheck.observed_at)))
    changes.recount(problem.ticket_pk)
    if changes.tickets[problem.ticket_pk].status != "claimed":
        _seen(changes, recheck, problem, "C-33", "recheck_present", "复查确认问题仍在")


def present_after_gone(changes: Changes, recheck: Recheck, problem: Problem) -> Literal["reopened", "long_ago"] | None:
    """There again: a relapse within the window (C-5); LONG_AGO = after it (R-38); None = older than a proof."""
    at, ticket = recheck.observed_at, changes.tickets[problem.ticket_pk]
    if problem.gone_at is None:
        return None
    if at <= problem.gone_at:
        changes.put_problem(problem._replace(last_seen_at=max(problem.last_seen_at, at)))
        return None
    if overtaken(changes, problem, problem._replace(last_seen_at=max(problem.last_seen_at, at)), at, holds=True):
        return None
    was_open = ticket.status in OPEN
    if not was_open and at - (ticket.evidence_at or at) > changes.relapse_window:
        return LONG_AGO
    back = problem._replace(
        status="open",
        gone_at=None,
        gone_by_json=came_back(changes, problem, at),
        last_seen_at=max(problem.last_seen_at, at),
    )
    if not was_open:
        times = flapping(changes, back, at)
        ticket = reopen(
            changes, ticket, at, "C-5", "relapse", told=is_told(changes, times), times=times,
            fingerprint=problem.fingerprint, source=recheck.source, evidence=recheck.evidence,
        )  # fmt: skip
    put_back(changes, ticket, back)
    if was_open:
        _seen(changes, recheck, back, "C-5", "problem_back", "复查发现已消除的问题又出现")
    return "reopened"


def present_after_verdict(changes: Changes, recheck: Recheck, problem: Problem) -> Literal["reopened"] | None:
    """Set aside by a person: back once its waiver is over (E-6), otherwise quiet, and that is said (D-8)."""
    ticket = changes.tickets[problem.ticket_pk]
    seen = problem._replace(last_seen_at=max(problem.last_seen_at, recheck.observed_at))
    if problem.status == "waived" and waiver_over(problem, ticket, recheck.observed_at):
        was_open = ticket.status in OPEN
        back = seen._replace(status="open", gone_by_json=None)
        if not was_open:
            ticket = reopen(
                changes, ticket, recheck.observed_at, "E-6", "waiver_ended", words="报备到期后复查仍在",
                fingerprint=problem.fingerprint, source=recheck.source, evidence=recheck.evidence,
            )  # fmt: skip
        put_back(changes, ticket, back)
        if was_open:
            _seen(changes, recheck, back, "E-6", "waiver_ended", "报备到期后复查仍在")
        return "reopened"
    changes.put_problem(seen)
    changes.event(
        "recheck_ignored",
        "C-33",
        "set_aside",
        "复查发现问题仍在，已核减或报备，不再处理",
        ticket,
        dedup_key=problem.fingerprint,
        outcome=recheck.outcome,
        request_id=recheck.request_id,
        source=recheck.source,
        observed_at=changes.stamp(recheck.observed_at),
        evidence=recheck.evidence,
    )
    return None


def put_back(changes: Changes, ticket: Ticket, back: Problem) -> Ticket:
    """A problem of a ticket that is open is open again."""
    changes.put_problem(back)
    return changes.put_ticket(ticket._replace(open_problem_count=ticket.open_problem_count + 1))


def _seen(changes: Changes, recheck: Recheck, problem: Problem, rule: str, reason: str, words: str) -> None:
    changes.event(
        "seen_again",
        rule,
        reason,
        words,
        changes.tickets[problem.ticket_pk],
        dedup_key=problem.fingerprint,
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        source=recheck.source,
        request_id=recheck.request_id,
        observed_at=changes.stamp(recheck.observed_at),
        evidence=recheck.evidence,
    )
