"""Keying: by what problems have their fingerprints, and whether it is by now another (rules D-4, D-14)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from streams.rules.intake.fingerprint import discriminator_of, identify, is_made
from streams.rules.intake.recipe_one import former_key
from streams.rules.state.identity import ProblemIdentity
from streams.rules.state.places import places_of
from streams.rules.state.recipe import RECIPE, is_under_way
from streams.rules.state.records import Problem
from streams.rules.state.snapshot import Needs, Snapshot

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.policy import Policy
    from streams.rules.state.inputs import Observation


def identity_now(policy: Policy, asset_id: str, problem: Problem) -> ProblemIdentity | None:
    """The identity that the problem has by now; None when it is the one that it has, or its producer's own name."""
    if not is_made(problem):
        return None
    evidence = problem.facts.get("evidence") or {}
    places = places_of(policy)
    discriminator = discriminator_of(policy.rule(problem.check).discriminator, evidence, places)
    made = identify(asset_id, problem.check, problem.locator, discriminator, places=places)
    return made if made.key != problem.key else None


def sought(snapshot: Snapshot, messages: Iterable[object], policy: Policy) -> Needs | None:
    """The former keys of findings that are new to this snapshot, while there may be such problems."""
    if not is_under_way(snapshot.registry, policy):
        return None
    needs = Needs()
    for observation in _unknown(snapshot, messages):
        asset_id = observation.finding.asset_id
        needs.problem_keys.add((asset_id, _former_key(policy, observation)))
        needs.asset_ids.add(asset_id)
    return needs if needs.problem_keys else None


def _unknown(snapshot: Snapshot, messages: Iterable[object]) -> Iterable[Observation]:
    for message in messages:
        identity = getattr(message, "identity", None)
        if identity is not None and identity.otherwise is None and identity.key not in snapshot.problems:
            yield message  # type: ignore[misc]


def known_before(policy: Policy, problems: Mapping[bytes, Problem], observation: Observation) -> Problem | None:
    """The problem of a finding under its former key."""
    identity = observation.identity
    if identity.otherwise is not None or not identity.fingerprint.startswith(RECIPE):
        return None
    problem = problems.get(_former_key(policy, observation))
    return problem if problem is not None and is_made(problem) else None


def _former_key(policy: Policy, observation: Observation) -> bytes:
    finding = observation.finding
    field = policy.rule(finding.check).discriminator
    return former_key(finding.asset_id, finding.check, finding.locator, field, finding.evidence)
