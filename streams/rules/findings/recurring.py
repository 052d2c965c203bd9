"""Recurring 再次发生: a recheck that finds a problem again long after it was gone (rule R-38)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC

from schemas.finding import Finding
from schemas.policy import Policy
from schemas.recheck import Recheck
from streams.rules.findings.dedup import record
from streams.rules.intake.fingerprint import named
from streams.rules.intake.intake import facts_json
from streams.rules.state.changes import Changes
from streams.rules.state.identity import ProblemIdentity
from streams.rules.state.inputs import Observation
from streams.rules.state.outcomes import FindingOutcome
from streams.rules.state.places import PlaceNormalizer, places_of
from streams.rules.state.records import Problem, Ticket
from streams.rules.state.snapshot import Snapshot
from streams.rules.tickets.grouping import cause_of, group_key


def recurred(changes: Changes, recheck: Recheck, problem: Problem) -> FindingOutcome:
    """R-38: what a finding would bring about that is seen after the window."""
    ticket = changes.tickets[problem.ticket_pk]
    finding = _as_finding(recheck, problem)
    facts = facts_json(finding)
    observation = Observation(
        finding,
        ProblemIdentity(problem.key, problem.fingerprint),
        facts if isinstance(facts, str) else problem.whole_facts,
        recheck.observed_at.astimezone(UTC),
        _cause(changes.policy, recheck, finding, ticket),
    )
    return record(changes, observation)


def may_recur(snapshot: Snapshot, recheck: Recheck, policy: Policy) -> Iterable[bytes | None]:
    """For each problem that may open a ticket: the group that it would join, None = it stands alone."""
    if recheck.outcome != "present":
        return
    for problem in _spoken_of(snapshot, recheck, places_of(policy)):
        if problem.status == "gone":
            ticket = snapshot.tickets.get(problem.ticket_pk)
            cause = _cause(policy, recheck, _as_finding(recheck, problem), ticket)
            yield None if cause is None else group_key(recheck.asset_id, problem.check, cause)


def left_out(snapshot: Snapshot, recheck: Recheck, policy: Policy) -> Iterable[bytes]:
    """The keys of the problems that may recur and came without their facts (O-16): these are to be loaded yet."""
    if recheck.outcome == "present":
        for problem in _spoken_of(snapshot, recheck, places_of(policy)):
            if problem.status == "gone" and problem.facts_json is None:
                yield problem.key


def _as_finding(recheck: Recheck, problem: Problem) -> Finding:
    """The presence as its finding: the problem's own facts, and what the recheck has seen of it."""
    facts = problem.facts
    return Finding(
        asset_id=recheck.asset_id,
        check=problem.check,
        observed_at=recheck.observed_at,
        locator=problem.locator,
        source=recheck.source,
        fingerprint=problem.fingerprint,
        title=facts.get("title"),
        detail=facts.get("detail"),
        evidence={**(facts.get("evidence") or {}), **recheck.evidence},
    )


def _cause(policy: Policy, recheck: Recheck, finding: Finding, ticket: Ticket | None) -> str | None:
    """As of a finding with this evidence; what the whole ticket had in common, where the recheck names the ticket."""
    whole = recheck.fingerprint is None and recheck.ticket_id is not None and ticket is not None
    cause = cause_of(policy.rule(finding.check), finding, places_of(policy))
    return cause or (ticket.cause if whole and ticket is not None else None)


def _spoken_of(snapshot: Snapshot, recheck: Recheck, places: PlaceNormalizer) -> Iterable[Problem]:
    problems, asset_pk = snapshot.problems, snapshot.assets[recheck.asset_id].pk
    if recheck.fingerprint is not None:
        identity = named(recheck.asset_id, recheck.fingerprint).among(problems, asset_pk, snapshot.renamed)
        problem = problems.get(identity.key)
        return () if problem is None else (problem,)
    if recheck.ticket_id is not None:
        pks = {pk for pk, ticket in snapshot.tickets.items() if ticket.ticket_id == recheck.ticket_id}
        return (problem for problem in problems.values() if problem.ticket_pk in pks)
    place = places.one(recheck.locator or "")
    return (p for p in problems.values() if p.check == recheck.check and places.one(p.locator) == place)
