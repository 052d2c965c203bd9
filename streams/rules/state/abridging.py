"""Abridging: what stays of a problem's texts where there is no room for all of them (rule O-16).

One message may be about an asset with 20,000 problems whose evidence takes gigabytes. Deciding needs little of it:
short values, which packs compare and count, and hashes. Texts that are abridged are never saved, and no ticket is
published with them: it follows with the counters (T-2), by itself. What one answer says at length about more than 50
problems is kept with the first 50 of them, and with the last.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, TypeVar

import orjson

from streams.rules.state.text import to_json

SHORT: Final = 64  # characters of a value that stays, and of its name
VALUES: Final = 16  # of the evidence
EVIDENCE: Final = 2_048  # characters of evidence that stay with each of many proofs
IN_FULL: Final = 50  # problems about which one answer is kept at length
_MARK: Final = ',"abridged":true}'  # at the end, where a producer's own fields never stand
_KEPT: Final = ("source", "run_id")

T = TypeVar("T")


def abridged(facts_json: str) -> str:
    """The facts with what decisions look at; `received_at` comes first, as in the whole."""
    facts: dict[str, Any] = orjson.loads(facts_json)
    evidence = facts.get("evidence") or {}
    short = {name: value for name, value in evidence.items() if len(name) <= SHORT and _is_short(value)}
    kept: dict[str, Any] = {
        **({"received_at": facts["received_at"]} if "received_at" in facts else {}),
        "evidence": dict(islice(short.items(), VALUES)),
        **{name: facts[name] for name in _KEPT if name in facts},
        "abridged": True,
    }
    return orjson.dumps(kept).decode()


def is_abridged(facts_json: str) -> bool:
    """Whether these are not all facts."""
    return facts_json.endswith(_MARK)


def without_evidence(memory_json: str) -> str:
    """What a problem remembers of its end (`gone_by_json`), without long evidence."""
    return orjson.dumps(_lighter(orjson.loads(memory_json))).decode()


def _lighter(value: Any) -> Any:
    if isinstance(value, list):
        return [_lighter(one) for one in value]
    if not isinstance(value, dict):
        return value
    return {name: None if name == "evidence" and is_long(part) else _lighter(part) for name, part in value.items()}


def is_long(evidence: object) -> bool:
    """Whether this evidence is not kept with each of many problems."""
    return len(to_json(evidence)) > EVIDENCE


def each_of(whole: T, brief: T, number: int) -> Iterator[T]:
    """For each of so many problems: what is said of it, at length or in short."""
    return (whole if place < IN_FULL or place == number - 1 else brief for place in range(number))


def _is_short(value: object) -> bool:
    return value is None or isinstance(value, bool | int | float) or (isinstance(value, str) and len(value) <= SHORT)
