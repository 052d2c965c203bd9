"""The registrar: follows `rectify.registry`. All but assets is stored as it is; assets are decided on.

An asset's record may hand tickets over (rules A-1 to A-3); a calendar has every provisional deadline counted again.
The last record of a key in a batch is the one that counts, as in a compacted topic.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple, cast
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel, TypeAdapter

from schemas.base import ID_LIMIT
from schemas.calendar import CalendarYear
from schemas.registry import Asset, GuardedPeriod, Producer, Unit, is_record_id
from streams.ledger import Transaction
from streams.log_events import event_log
from streams.rules.intake.intake import Refusal, read_model
from streams.rules.notices.notices import is_reachable
from streams.rules.state.inputs import Registration
from streams.rules.state.snapshot import Now, Registry

_MODELS: Final[Mapping[str, TypeAdapter[Any]]] = {
    "asset": TypeAdapter(Asset),
    "unit": TypeAdapter(Unit),
    "calendar": TypeAdapter(CalendarYear),
    "guarded": TypeAdapter(GuardedPeriod),
    "producer": TypeAdapter(Producer),
}
Kind = Literal["unit", "calendar", "guarded", "producer"]
_KEYS: Final = "asset:<id>, unit:<id>, calendar:<year>, guarded:<id> or producer:<source>"
_ID: Final = f"an id has 1 to {ID_LIMIT} printable characters"
_ID_FIELDS: Final = {"asset": "asset_id", "unit": "unit_id", "calendar": "year", "producer": "source"}

log = event_log(__name__)


class RegistryEntry(NamedTuple):
    """A registry record that is kept as it is: a unit, calendar year, guarded period or producer; None deletes it."""

    kind: Kind
    record_id: str
    document: str | None


def registry_reader(max_bytes: int) -> Callable[[Any, datetime], Registration | RegistryEntry | Refusal]:
    """Reads the registry topic."""

    def read(record: Any, at: datetime) -> Registration | RegistryEntry | Refusal:
        del at  # nothing in a registry record is about now
        return read_record(record.key, record.value, max_bytes)

    return read


def read_record(key: bytes | None, value: bytes | None, max_bytes: int) -> Registration | RegistryEntry | Refusal:
    """One record of the registry, or the reason why it is none."""
    try:
        kind, _, record_id = (key or b"").decode().partition(":")
    except UnicodeDecodeError:
        return Refusal("invalid_key", "key: must be UTF-8")
    adapter = _MODELS.get(kind)
    if adapter is None or not is_record_id(record_id):
        return Refusal("invalid_key", f"key: must be {_KEYS}; {_ID}")
    if value is None:
        return Registration(record_id, None) if kind == "asset" else RegistryEntry(cast(Kind, kind), record_id, None)
    model: BaseModel | Refusal = read_model(adapter, value, max_bytes)
    if isinstance(model, Refusal):
        return model
    field = _ID_FIELDS.get(kind)
    if field is not None and str(getattr(model, field)) != record_id:
        return Refusal("invalid_field", f"{field}: {getattr(model, field)!r} is not the id in the key ({record_id!r})")
    if isinstance(model, Asset):
        return Registration(record_id, model)
    return RegistryEntry(cast(Kind, kind), record_id, model.model_dump_json(by_alias=True, exclude_none=True))


def ended_units(entries: Sequence[RegistryEntry]) -> dict[str, bool]:
    """The units that were merged into another one (True), or deleted (False)."""
    ended = {}
    for entry in (entry for entry in entries if entry.kind == "unit"):
        merged = entry.document is not None and "replaced_by" in orjson.loads(entry.document)
        if merged or entry.document is None:
            ended[entry.record_id] = merged
    return ended


def introduced_units(entries: Sequence[RegistryEntry], registry: Registry) -> set[str]:
    """The units that were not known before, or of which nobody could be reached (A-4)."""
    return {
        entry.record_id
        for entry in entries
        if entry.kind == "unit" and entry.document is not None and not is_reachable(registry.units.get(entry.record_id))
    }


def last_of_each(entries: Sequence[RegistryEntry]) -> list[RegistryEntry]:
    """The entries that count: of each key the last."""
    return list({(entry.kind, entry.record_id): entry for entry in entries}.values())


async def loaded(tx: Transaction, zone: ZoneInfo, known: Registry | None, now: Now) -> Registry:
    """The registry as it stands. A record that this release cannot read is set aside, until it can be read (O-14)."""
    registry = await tx.registry.load(zone, known)
    before = {} if known is None else known.unread
    noted = {(str(kind), str(name)) for kind, name in await tx.set_aside.keys("registry")}
    await tx.set_aside.dealt_with("registry", noted - registry.unread.keys())
    for key, unread in registry.unread.items():
        if before.get(key) != unread:
            name = await tx.set_aside.add("registry", key, unread.fault, now)
            log.error("set_aside", kind="registry", name=name, fault=unread.fault, hint="rectify db check")
    return registry
