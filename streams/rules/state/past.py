"""What was known before it changed, so that figures of a day that is over stand still (rule S-5).

S-5  Whatever figures are made of is kept as it was known until it changed: a problem's status, ticket, first sighting
     and what its evidence costs, an asset's and a unit's registry record; and each day on which an asset was looked at.
     Figures as of a moment are made of what was recorded by then, so that nothing that comes later changes them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from schemas.check_rule import CheckRule
from schemas.policy import Policy
from streams.rules.state.records import Problem
from streams.rules.state.sightings import has_same_evidence
from streams.rules.state.text import to_json

UNPROVEN: Final = ("suspected", "warned")  # no problem yet: it stands nowhere


class PastProblem(NamedTuple):
    """A problem as it was known until a moment; what it is now is in its row."""

    asset_pk: int
    key: bytes
    until: datetime  # when it was recorded otherwise
    check: str
    locator: str
    ticket_pk: int
    status: str
    first_seen_at: datetime
    gone_at: datetime | None
    back_at: datetime | None  # when it was seen again, of one that was gone or set aside: another span begins
    evidence_json: str  # of its evidence, what a score looks at


class PastRecord(NamedTuple):
    """A registry record as it was known until a moment; None: it was not registered."""

    kind: str  # asset, unit
    record_id: str
    until: datetime
    document: str | None


def is_otherwise(before: Problem, problem: Problem) -> bool:
    """Whether figures look at what has changed, the evidence apart."""
    return (
        before.status != problem.status
        or before.first_seen_at != problem.first_seen_at
        or before.ticket_pk != problem.ticket_pk
    )


def past_of(before: Problem, problem: Problem, until: datetime, policy: Policy) -> PastProblem:
    """What `before` was, before it became `problem`."""
    back_at = None
    if problem.status == "open" and before.status not in ("open", *UNPROVEN):
        seen = problem.last_seen_at
        back_at = seen if seen > (before.gone_at or before.last_seen_at) else None
    evidence = to_json(judged(before, policy))
    return PastProblem(
        before.asset_pk, before.key, until, before.check, before.locator, before.ticket_pk, before.status,
        before.first_seen_at, before.gone_at, back_at, evidence,
    )  # fmt: skip


def judged(problem: Problem, policy: Policy) -> Mapping[str, Any]:
    """Of a problem's evidence, what its score looks at; empty where the facts were left out (O-16)."""
    evidence = orjson.loads(problem.facts_json).get("evidence") if problem.facts_json else None
    if not evidence:
        return {}
    return {name: evidence[name] for name in _looked_at(policy.rule(problem.check)) if name in evidence}


def costs_else(before: Problem, problem: Problem, policy: Policy) -> bool:
    """Whether its evidence says something else to the score."""
    old, new = before.facts_json, problem.facts_json
    if old is None or new is None or has_same_evidence(old, new):
        return False
    if not (policy.rule(problem.check).variants or '"places"' in old or '"places"' in new):
        return False
    return judged(before, policy) != judged(problem, policy)


def _looked_at(rule: CheckRule) -> tuple[str, ...]:
    return ("places", *{name: None for variant in rule.variants for name in variant.when if name != "asset_kind"})
