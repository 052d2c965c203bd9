"""Witness 见证: a recheck that says "still there", and what it brings back (rules R-7, C-5, C-33).

C-33  Who saw what, when and with which evidence is kept for both answers: absence in the proof of the problem and of
      the closing, presence in the event that it causes. A `present` about a problem that a person has set aside
      changes nothing before the verdict ends (D-8, E-6), and says so (`recheck_ignored`, `set_aside`).
"""

from __future__ import annotations

from typing import Final, Literal

from schemas.recheck import Recheck
from streams.rules.evidence.later_absence import overtaken
from streams.rules.evidence.verification import came_back, flapping, is_told
from streams.rules.state.changes import Draft
from streams.rules.state.records import Problem, Ticket
from streams.rules.tickets.tickets import OPEN, reopen
from streams.rules.tickets.verdict_term import waiver_over

LONG_AGO: Final = "long_ago"


def present(draft: Draft, recheck: Recheck, problem: Problem) -> None:
    """An open problem is seen once more; of a claimed ticket `recheck_failed` tells (R-7)."""
    draft.put_problem(problem._replace(last_seen_at=max(problem.last_seen_at, recheck.observed_at)))
    draft.recount(problem.ticket_pk)
    if draft.tickets[problem.ticket_pk].status != "claimed":
        _seen(draft, recheck, problem, "C-33", "recheck_present", "复查确认问题仍在")


def present_after_gone(draft: Draft, recheck: Recheck, problem: Problem) -> Literal["reopened", "long_ago"] | None:
    """There again: a relapse within the window (C-5); LONG_AGO = after it (R-38); None = older than a proof."""
    at, ticket = recheck.observed_at, draft.tickets[problem.ticket_pk]
    if problem.gone_at is None:
        return None
    if at <= problem.gone_at:
        draft.put_problem(problem._replace(last_seen_at=max(problem.last_seen_at, at)))
        return None
    if overtaken(draft, problem, problem._replace(last_seen_at=max(problem.last_seen_at, at)), at, holds=True):
        return None
    was_open = ticket.status in OPEN
    if not was_open and at - (ticket.evidence_at or at) > draft.relapse_window:
        return LONG_AGO
    back = problem._replace(
        status="open",
        gone_at=None,
        gone_by_json=came_back(draft, problem, at),
        last_seen_at=max(problem.last_seen_at, at),
    )
    if not was_open:
        times = flapping(draft, back, at)
        ticket = reopen(
            draft, ticket, at, "C-5", "relapse", told=is_told(draft, times), times=times,
            fingerprint=problem.fingerprint, source=recheck.source, evidence=recheck.evidence,
        )  # fmt: skip
    put_back(draft, ticket, back)
    if was_open:
        _seen(draft, recheck, back, "C-5", "problem_back", "复查发现已消除的问题又出现")
    return "reopened"


def present_after_verdict(draft: Draft, recheck: Recheck, problem: Problem) -> Literal["reopened"] | None:
    """Set aside by a person: back once its waiver is over (E-6), otherwise quiet, and that is said (D-8)."""
    ticket = draft.tickets[problem.ticket_pk]
    seen = problem._replace(last_seen_at=max(problem.last_seen_at, recheck.observed_at))
    if problem.status == "waived" and waiver_over(problem, ticket, recheck.observed_at):
        was_open = ticket.status in OPEN
        back = seen._replace(status="open", gone_by_json=None)
        if not was_open:
            ticket = reopen(
                draft, ticket, recheck.observed_at, "E-6", "waiver_ended", words="报备到期后复查仍在",
                fingerprint=problem.fingerprint, source=recheck.source, evidence=recheck.evidence,
            )  # fmt: skip
        put_back(draft, ticket, back)
        if was_open:
            _seen(draft, recheck, back, "E-6", "waiver_ended", "报备到期后复查仍在")
        return "reopened"
    draft.put_problem(seen)
    draft.event(
        "recheck_ignored",
        "C-33",
        "set_aside",
        "复查发现问题仍在，已核减或报备，不再处理",
        ticket,
        dedup_key=problem.fingerprint,
        outcome=recheck.outcome,
        request_id=recheck.request_id,
        source=recheck.source,
        observed_at=draft.stamp(recheck.observed_at),
        evidence=recheck.evidence,
    )
    return None


def put_back(draft: Draft, ticket: Ticket, back: Problem) -> Ticket:
    """A problem of a ticket that is open is open again."""
    draft.put_problem(back)
    return draft.put_ticket(ticket._replace(open_problem_count=ticket.open_problem_count + 1))


def _seen(draft: Draft, recheck: Recheck, problem: Problem, rule: str, reason: str, words: str) -> None:
    draft.event(
        "seen_again",
        rule,
        reason,
        words,
        draft.tickets[problem.ticket_pk],
        dedup_key=problem.fingerprint,
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        source=recheck.source,
        request_id=recheck.request_id,
        observed_at=draft.stamp(recheck.observed_at),
        evidence=recheck.evidence,
    )
