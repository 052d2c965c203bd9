"""Units side by side: what they have open and late, and what came and ended in a period."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Select, and_, case, func, not_, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros, to_micros
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.tables import tickets
from streams.rules.state.terms import true_due

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
    ledger: Ledger,
    now: datetime,
    begin: datetime,
    end: datetime,
    units: Collection[str] | None,
    within: float = WITHIN,
) -> dict[str, UnitFigures]:
    """By unit, of those that have any; `end` is not in the period. `units`: of these; None: of all.

    Raises TooSlow where one question takes the database longer than `within` seconds.

    Late is what is open or acknowledged and past its deadline, as the red light says.
    """
    found: defaultdict[str, UnitFigures] = defaultdict(UnitFigures)
    still, at = tickets.c.closed_at.is_(None), to_micros(now)
    for unit_id, many in await _read(ledger, _by_unit(units, still), within):
        found[unit_id].open = many
    late = _by_unit(units, still, tickets.c.status.in_(("open", "acknowledged")), tickets.c.due_at < at)
    for unit_id, many, due_at in await _read(ledger, late.add_columns(func.min(tickets.c.due_at)), within):
        found[unit_id].overdue, found[unit_id].oldest_due = many, from_micros(due_at)
    period = (tickets.c.opened_at >= to_micros(begin), tickets.c.opened_at < to_micros(end))
    for unit_id, many in await _read(ledger, _by_unit(units, *period), within):
        found[unit_id].opened = many
    await _count_ended(ledger, found, units, (to_micros(begin), to_micros(end)), within)
    return dict(found)


async def _count_ended(
    ledger: Ledger,
    found: defaultdict[str, UnitFigures],
    units: Collection[str] | None,
    span: tuple[int, int],
    within: float,
) -> None:
    """What ended in the span; where a deadline was begun anew, its true one stands in its terms."""
    one, closed_at = tickets.c, tickets.c.closed_at
    ended = (closed_at >= span[0], closed_at < span[1], closed_at.is_not(None))
    begun = one.deadline_json.contains(_BEGUN, autoescape=True)
    is_done = and_(one.status == "closed", func.coalesce(one.close_reason, "") != "merged")
    punctual = and_(is_done, not_(begun), one.evidence_at <= one.due_at)
    counts = [func.sum(case((which, 1), else_=0)) for which in (is_done, punctual)]
    for unit_id, many, done, on_time in await _read(ledger, _by_unit(units, *ended).add_columns(*counts), within):
        of_unit = found[unit_id]
        of_unit.ended, of_unit.done, of_unit.on_time = many, int(done), int(on_time)
    terms = (one.unit_id, one.due_at, one.deadline_json, one.evidence_at, case((is_done, 1), else_=0))
    anew = select(*terms).where(one.unit_id.is_not(None), *ended, begun)
    for unit_id, due_at, said, evidence_at, done in await _read(ledger, _of(units, anew), within):
        due = true_due(said, from_micros(due_at))
        found[unit_id].on_time += bool(done) and evidence_at is not None and evidence_at <= to_micros(due)


def _by_unit(units: Collection[str] | None, *conditions: ColumnElement[bool]) -> Select[Any]:
    unit = tickets.c.unit_id
    return _of(units, select(unit, func.count()).where(unit.is_not(None), *conditions).group_by(unit))


def _of(units: Collection[str] | None, query: Select[Any]) -> Select[Any]:
    return query if units is None else query.where(tickets.c.unit_id.in_(units))


async def _read(ledger: Ledger, query: Select[Any], within: float) -> list[Any]:
    return list(await ledger.read(query, within=within))
