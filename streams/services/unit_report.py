"""整改报告 of a unit and a period, asked of the ledger."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.ledger import Ledger
from streams.ledger.reading.listing.filter import ENDED, OPEN
from streams.presentation.unit_report import UnitReport, unit_report
from streams.services.failure import Failure
from streams.services.names import unit_named
from streams.services.ticket_list import around, open_list
from streams.services.ticket_query import TicketQuery

MOST: Final = 1_000  # slips of a report: nobody reads more


async def report_of(
    ledger: Ledger, unit: str, first: date, last: date, policy: Policy, now: datetime, zone: ZoneInfo
) -> UnitReport:
    """Of the unit's own slips opened in the period. Raises Failure: no such unit, too many, or the days are none."""
    if first > last:
        msg = "起日晚于止日 · --from is later than --to"
        raise Failure(msg)
    known = await around(ledger, policy, now, zone)
    units = known.registry.units
    unit_id = unit_named({one.unit_id: one.name for one in units.values()}, unit)
    query = TicketQuery(
        unit=unit_id,
        statuses=(*OPEN, *ENDED),
        opened_from=datetime.combine(first, time(), zone),
        opened_before=datetime.combine(last + timedelta(days=1), time(), zone),
        sort="opened",
    )
    found = await open_list(ledger, query, known, None)
    rows = await found.first(MOST + 1)
    if len(rows) > MOST:
        msg = f"期间内超过 {MOST} 份整改单，请缩短期间 · more than {MOST} slips: a shorter period"
        raise Failure(msg)
    name = units[unit_id].name if unit_id and unit_id in units else unit
    return unit_report(name, first, last, rows[::-1], now.astimezone(zone).date())
