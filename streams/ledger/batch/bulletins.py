"""Bulletins as they were issued (rule S-11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final, NamedTuple

from streams.ledger.moments import to_micros
from streams.ledger.part import Part

_ADD: Final = (
    "insert into bulletins (bulletin_id, number, issued_on, first_day, last_day, area, document, recorded_at) "
    "values (?, ?, ?, ?, ?, ?, ?, ?) on conflict do nothing"
)


class BulletinEntry(NamedTuple):
    """An issued bulletin; days as 2023-02-20."""

    bulletin_id: str
    number: str
    issued_on: str
    first_day: str
    last_day: str
    area: str  # empty: of all that is registered
    document: str


class Bulletins(Part):
    """Only ever added to."""

    async def add(self, entries: Sequence[BulletinEntry], at: datetime) -> None:
        """Records them; what is recorded stays as it is."""
        await self._session.run_each(_ADD, [(*entry, to_micros(at)) for entry in entries])
