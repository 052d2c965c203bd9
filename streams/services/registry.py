"""The registry as the workers know it: units, assets, guarded periods, producers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final, Literal

import orjson

from schemas.registry import Unit
from streams.ledger import Ledger
from streams.ledger.reading.listing.filter import TicketFilter
from streams.ledger.reading.listing.listing import count_tickets
from streams.ledger.reading.queries import (
    list_assets,
    registered,
    registered_assets,
    registry_documents,
)
from streams.ledger.reading.registry import readable
from streams.services.failure import Failure

Kind = Literal["asset", "unit", "guarded", "producer"]
KINDS: Final = ("asset", "unit", "guarded", "producer", "calendar")  # of keys on the topic
MANY: Final = 1_000  # tickets that are counted


async def units_of(ledger: Ledger) -> dict[str, Unit]:
    """The registered units that can be read, by id."""
    return readable(await registry_documents(ledger, "unit"), Unit.stored)[0]


async def unit_names(ledger: Ledger) -> dict[str, str]:
    """What the registered units are called, by id."""
    return {unit_id: unit.name for unit_id, unit in (await units_of(ledger)).items()}


async def listed(ledger: Ledger, kind: Kind, *, limit: int) -> list[dict[str, Any]]:
    """At most `limit` records of a kind as documents.

    An asset has `registered`; one that was only heard of has no more than its id and its name.
    """
    if kind != "asset":
        found = await registry_documents(ledger, kind)
        return [{"id": record_id, **orjson.loads(text)} for record_id, text in islice(found.items(), limit)]
    return [
        {"registered": True, **orjson.loads(asset.document_json)}
        if asset.document_json
        else {"registered": False, "asset_id": asset.asset_id, "name": asset.name}
        for asset in await list_assets(ledger, limit=limit)
    ]


async def everything(ledger: Ledger) -> dict[str, list[dict[str, Any]]]:
    """All that is registered, by kind, as documents that an import takes again."""
    guarded = await registry_documents(ledger, "guarded")
    return {
        "unit": [orjson.loads(text) for text in (await registry_documents(ledger, "unit")).values()],
        "asset": [orjson.loads(text) async for text in registered_assets(ledger)],
        "guarded": [{"id": record_id, **orjson.loads(text)} for record_id, text in guarded.items()],
        "producer": [orjson.loads(text) for text in (await registry_documents(ledger, "producer")).values()],
    }


async def open_tickets(ledger: Ledger, keys: Sequence[str]) -> dict[str, int]:
    """How many tickets are open, at most MANY, by the keys of assets and units (`asset:kjj-site`).

    Raises Failure when a key is not registered.
    """
    known = await registered(ledger, keys)
    unknown = [key for key in keys if key not in known]
    if unknown:
        msg = f"未登记 · not registered: {'、'.join(unknown)}"
        raise Failure(msg)
    counted = {}
    for key in keys:
        kind, _, record_id = key.partition(":")
        chosen = {"asset": TicketFilter(asset_id=record_id), "unit": TicketFilter(units=frozenset((record_id,)))}.get(
            kind
        )
        if chosen is not None:
            counted[key] = min(await count_tickets(ledger, chosen), MANY)
    return counted
