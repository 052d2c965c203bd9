"""How many tickets and assets units have: for the tree of units."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.reading.listing.filter import OPEN
from streams.ledger.reading.listing.listing import WITHIN
from streams.ledger.tables import assets, tickets


class UnitCounts(NamedTuple):
    """Of one unit, or of several together."""

    open: int = 0
    overdue: int = 0  # as the list's red light has them: without what is claimed
    assets: int = 0

    def plus(self, other: UnitCounts) -> UnitCounts:
        """Of both."""
        return UnitCounts(self.open + other.open, self.overdue + other.overdue, self.assets + other.assets)


async def counts_of_units(ledger: Ledger, units: Collection[str] | None, now: datetime) -> dict[str, UnitCounts]:
    """By unit, of those that have any; `units`: of these alone, `now`: domain's clock. Raises TooSlow."""
    past_due = tickets.c.due_at < to_micros(now)
    # What is open and past its due is in the index of units alone; of that the few that are claimed are taken off.
    open_ones = select(
        tickets.c.unit_id, func.count().label("many"), func.sum(case((past_due, 1), else_=0)).label("late")
    ).where(tickets.c.unit_id.is_not(None), tickets.c.closed_at.is_(None))
    claimed = select(tickets.c.unit_id, func.count().label("many")).where(tickets.c.status == "claimed", past_due)
    owned = select(assets.c.unit_id, func.count().label("many")).where(assets.c.unit_id.is_not(None))
    if units is not None:
        open_ones = open_ones.where(tickets.c.unit_id.in_(units))
        claimed = claimed.where(tickets.c.unit_id.in_(units))
        owned = owned.where(assets.c.unit_id.in_(units))
    found: dict[str, UnitCounts] = {}
    for unit_id, many, late in await ledger.read(open_ones.group_by(tickets.c.unit_id), within=WITHIN):
        found[unit_id] = UnitCounts(int(many), int(late or 0))
    for unit_id, many in await ledger.read(claimed.group_by(tickets.c.unit_id), within=WITHIN):
        if unit_id in found:
            found[unit_id] = found[unit_id]._replace(overdue=max(0, found[unit_id].overdue - int(many)))
    for unit_id, many in await ledger.read(owned.group_by(assets.c.unit_id), within=WITHIN):
        found[unit_id] = found.get(unit_id, UnitCounts())._replace(assets=int(many))
    return found


async def open_by_asset(ledger: Ledger, asset_pks: Collection[int], units: Collection[str] | None) -> dict[int, int]:
    """How many open tickets these assets have, as the list shows them to whoever sees these units."""
    query = select(tickets.c.asset_pk, func.count().label("many")).where(
        tickets.c.asset_pk.in_(asset_pks), tickets.c.status.in_(OPEN)
    )
    if units is not None:
        query = query.where(tickets.c.unit_id.in_(units))
    rows = await ledger.read(query.group_by(tickets.c.asset_pk), within=WITHIN) if asset_pks else ()
    return {pk: int(many) for pk, many in rows}
