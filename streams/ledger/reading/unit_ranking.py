"""Units side by side: what they have open and late, and what came and ended in a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.tables import tickets


@dataclass(slots=True)
class UnitFigures:
    """Of one unit: tickets."""

    open: int = 0
    overdue: int = 0
    oldest_due: datetime | None = None  # of the overdue ones
    opened: int = 0  # in the period
    ended: int = 0


async def unit_figures(
    ledger: Ledger, now: datetime, begin: datetime, end: datetime, units: Collection[str] | None
) -> dict[str, UnitFigures]:
    """By unit, of those that have any; `end` is not in the period. `units`: of these; None: of all. Raises TooSlow.

    Late is what is open or acknowledged and past its deadline, as the red light says.
    """
    found: defaultdict[str, UnitFigures] = defaultdict(UnitFigures)
    unit, at = tickets.c.unit_id, to_micros(now)
    still = tickets.c.closed_at.is_(None)
    for unit_id, many in await _read(ledger, _by_unit(units, still)):
        found[unit_id].open = many
    late = _by_unit(units, still, tickets.c.status.in_(("open", "acknowledged")), tickets.c.due_at < at)
    for unit_id, many, due_at in await _read(ledger, late.add_columns(func.min(tickets.c.due_at))):
        found[unit_id].overdue, found[unit_id].oldest_due = many, from_micros(due_at)
    for name, moment in (("opened", tickets.c.opened_at), ("ended", tickets.c.closed_at)):
        within = (moment >= to_micros(begin), moment < to_micros(end), moment.is_not(None), unit.is_not(None))
        for unit_id, many in await _read(ledger, _by_unit(units, *within)):
            setattr(found[unit_id], name, many)
    return dict(found)


def _by_unit(units: Collection[str] | None, *conditions: ColumnElement[bool]) -> Select[Any]:
    unit = tickets.c.unit_id
    query = select(unit, func.count()).where(unit.is_not(None), *conditions).group_by(unit)
    return query if units is None else query.where(unit.in_(units))


async def _read(ledger: Ledger, query: Select[Any]) -> list[Any]:
    return list(await ledger.read(query, within=WITHIN))
