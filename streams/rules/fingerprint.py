"""Identity: which findings are the same problem (rules D-1 to D-4).

D-1  The same asset, check, normalised locator and discriminator are one problem, whoever reports it and when.
D-2  A producer's own `fingerprint` takes the place of check, locator and discriminator, within one asset; one of ours
     that comes back (from a recheck request, say) is recognised, and on another asset it is the producer's own.
D-3  Severity, texts, run and source are never part of identity.
D-4  The recipe has a version: `1-` in front of a fingerprint; a new recipe gets a new number.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from streams.rules.text import as_text

if TYPE_CHECKING:
    from streams.rules.records import Problem

RECIPE: Final = "1-"
_OURS = re.compile(r"1-[0-9a-f]{32}")
_NORMAL_URL = re.compile(r"https?://[a-z0-9.-]+/[^#]*")  # most are: nothing in them is to be changed
_HOST_END = re.compile(r"[/?]")
_SEPARATOR = re.compile(r"\s*[>＞》»›]\s*")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


class Identity(NamedTuple):
    """A problem's identity: the ledger's 16-byte key and the fingerprint that people and producers see."""

    key: bytes
    fingerprint: str
    otherwise: bytes | None = None  # the key, where the asset has no problem of `key`: it may be another asset's

    @property
    def keys(self) -> tuple[bytes, ...]:
        """All that it may be known by."""
        return (self.key,) if self.otherwise is None else (self.key, self.otherwise)

    def among(self, problems: Mapping[bytes, Problem], asset_pk: int) -> Identity:
        """With the one key that it has on this asset."""
        if self.otherwise is None:
            return self
        problem = problems.get(self.key)
        here = problem is not None and problem.asset_pk == asset_pk
        return Identity(self.key if here else self.otherwise, self.fingerprint)


def _digest(*parts: str) -> bytes:
    return blake2b("\x1f".join(parts).encode(), digest_size=16).digest()


def normalised(locator: str) -> str:
    """The locator without what does not matter.

    URL: scheme and host in lower case, without default port, `/` for an empty path; without its fragment, unless that
    is the route of a page (`#/...`, `#!...`).
    Anything else (a column path, a message id): NFC, single blanks, one sign for 》 ＞ » between columns.
    """
    if _NORMAL_URL.fullmatch(locator):
        return locator
    scheme, colon, rest = locator.partition("://")
    if colon and scheme.isascii() and scheme.isalpha():
        rest, _, fragment = rest.partition("#")
        end = _HOST_END.search(rest)
        cut = end.start() if end is not None else len(rest)
        scheme, host, path = scheme.lower(), rest[:cut].lower(), rest[cut:]
        host = host.removesuffix(_DEFAULT_PORTS.get(scheme, " "))
        route = f"#{fragment}" if fragment.startswith(("/", "!")) else ""
        return f"{scheme}://{host}{'' if path.startswith('/') else '/'}{path}{route}"
    if not locator.isascii():
        locator = unicodedata.normalize("NFC", locator)
    return " ".join(_SEPARATOR.sub(">", locator).split())


def identify(
    asset_id: str, check: str, locator: str, discriminator: str = "", fingerprint: str | None = None
) -> Identity:
    """The identity of a finding (D-1, D-2); `discriminator` is the check's own distinguishing evidence, if any."""
    name = None if fingerprint is None else named(asset_id, fingerprint)
    if name is not None and name.otherwise is None:
        return name
    key = _digest(RECIPE, asset_id, check, normalised(locator), discriminator)
    return Identity(key, RECIPE + key.hex()) if name is None or name.key == key else name


def named(asset_id: str, fingerprint: str) -> Identity:
    """The identity behind a fingerprint that somebody names (D-2); of one of ours `among` tells whether it is here."""
    own = _digest("named", asset_id, fingerprint)
    if _OURS.fullmatch(fingerprint):
        return Identity(bytes.fromhex(fingerprint.removeprefix(RECIPE)), fingerprint, own)
    return Identity(own, fingerprint)


def discriminator_of(field: str | None, evidence: Mapping[str, Any]) -> str:
    """The value of the check's discriminator in the evidence, as text; empty when there is none."""
    value = evidence.get(field) if field else None
    return "" if value is None else as_text(value)


def explain(asset_id: str, check: str, locator: str, discriminator: str = "") -> dict[str, str]:
    """From what a computed fingerprint is made, for `rectify ticket show`."""
    return {
        "recipe": RECIPE.rstrip("-"),
        "asset_id": asset_id,
        "check": check,
        "locator": normalised(locator),
        "discriminator": discriminator,
        "fingerprint": identify(asset_id, check, locator, discriminator).fingerprint,
    }
