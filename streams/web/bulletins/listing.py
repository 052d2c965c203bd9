"""`/bulletins`: the issued ones, the latest period first; and the question for a new draft."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from starlette.responses import Response

from streams.presentation.dates import local
from streams.services.bulletins.issuing import all_issued
from streams.web.bulletins.asked import AskedPeriod, sees_area
from streams.web.desk.visits import Visit

_WRONG = 422


async def show_list(visit: Visit, asked: AskedPeriod | None = None) -> Response:
    """The page; `asked`: what is wrong with a draft that was asked for."""
    zone = visit.premises.settings.zone
    found = [one for one in await all_issued(visit.premises.ledger) if sees_area(visit.viewer, one.area)]
    units = (await visit.premises.registry()).units
    context: dict[str, Any] = {
        "rows": [
            (one, units[one.area].name if one.area in units else one.area or "全部", local(one.recorded_at, zone))
            for one in found
        ],
        "values": asked.values if asked else last_quarter(visit.now.at.astimezone(zone).date()),
        "errors": asked.errors if asked else {},
        "own": visit.viewer.unit_id,
    }
    return visit.page("bulletins/list.html", _WRONG if asked else 200, **context)


def last_quarter(today: date) -> dict[str, str]:
    """The quarter that is over: what is drafted most."""
    begin = today.replace(month=today.month - (today.month - 1) % 3, day=1)
    end = begin - timedelta(days=1)
    return {"from": f"{end.replace(month=end.month - 2, day=1)}", "to": f"{end}", "as_of": "", "area": ""}
