"""Recipe: by what fingerprints are made, and whether some may still have been made otherwise (rule D-14)."""

from __future__ import annotations

from functools import lru_cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Final

import orjson

from streams.rules.state.snapshot import Registry

if TYPE_CHECKING:
    from schemas.policy import Policy

RECIPE: Final = "2-"


@lru_cache(maxsize=16)  # a worker has one pack
def keyed_by(policy: Policy) -> str:
    """By what this program makes fingerprints: the recipe, and what the pack adds to it."""
    said = policy.places.model_dump(mode="json")
    fields = {code: rule.discriminator for code, rule in policy.checks.items() if rule.discriminator}
    made = [_without_sources(said), fields, policy.default_check.discriminator]
    return RECIPE + blake2b(orjson.dumps(made, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def is_under_way(registry: Registry, policy: Policy) -> bool:
    """Whether there may still be problems whose fingerprint was made otherwise."""
    return registry.keyed_by not in (None, keyed_by(policy))


def _without_sources(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_sources(one) for key, one in value.items() if key not in ("basis", "sure")}
    return [_without_sources(one) for one in value] if isinstance(value, list) else value
