"""What the charts draw: how many tickets came and ended in spans of time, and what is open, by kind and by age."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, Select, case, func, literal, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.reading.listing.filter import OPEN
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.tables import tickets


@dataclass(slots=True)
class OpenOfCheck:
    """Open tickets of one check."""

    by_span: list[int] = field(default_factory=list)  # of their opening
    overdue: int = 0

    @property
    def all(self) -> int:
        """Of every span."""
        return sum(self.by_span)


async def in_spans(
    ledger: Ledger,
    moment: Literal["opened_at", "closed_at", "due_at"],
    bounds: Sequence[datetime],
    units: Collection[str] | None,
) -> list[int]:
    """Tickets opened, ended, or open and due, between each two of these moments, the first of which is in its span.

    `units`: of these; None: all, also nobody's. Raises TooSlow.
    """
    at = tickets.c[moment]
    span = _span(at, bounds[1:-1])
    within = [at >= to_micros(bounds[0]), at < to_micros(bounds[-1]), at.is_not(None)]
    if moment == "due_at":
        within.append(tickets.c.status.in_(OPEN))
    query = _of_units(select(span, func.count()).where(*within).group_by(span), units)
    found = {row[0]: row[1] for row in await ledger.read(query, within=WITHIN)}
    return [found.get(number, 0) for number in range(len(bounds) - 1)]


async def open_by_check(
    ledger: Ledger, now: datetime, inner: Sequence[datetime], units: Collection[str] | None
) -> dict[str, OpenOfCheck]:
    """By check, open tickets by the spans between `inner` in which they were opened, the earliest first.

    The first span has no beginning and the last no end. Late is what the red light says. Raises TooSlow.
    """
    span = _span(tickets.c.opened_at, inner)
    late = tickets.c.status.in_(("open", "acknowledged")) & (tickets.c.due_at < to_micros(now))
    query = select(tickets.c.check_code, span, func.count(), func.sum(case((late, 1), else_=0)))
    query = query.where(tickets.c.status.in_(OPEN)).group_by(tickets.c.check_code, span)
    found: defaultdict[str, OpenOfCheck] = defaultdict(lambda: OpenOfCheck([0] * (len(inner) + 1)))
    for check, number, many, overdue in await ledger.read(_of_units(query, units), within=WITHIN):
        found[check].by_span[number] = int(many)
        found[check].overdue += int(overdue)
    return dict(found)


def _span(at: ColumnElement[Any], inner: Sequence[datetime]) -> ColumnElement[Any]:
    """The number of the span: 0 before the first of these moments."""
    if not inner:
        return literal(0)
    return case(*((at < to_micros(one), number) for number, one in enumerate(inner)), else_=len(inner))


def _of_units(query: Select[Any], units: Collection[str] | None) -> Select[Any]:
    return query if units is None else query.where(tickets.c.unit_id.in_(units))
