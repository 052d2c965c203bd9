"""Identity: which findings are the same problem (rules D-1 to D-4).

D-1  The same asset, check, place (places.py) and discriminator are one problem, whoever reports it and when. What a
     discriminator or a cause carries of a URL is compared as places are.
D-2  A producer's own `fingerprint` takes the place of check, place and discriminator, within one asset; one of ours
     that comes back (from a recheck request, say) is recognised, also by the name that it had before (D-14), and on
     another asset it is the producer's own.
D-3  Severity, texts, run and source are never part of identity.
D-4  The recipe has a version: `2-` in front of a fingerprint; a new recipe gets a new number, and what has one of the
     old recipe is carried over (D-14).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final

from streams.rules.state.identity import FORMER, ProblemIdentity
from streams.rules.state.places import STANDARD, PlaceNormalizer
from streams.rules.state.recipe import RECIPE
from streams.rules.state.text import as_text

if TYPE_CHECKING:
    from streams.rules.state.records import Problem

_OURS: Final = re.compile(r"[12]-[0-9a-f]{32}")
_URL: Final = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://.*", re.DOTALL)
_OF_URLS: Final = frozenset(("target", "template", "url"))  # evidence fields that hold nothing else


def _digest(*parts: str) -> bytes:
    return blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


def identify(
    asset_id: str,
    check: str,
    locator: str,
    discriminator: str = "",
    fingerprint: str | None = None,
    places: PlaceNormalizer = STANDARD,
) -> ProblemIdentity:
    """The identity of a finding (D-1, D-2); `discriminator` is the check's own distinguishing evidence, if any."""
    name = None if fingerprint is None else named(asset_id, fingerprint)
    if name is not None and name.otherwise is None:
        return name
    key = _digest(RECIPE, asset_id, check, places.one(locator), discriminator)
    return ProblemIdentity(key, RECIPE + key.hex()) if name is None or name.key == key else name


def named(asset_id: str, fingerprint: str) -> ProblemIdentity:
    """The identity behind a fingerprint that somebody names (D-2); of one of ours `among` tells whether it is here."""
    own = _digest("named", asset_id, fingerprint)
    if _OURS.fullmatch(fingerprint):
        return ProblemIdentity(bytes.fromhex(fingerprint[len(RECIPE) :]), fingerprint, own)
    return ProblemIdentity(own, fingerprint)


def is_made(problem: Problem) -> bool:
    """Whether the problem's fingerprint was made here, by whatever recipe, and is no producer's own."""
    return problem.fingerprint in (RECIPE + problem.key.hex(), FORMER + problem.key.hex())


def discriminator_of(field: str | None, evidence: Mapping[str, Any], places: PlaceNormalizer = STANDARD) -> str:
    """The value of the check's discriminator in the evidence, as text; empty when there is none."""
    value = evidence.get(field) if field else None
    if value is None:
        return ""
    if isinstance(value, str):
        return places.one(value) if field in _OF_URLS or _URL.fullmatch(value) else value
    return as_text(value)


def explain(
    asset_id: str, check: str, locator: str, discriminator: str = "", places: PlaceNormalizer = STANDARD
) -> dict[str, str]:
    """From what a computed fingerprint is made, for `rectify ticket show`."""
    return {
        "recipe": RECIPE.rstrip("-"),
        "asset_id": asset_id,
        "check": check,
        "locator": places.one(locator),
        "discriminator": discriminator,
        "fingerprint": identify(asset_id, check, locator, discriminator, places=places).fingerprint,
    }
