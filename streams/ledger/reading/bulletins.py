"""What a bulletin's figures need beside the assets: the pack and the units as of a moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from schemas.policy import Policy
from schemas.registry import Unit
from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.past_tables import packs, past_records
from streams.ledger.reading.queries import registry_documents
from streams.ledger.reading.registry import readable


async def pack_as_of(ledger: Ledger, as_of: datetime) -> Policy | None:
    """The pack that workers decided by then; of a time before any was noted, the first. None: none was ever noted."""
    first = select(packs.c.document).order_by(packs.c.pk).limit(1)
    then = select(packs.c.document).where(packs.c.recorded_at <= to_micros(as_of)).order_by(packs.c.pk.desc()).limit(1)
    rows = await ledger.read(then) or await ledger.read(first)
    return Policy.model_validate_json(rows[0][0]) if rows else None


async def units_as_of(ledger: Ledger, as_of: datetime) -> dict[str, Unit]:
    """The units as they were registered then."""
    documents: dict[str, str | None] = dict(await registry_documents(ledger, "unit"))
    past = (
        select(past_records.c.record_id, past_records.c.document)
        .where(past_records.c.kind == "unit", past_records.c.until > to_micros(as_of))
        .order_by(past_records.c.pk.desc())
    )
    documents |= {row[0]: row[1] for row in await ledger.read(past)}
    there = {unit_id: document for unit_id, document in documents.items() if document is not None}
    return readable(there, Unit.stored)[0]
