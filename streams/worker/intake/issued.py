"""Issued bulletins 通报 from `rectify.bulletins`: recorded as they came, once (rule S-11)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

import orjson
from pydantic import TypeAdapter

from schemas.bulletin import IssuedBulletin
from streams.ledger.batch.bulletins import BulletinEntry
from streams.rules.intake.cloudevents import unwrapped
from streams.rules.intake.intake import Refusal, read_model
from streams.rules.intake.seal import is_sealed

_MODEL: Final[TypeAdapter[IssuedBulletin]] = TypeAdapter(IssuedBulletin)


def bulletin_reader(max_bytes: int) -> Callable[[Any, datetime], BulletinEntry | Refusal]:
    """Reads the topic of bulletins."""

    def read(record: Any, at: datetime) -> BulletinEntry | Refusal:
        del at  # it says itself of when it is
        return read_bulletin(record.key, record.value, max_bytes)

    return read


def read_bulletin(key: bytes | None, value: bytes | None, max_bytes: int) -> BulletinEntry | Refusal:
    """One issued bulletin, or the reason why it is none."""
    if value is None:
        return Refusal("null_value", "value: an issued bulletin is not deleted")
    model = read_model(_MODEL, value, max_bytes)
    if isinstance(model, Refusal):
        return model
    body, _ = unwrapped(value, (), max_bytes)
    try:
        document = orjson.loads(body)
    except orjson.JSONDecodeError as error:  # stricter than what has read it before
        return Refusal("invalid_json", f"value: {error}")
    if not is_sealed(document):
        return Refusal("invalid_field", "hash: is not that of the bulletin; `rectify bulletin issue` makes it")
    if key != model.bulletin_id.encode():
        return Refusal("invalid_key", f"key: must be the bulletin_id, {model.bulletin_id}")
    return BulletinEntry(
        model.bulletin_id,
        model.number,
        model.date.isoformat(),
        model.from_.isoformat(),
        model.to.isoformat(),
        model.area or "",
        orjson.dumps(document).decode(),
    )
