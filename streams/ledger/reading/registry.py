"""What the registry says of assets, and which assets with tickets it knows nothing of; for `rectify doctor`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final, TypeVar

from pydantic import ValidationError
from sqlalchemy import select

from streams.ledger.ledger import Ledger
from streams.ledger.reading.listing.filter import OPEN
from streams.ledger.tables import assets, tickets

V = TypeVar("V")
_PAGE: Final = 5_000


def readable(documents: Mapping[str, str], read: Callable[[str], V]) -> tuple[dict[str, V], list[str]]:
    """Records by id, and the ids of those that this release cannot read: workers set them aside (O-14)."""
    records: dict[str, V] = {}
    unread = []
    for record_id, document in documents.items():
        try:
            records[record_id] = read(document)
        except ValidationError:
            unread.append(record_id)
    return records, unread


async def asset_documents(ledger: Ledger) -> dict[str, str]:
    """The JSON of every registered asset, by id."""
    query = (
        select(assets.c.asset_id, assets.c.document_json)
        .where(assets.c.document_json.is_not(None))
        .order_by(assets.c.asset_id)
        .limit(_PAGE)
    )
    found: dict[str, str] = {}
    last = ""
    while rows := await ledger.read(query.where(assets.c.asset_id > last)):
        found |= {row[0]: row[1] for row in rows}
        last = rows[-1][0]
    return found


async def registry_version(ledger: Ledger) -> int:
    """Grows with every change of the registry; 0 while nothing is registered."""
    (version,) = await ledger.glance("select (select value from meta where key = 'registry_version')")
    return int(version or 0)


async def unregistered_with_tickets(ledger: Ledger) -> list[str]:
    """The ids of assets that have open tickets and no record."""
    query = (
        select(assets.c.asset_id)
        .join(tickets, tickets.c.asset_pk == assets.c.pk)
        .where(assets.c.document_json.is_(None), tickets.c.status.in_(OPEN))
        .distinct()
        .order_by(assets.c.asset_id)
    )
    return [row[0] for row in await ledger.read(query)]
