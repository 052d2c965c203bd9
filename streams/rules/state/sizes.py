"""How much a message may carry beside what the schema knows (rule I-7): all of it is kept, and published again.

Evidence and unknown fields are kept with the problem, in its ticket and in events: a message of 1 MiB, which packs to
a kilobyte, would be written down several times at every sighting.
"""

from __future__ import annotations

from typing import Final

from pydantic import BaseModel
from pydantic_core import to_json

from streams.rules.state.refusals import Refusal, Unreadable

FREE_BYTES: Final = 64 * 1024  # of evidence and unknown fields together, as compact JSON in UTF-8


def require_small(model: BaseModel, body: bytes) -> None:
    """Raises Unreadable where evidence and unknown fields, at any depth, are more; the body says cheaply that not."""
    if len(body) <= FREE_BYTES:
        return
    evidence, unknown = _size(getattr(model, "evidence", None)), _unknown(model)
    if evidence + unknown <= FREE_BYTES:
        return
    field, beside = ("evidence", " with the unknown fields") if evidence else (_largest(model), " of unknown fields")
    words = f"{field}: {evidence + unknown} bytes{beside if unknown else ''}; the limit is {FREE_BYTES}"
    raise Unreadable(*Refusal("too_large", words))


def _unknown(model: BaseModel) -> int:
    size = _size(model.__pydantic_extra__)
    for name in type(model).model_fields:
        value = getattr(model, name)
        for part in value if isinstance(value, tuple) else (value,):
            if isinstance(part, BaseModel):
                size += _unknown(part)
    return size


def _size(document: dict[str, object] | None) -> int:
    return len(to_json(document, inf_nan_mode="constants")) if document else 0


def _largest(model: BaseModel) -> str:
    extra = model.__pydantic_extra__ or {}
    return max(extra, key=lambda name: _size({name: extra[name]}), default="value")[:120]
