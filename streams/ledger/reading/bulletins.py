"""What a bulletin's figures need beside the assets: pack, units and calendar as of a moment; and the issued ones."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple

import orjson
from sqlalchemy import select

from schemas.calendar import CalendarYear
from schemas.policy import Policy
from schemas.registry import Unit
from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.past_tables import bulletins, packs, past_records
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
    return readable(await _documents_as_of(ledger, "unit", as_of), Unit.stored)[0]


async def years_as_of(ledger: Ledger, as_of: datetime) -> list[CalendarYear]:
    """The years of the calendar that people had imported by then, as they were."""
    documents = await _documents_as_of(ledger, "calendar", as_of)
    return [*readable(documents, CalendarYear.model_validate_json)[0].values()]


async def _documents_as_of(ledger: Ledger, kind: str, as_of: datetime) -> dict[str, str]:
    documents: dict[str, str | None] = dict(await registry_documents(ledger, kind))
    past = (
        select(past_records.c.record_id, past_records.c.document)
        .where(past_records.c.kind == kind, past_records.c.until > to_micros(as_of))
        .order_by(past_records.c.pk.desc())  # so the one that was first replaced after that moment is the last written
    )
    documents |= {row[0]: row[1] for row in await ledger.read(past)}
    return {record_id: document for record_id, document in documents.items() if document is not None}


class Issued(NamedTuple):
    """An issued bulletin, as lists have it; days as 2023-02-20."""

    bulletin_id: str
    number: str
    issued_on: str
    first_day: str
    last_day: str
    area: str  # empty: of all that is registered
    recorded_at: datetime


async def issued(ledger: Ledger) -> list[Issued]:
    """All of them, the latest period first."""
    known = bulletins.c
    query = select(
        known.bulletin_id, known.number, known.issued_on, known.first_day, known.last_day, known.area, known.recorded_at
    ).order_by(known.last_day.desc(), known.issued_on.desc(), known.pk.desc())
    return [
        Issued(bulletin_id, number, issued_on, first_day, last_day, area, from_micros(at))
        for bulletin_id, number, issued_on, first_day, last_day, area, at in await ledger.read(query)
    ]


async def issued_document(ledger: Ledger, bulletin_id: str) -> dict[str, Any] | None:
    """One of them, as it was published; None: it is not recorded."""
    query = select(bulletins.c.document).where(bulletins.c.bulletin_id == bulletin_id)
    rows = await ledger.read(query)
    return orjson.loads(rows[0][0]) if rows else None


async def issued_before(ledger: Ledger, begin: date, area: str | None, as_of: datetime) -> dict[str, Any] | None:
    """The last one of a period that ended before this one began, of the same area, as it was recorded by then."""
    known = bulletins.c
    query = (
        select(known.document)
        .where(known.last_day < begin.isoformat(), known.area == (area or ""), known.recorded_at <= to_micros(as_of))
        .order_by(known.last_day.desc(), known.issued_on.desc(), known.pk.desc())
        .limit(1)
    )
    rows = await ledger.read(query)
    return orjson.loads(rows[0][0]) if rows else None
