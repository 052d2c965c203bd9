"""Recipe 1 of fingerprints (rule D-4): by what key a problem was known before this program, to find it again (D-13).

Never to be changed: what it makes is in ledgers, and in the messages of producers that quote our fingerprints.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, Final

from streams.rules.state.identity import FORMER
from streams.rules.state.text import as_text

_NORMAL_URL: Final = re.compile(r"https?://[a-z0-9.-]+/[^#]*")
_HOST_END: Final = re.compile(r"[/?]")
_SEPARATOR: Final = re.compile(r"\s*[>＞》»›]\s*")
_DEFAULT_PORTS: Final = {"http": ":80", "https": ":443"}


def former_key(asset_id: str, check: str, locator: str, field: str | None, evidence: Mapping[str, Any]) -> bytes:
    """The key; `field` is the evidence that belongs to the check's identity, if any."""
    value = evidence.get(field) if field else None
    discriminator = "" if value is None else as_text(value)
    parts = "\x1f".join((FORMER, asset_id, check, _normalised(locator), discriminator))
    return blake2b(parts.encode(), digest_size=16).digest()


def _normalised(locator: str) -> str:
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
