"""How long a person's verdict stands (rules D-8, E-6): what it keeps of the problem, and what ends it.

D-20  A verdict (dismissed, waived) ends when the content that was judged has changed: a later finding's
      `evidence.content_hash` is another than the one known at the verdict; without both it stands.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from schemas.finding import Finding
from streams.rules.state.ending import Verdict, read, write
from streams.rules.state.records import Problem, Ticket


class TermEnded(NamedTuple):
    """By which rule, and the reason as a stable word."""

    rule: str
    reason: str


def verdict_json(problem: Problem, at: datetime, until: datetime | None) -> str | None:
    """What a problem keeps of the verdict (`gone_by_json`): until when, the hash of its content; None = neither."""
    return write(Verdict(at, until, _hash(problem.facts.get("evidence"))))


def ended(problem: Problem, ticket: Ticket, finding: Finding, seen_at: datetime) -> TermEnded | None:
    """Why the verdict on this problem does not cover a finding; None = it stands. A warning ends none (D-7)."""
    if finding.level == "warning":
        return None
    if problem.status == "waived" and waiver_over(problem, ticket, seen_at):
        return TermEnded("E-6", "waiver_ended")
    verdict, now = read(problem.gone_by_json), _hash(finding.evidence)
    before = verdict.content_hash if isinstance(verdict, Verdict) and seen_at > verdict.at else None
    if before is not None and now not in (None, before):
        return TermEnded("D-20", "content_changed")
    return None


def waiver_over(problem: Problem, ticket: Ticket, seen_at: datetime) -> bool:
    """Whether a sighting is later than the date until which the problem was waived (E-6)."""
    verdict = read(problem.gone_by_json)
    until = (verdict.until if isinstance(verdict, Verdict) else None) or ticket.waived_until
    return until is not None and seen_at > until


def _hash(evidence: object) -> str | None:
    value = evidence.get("content_hash") if isinstance(evidence, dict) else None
    return value if isinstance(value, str) and value else None
