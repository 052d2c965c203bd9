"""Units side by side: what they have open and late, and what came and ended in a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, or_, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.tables import tickets
from streams.rules.state.terms import frozen_deadline

_BEGUN: Final = '"begun":['  # of terms whose deadline was begun anew (L-15, L-16)


@dataclass(slots=True)
class UnitFigures:
    """Of one unit: tickets."""

    open: int = 0
    overdue: int = 0
    oldest_due: datetime | None = None  # of the overdue ones
    opened: int = 0  # in the period
    ended: int = 0
    done: int = 0  # of the ended ones: closed, and not merged away, dismissed or waived (S-6)
    on_time: int = 0  # of these: proved to be gone by the true deadline (M-5, L-15)


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
    await _count_done(ledger, found, units, (to_micros(begin), to_micros(end)))
    return dict(found)


async def _count_done(
    ledger: Ledger, found: defaultdict[str, UnitFigures], units: Collection[str] | None, span: tuple[int, int]
) -> None:
    """What was closed in the span; where a deadline was begun anew, its true one stands in its terms."""
    begun = tickets.c.deadline_json.contains(_BEGUN, autoescape=True)
    done = (
        tickets.c.closed_at >= span[0],
        tickets.c.closed_at < span[1],
        tickets.c.closed_at.is_not(None),
        tickets.c.status == "closed",
        or_(tickets.c.close_reason.is_(None), tickets.c.close_reason != "merged"),
    )
    punctual = case((and_(not_(begun), tickets.c.evidence_at <= tickets.c.due_at), 1), else_=0)
    for unit_id, many, on_time in await _read(ledger, _by_unit(units, *done).add_columns(func.sum(punctual))):
        found[unit_id].done, found[unit_id].on_time = many, int(on_time)
    unit = tickets.c.unit_id
    anew = select(
        unit, tickets.c.due_at, tickets.c.due_unit, tickets.c.deadline_json, tickets.c.evidence_at
    ).where(unit.is_not(None), *done, begun)  # fmt: skip
    for unit_id, due_at, due_unit, terms, evidence_at in await _read(ledger, _of(units, anew)):
        due = frozen_deadline(terms, from_micros(due_at), due_unit, provisional=False).true_due_at
        found[unit_id].on_time += evidence_at is not None and evidence_at <= to_micros(due)


def _by_unit(units: Collection[str] | None, *conditions: ColumnElement[bool]) -> Select[Any]:
    unit = tickets.c.unit_id
    return _of(units, select(unit, func.count()).where(unit.is_not(None), *conditions).group_by(unit))


def _of(units: Collection[str] | None, query: Select[Any]) -> Select[Any]:
    return query if units is None else query.where(tickets.c.unit_id.in_(units))


async def _read(ledger: Ledger, query: Select[Any]) -> list[Any]:
    return list(await ledger.read(query, within=WITHIN))
