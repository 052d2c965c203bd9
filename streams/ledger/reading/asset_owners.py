"""Whose assets are, and whether anybody has registered them."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select

from streams.ledger.ledger import Ledger
from streams.ledger.tables import assets


class AssetOwner(NamedTuple):
    """Of an asset that the ledger has heard of."""

    unit_id: str | None
    is_registered: bool


async def owners_of(ledger: Ledger, asset_ids: Collection[str]) -> dict[str, AssetOwner]:
    """By id, of these assets those that the ledger has heard of."""
    query = select(assets.c.asset_id, assets.c.unit_id, assets.c.document_json.is_not(None))
    rows = await ledger.read(query.where(assets.c.asset_id.in_(asset_ids))) if asset_ids else ()
    return {asset_id: AssetOwner(unit_id, bool(registered)) for asset_id, unit_id, registered in rows}
