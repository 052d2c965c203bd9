"""The kinds of registry records: their models, where their ids stand, and when two are the same. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError

from schemas.addresses import STORED
from schemas.calendar import CalendarYear
from schemas.registry import Asset, GuardedPeriod, Producer, Unit

MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "unit": Unit,
    "asset": Asset,
    "guarded": GuardedPeriod,
    "producer": Producer,
    "calendar": CalendarYear,
}
IDS: Final = {"unit": "unit_id", "asset": "asset_id", "guarded": "id", "producer": "source"}


def said(kind: str, document: str | bytes) -> dict[str, Any]:
    """What a record says, however it is written: with defaults, without what says nothing and without its id's copy."""
    try:
        model = MODELS[kind].model_validate_json(document, context=STORED)
        record = model.model_dump(mode="json", by_alias=True, exclude_none=True)
    except ValidationError:  # of another release
        record = orjson.loads(document)
    return {name: value for name, value in record.items() if name != "id" and value not in (None, [], "", {})}


def digest(kind: str, document: str | bytes | None) -> str:
    """The same for records that say the same; empty for none."""
    if document is None:
        return ""
    return sha256(orjson.dumps(said(kind, document), option=orjson.OPT_SORT_KEYS)).hexdigest()
