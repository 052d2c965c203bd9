"""`/calendar/{year}`: a year's grid, with days off, make-up days, and whose arrangement it is."""

from __future__ import annotations

from typing import Any, Final

from starlette.exceptions import HTTPException
from starlette.responses import Response

from schemas.calendar import FIRST_YEAR, LAST_YEAR
from streams.presentation.calendar_year import OFF, WORKED, holiday_lines, month_grids, weekday_heads
from streams.services.calendar import source_of, year_of
from streams.web.desk.visits import Visit
from streams.web.registry.outcome import edit_told

_NO_SUCH: Final = 404


def year_in(text: str) -> int:
    """The year of an address; raises 404."""
    if not (text.isascii() and text.isdigit() and len(text) == len("2026")):
        raise HTTPException(_NO_SUCH)
    if not FIRST_YEAR <= int(text) <= LAST_YEAR:
        raise HTTPException(_NO_SUCH)
    return int(text)


def may_put_in(visit: Visit) -> bool:
    """Whether the viewer may put another arrangement in: it holds for everybody."""
    return visit.viewer.may("register") and visit.viewer.units is None


async def show_year(visit: Visit, wanted: int, status: int = 200, **more: Any) -> Response:
    """The page; `more`: a proposal, or what is wrong with a file."""
    premises = visit.premises
    registry = await premises.registry()
    names = premises.registry.day_names
    year = year_of(registry.calendar, wanted, premises.policy, visit.now.at, registry.zone)
    told = await edit_told(visit)
    context: dict[str, Any] = {
        "year": wanted,
        "published": year.published,
        "workdays": year.workdays,
        "source": await source_of(premises.ledger, wanted),
        "months": month_grids(registry.calendar, wanted, names),
        "heads": weekday_heads(),
        "lines": holiday_lines(year.days, names),
        "today": visit.now.at.astimezone(registry.zone).date(),
        "off": OFF,
        "worked": WORKED,
        "first": FIRST_YEAR,
        "last": LAST_YEAR,
        "may_put_in": may_put_in(visit),
        "proposal": None,
        "errors": {},
        "alert": "",
        **told.context,
        **more,
    }
    return visit.page("calendar/year.html", status, told.headers, **context)
