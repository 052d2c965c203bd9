"""Problems that have no ticket: they wait for confirmation, or are before their line."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from schemas.check_rule import Line
from schemas.policy import Policy
from streams.ledger import Ledger
from streams.ledger.reading.queries import suspected_problems, warned_problems
from streams.rules.findings.suspicion import Suspicion, suspicion
from streams.rules.notices.warning import Warned, lines_ahead, warned_of
from streams.rules.state.records import AssetRecord, Problem
from streams.rules.state.sightings import sources


class Suspected(NamedTuple):
    """A problem that waits for confirmation (rule D-6)."""

    problem: Problem
    asset: AssetRecord
    known: Suspicion
    lapsed: bool


class WarnedProblem(NamedTuple):
    """A problem before its line, of which people are warned."""

    problem: Problem
    asset: AssetRecord
    known: Warned
    sources: tuple[str, ...]
    lines: list[Line]  # that are still before it


async def suspected(
    ledger: Ledger, policy: Policy, now: datetime, *, asset_id: str | None, lapsed: bool, limit: int
) -> list[Suspected]:
    """Suspicions, the latest seen first; with `lapsed` also those that time has ended."""
    since = None if lapsed else now - timedelta(hours=policy.limits.confirmation.lapse_hours)
    found = await suspected_problems(ledger, asset_id=asset_id, seen_since=since, limit=limit)
    return [
        Suspected(problem, asset, known, known.lapses_at < now)
        for problem, asset in found
        if (known := suspicion(policy, problem)) is not None
    ]


async def warned(ledger: Ledger, policy: Policy, *, asset_id: str | None, limit: int) -> list[WarnedProblem]:
    """Problems before their line, the latest seen first."""
    return [
        WarnedProblem(problem, asset, known, sources(problem.seen_by_json), _lines(problem, asset, policy))
        for problem, asset in await warned_problems(ledger, asset_id=asset_id, limit=limit)
        if (known := warned_of(problem)) is not None
    ]


def _lines(problem: Problem, asset: AssetRecord, policy: Policy) -> list[Line]:
    evidence = problem.facts.get("evidence") or {}
    return lines_ahead(policy.rule(problem.check).lines_for(evidence, asset.kind))
