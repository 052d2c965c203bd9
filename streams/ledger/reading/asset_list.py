"""The assets as people look for them: by name, id or 网站标识码, of their units, a page at a time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, func, or_, select

from streams.ledger.ledger import Ledger
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.rows import ASSET
from streams.ledger.tables import assets
from streams.rules.state.records import AssetRecord

COUNTED: Final = 1_000  # assets that are counted


@dataclass(frozen=True, slots=True)
class AssetFilter:
    """Which assets; what is None or empty does not matter."""

    text: str = ""  # a part of the name, the id, or the beginning of the 网站标识码
    units: Collection[str] | None = None
    kind: str = ""
    registered: bool | None = None


async def find_assets(ledger: Ledger, wanted: AssetFilter, after: str, limit: int) -> list[AssetRecord]:
    """By id, behind `after`. Raises TooSlow."""
    query = select(assets).where(assets.c.asset_id > after, *_conditions(wanted)).order_by(assets.c.asset_id)
    return [ASSET.decode(row) for row in await ledger.read(query.limit(limit), within=WITHIN)]


async def count_assets(ledger: Ledger, wanted: AssetFilter) -> int:
    """How many there are; COUNTED + 1 where there are more. Raises TooSlow."""
    some = select(assets.c.pk).where(*_conditions(wanted)).limit(COUNTED + 1).subquery()
    ((count,),) = await ledger.read(select(func.count()).select_from(some), within=WITHIN)
    return int(count)


async def asset_called(ledger: Ledger, asset_id: str) -> AssetRecord | None:
    """The asset of this id."""
    rows = await ledger.read(select(assets).where(assets.c.asset_id == asset_id))
    return ASSET.decode(rows[0]) if rows else None


def _conditions(wanted: AssetFilter) -> list[ColumnElement[bool]]:
    found: list[Any] = []
    if wanted.text:
        found.append(
            or_(
                assets.c.asset_id == wanted.text,
                assets.c.code.startswith(wanted.text, autoescape=True),
                assets.c.name.contains(wanted.text, autoescape=True),
            )
        )
    if wanted.units is not None:
        found.append(assets.c.unit_id.in_(wanted.units))
    if wanted.kind:
        found.append(assets.c.kind == wanted.kind)
    if wanted.registered is not None:
        has = assets.c.document_json
        found.append(has.is_not(None) if wanted.registered else has.is_(None))
    return found
