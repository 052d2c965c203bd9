"""How long a person's verdict stands (rules D-8, E-6): what it keeps of the problem, and what ends it.

D-20  A verdict (dismissed, waived) ends when the content that was judged has changed: a later finding's
      `evidence.content_hash` is another than the one known at the verdict; without both it stands.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

import orjson

from schemas.finding import Finding
from streams.rules.state.records import Problem, Ticket
from streams.rules.state.text import to_json


class Ended(NamedTuple):
    """By which rule, and the reason as a stable word."""

    rule: str
    reason: str


def verdict_json(problem: Problem, at: datetime, until: datetime | None) -> str | None:
    """What a problem keeps of the verdict (`gone_by_json`): until when, the hash of its content; None = neither."""
    content = _hash(orjson.loads(problem.facts_json).get("evidence"))
    if content is None and until is None:
        return None
    kept = {"at": at.isoformat(), "until": until.isoformat() if until else None, "content_hash": content}
    return to_json({"kind": "verdict", **{name: value for name, value in kept.items() if value is not None}})


def ended(problem: Problem, ticket: Ticket, finding: Finding, seen_at: datetime) -> Ended | None:
    """Why the verdict on this problem does not cover a finding; None = it stands. A warning ends none (D-7)."""
    if finding.level == "warning":
        return None
    kept = orjson.loads(problem.gone_by_json) if problem.gone_by_json else {}
    if problem.status == "waived" and waiver_over(problem, ticket, seen_at):
        return Ended("E-6", "waiver_ended")
    before, now = kept.get("content_hash"), _hash(finding.evidence)
    if before is not None and now not in (None, before) and seen_at > datetime.fromisoformat(kept["at"]):
        return Ended("D-20", "content_changed")
    return None


def waiver_over(problem: Problem, ticket: Ticket, seen_at: datetime) -> bool:
    """Whether a sighting is later than the date until which the problem was waived (E-6)."""
    kept = orjson.loads(problem.gone_by_json) if problem.gone_by_json else {}
    until = datetime.fromisoformat(kept["until"]) if "until" in kept else ticket.waived_until
    return until is not None and seen_at > until


def _hash(evidence: object) -> str | None:
    value = evidence.get("content_hash") if isinstance(evidence, dict) else None
    return value if isinstance(value, str) and value else None
