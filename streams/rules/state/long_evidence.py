"""Long evidence of one answer or command about many problems: it is kept with some of them only (rule O-16)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, TypeVar

from streams.rules.state.text import to_json

EVIDENCE: Final = 2_048  # characters of evidence that stay with each of many proofs
IN_FULL: Final = 50  # problems about which one answer is kept at length

T = TypeVar("T")


def is_long(evidence: object) -> bool:
    """Whether this evidence is not kept with each of many problems."""
    return len(to_json(evidence)) > EVIDENCE


def each_of(whole: T, brief: T, number: int) -> Iterator[T]:
    """For each of so many problems: what is said of it, at length or in short."""
    return (whole if place < IN_FULL or place == number - 1 else brief for place in range(number))
