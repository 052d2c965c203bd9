"""The seal of an issued bulletin: a hash over all that it says, and the id that is made of it. Pure.

S-11 An issued bulletin is a record: number, date, who issued it, the figures with all that is behind them, and a hash
     over everything; its id is the hash's beginning, so that the same bulletin is the same record however often it is
     published, and another one never takes its place. What does not have its own hash is refused. Nothing deletes it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson

_OUTSIDE: Final = ("bulletin_id", "hash")
_ID: Final = 16  # hexadecimal digits


def sealed(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with its id and its hash."""
    digest = hash_of(document)
    return {**document, "bulletin_id": digest[:_ID], "hash": digest}


def hash_of(document: Mapping[str, Any]) -> str:
    """SHA-256 of everything but the id and the hash itself, in hexadecimal."""
    content = {name: value for name, value in document.items() if name not in _OUTSIDE}
    return digest(content)


def digest(value: Any) -> str:
    """SHA-256 of a JSON value: without blanks, keys sorted, in UTF-8."""
    return sha256(orjson.dumps(value, option=orjson.OPT_SORT_KEYS)).hexdigest()


def is_sealed(document: Mapping[str, Any]) -> bool:
    """Whether id and hash are those of what it says."""
    made = sealed(document)
    return all(document.get(name) == made[name] for name in _OUTSIDE)
