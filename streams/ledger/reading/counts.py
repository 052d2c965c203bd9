"""What the metrics show of the database: read beside the hot path, as it walks whole indexes."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.notice_tables import notices
from streams.ledger.tables import tickets

_OPEN = ("open", "acknowledged", "claimed")


class Counts(NamedTuple):
    """How many there are."""

    tickets: dict[str, int]  # by status
    overdue: int  # open tickets past their due
    notices: dict[str, int]  # by state


async def counts(ledger: Ledger, at: datetime) -> Counts:
    """Tickets by status, the overdue ones among them at `at` (domain's clock), and notices by state."""
    late = case(((tickets.c.due_at < to_micros(at)) & tickets.c.status.in_(_OPEN), 1), else_=0)
    by_status = await ledger.read(
        select(tickets.c.status, func.count().label("many"), func.sum(late).label("overdue")).group_by(tickets.c.status)
    )
    by_state = await ledger.read(select(notices.c.state, func.count().label("many")).group_by(notices.c.state))
    return Counts(
        tickets={row[0]: int(row[1]) for row in by_status},
        overdue=sum(int(row[2] or 0) for row in by_status),
        notices={row[0]: int(row[1]) for row in by_state},
    )
