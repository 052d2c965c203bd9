"""What every JSON reader on the way can hold (rule I-4): no NUL in texts, no number beyond 64 bits, no NaN."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Final

from pydantic import BaseModel

from streams.rules.state.refusals import Refusal, Unreadable

_LEAST: Final = -(2**63)
_MOST: Final = 2**64 - 1


def fault(model: BaseModel) -> Refusal | None:
    """The first value of a message, at any depth, that the rule refuses."""
    for path, value in _values(model.model_dump(by_alias=True), ""):
        field = path[:120] or "value"
        if isinstance(value, str) and "\0" in value:
            return Refusal("invalid_text", f"{field}: text must not contain NUL")
        if isinstance(value, float) and not math.isfinite(value):
            return Refusal("invalid_number", f"{field}: NaN, or a number beyond the range of a double")
        if isinstance(value, int) and not _LEAST <= value <= _MOST:
            return Refusal("invalid_number", f"{field}: a number of {len(str(abs(value)))} digits is beyond 64 bits")
    return None


def require_plain(model: BaseModel) -> None:
    """Raises Unreadable when the message holds what the rule refuses."""
    found = fault(model)
    if found is not None:
        raise Unreadable(*found)


def _values(value: object, path: str) -> Iterator[tuple[str, object]]:
    """Every key and value of a document, with its path."""
    if isinstance(value, dict):
        for name, part in value.items():
            yield path, name
            yield from _values(part, f"{path}.{name}" if path else name)
    elif isinstance(value, list | tuple):
        for index, part in enumerate(value):
            yield from _values(part, f"{path}.{index}")
    else:
        yield path, value
