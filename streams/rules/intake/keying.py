"""Keying: by what problems have their fingerprints, and whether it is by now another (rules D-4, D-14)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import orjson

from streams.rules.intake.fingerprint import discriminator_of, identify, is_made
from streams.rules.intake.recipe_one import former_key
from streams.rules.state.identity import Identity
from streams.rules.state.places import places_of
from streams.rules.state.recipe import RECIPE, is_under_way
from streams.rules.state.records import Problem
from streams.rules.state.snapshot import Docket, Needs

if TYPE_CHECKING:
    from collections.abc import Mapping

    from schemas.policy import Policy
    from streams.rules.state.inputs import Sighting


def identity_now(policy: Policy, asset_id: str, problem: Problem) -> Identity | None:
    """The identity that the problem has by now; None when it is the one that it has, or its producer's own name."""
    if not is_made(problem):
        return None
    evidence = orjson.loads(problem.facts_json).get("evidence") or {}
    places = places_of(policy)
    discriminator = discriminator_of(policy.rule(problem.check).discriminator, evidence, places)
    made = identify(asset_id, problem.check, problem.locator, discriminator, places=places)
    return made if made.key != problem.key else None


def sought(docket: Docket, messages: Iterable[object], policy: Policy) -> Needs | None:
    """The former keys of findings that are new to this docket, while there may be such problems."""
    if not is_under_way(docket.registry, policy):
        return None
    needs = Needs()
    for sighting in _unknown(docket, messages):
        asset_id = sighting.finding.asset_id
        needs.problem_keys.add((asset_id, _former_key(policy, sighting)))
        needs.asset_ids.add(asset_id)
    return needs if needs.problem_keys else None


def _unknown(docket: Docket, messages: Iterable[object]) -> Iterable[Sighting]:
    for message in messages:
        identity = getattr(message, "identity", None)
        if identity is not None and identity.otherwise is None and identity.key not in docket.problems:
            yield message  # type: ignore[misc]


def known_before(policy: Policy, problems: Mapping[bytes, Problem], sighting: Sighting) -> Problem | None:
    """The problem of a finding under its former key."""
    identity = sighting.identity
    if identity.otherwise is not None or not identity.fingerprint.startswith(RECIPE):
        return None
    problem = problems.get(_former_key(policy, sighting))
    return problem if problem is not None and is_made(problem) else None


def _former_key(policy: Policy, sighting: Sighting) -> bytes:
    finding = sighting.finding
    field = policy.rule(finding.check).discriminator
    return former_key(finding.asset_id, finding.check, finding.locator, field, finding.evidence)
