"""Proving 认定消除: a problem is proved gone, and the ticket closes with the last of its problems (rule C-1)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from streams.rules.evidence.requesting import waits_for
from streams.rules.evidence.verification import suffices
from streams.rules.state.changes import Changes
from streams.rules.state.ending import Gone, Proof, lasting, published, write
from streams.rules.state.records import Problem
from streams.rules.tickets.tickets import OPEN, close

_CLOSED_BY: Final = {"recheck_absent": "复查确认问题已消除", "run_absent": "巡检未再发现问题"}


def gone(
    changes: Changes,
    problem: Problem,
    evidence_at: datetime,
    proof: Proof,
    *,
    rule: str,
    reason: str,
    words: str = "",
) -> bool:
    """A problem is proved gone, unless it flaps (C-32); True when its ticket closed with it (C-1: with the last).

    `words`: what proves it, where the reason alone does not say it.
    """
    if not suffices(changes, problem, evidence_at, proof):
        return False
    _, back, later = lasting(problem.gone_by_json)
    kept = write(Gone(proof, back=back, later=later))
    changes.put_problem(problem._replace(status="gone", gone_at=evidence_at, gone_by_json=kept, suspicion_json=None))
    one = changes.requests.get(problem.key)
    if one is not None and not waits_for(changes, one.request_id):
        changes.requests.drop(one)
    ticket = changes.tickets[problem.ticket_pk]
    remaining = ticket.open_problem_count - 1
    ticket = ticket._replace(
        open_problem_count=remaining, evidence_at=max(evidence_at, ticket.evidence_at or evidence_at)
    )
    if remaining <= 0 and ticket.status in OPEN:
        close(
            changes,
            ticket,
            rule,
            reason,
            ticket.evidence_at or evidence_at,
            sentence=f"{words or _CLOSED_BY[reason]}，销号",
            proof=published(proof),
        )
        return True
    ticket = changes.put_ticket(ticket)
    changes.event(
        "problem_gone",
        rule,
        reason,
        f"一处问题已消除，还有 {remaining} 处",
        ticket,
        dedup_key=problem.fingerprint,
        fingerprint=problem.fingerprint,
        locator=problem.locator,
        proof=published(proof),
    )
    return False
