"""`/desk/units`: units of a period side by side, each number a link to its rows."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from typing import Any, Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from notifiers.text import clean
from streams.ledger import TooSlow
from streams.ledger.reading.listing.filter import ENDED, OPEN
from streams.ledger.reading.unit_ranking import UnitFigures, unit_figures
from streams.presentation.bulletins.numbers import percent
from streams.rules.deadlines.ladder import working_days_left
from streams.services.ticket_query import TOO_WIDE
from streams.web.desk.visits import Visit
from streams.web.supervision.numbers import DeskCounting, Number

MOST: Final = 200  # units on the page: those that come first
_WRONG: Final = 422
_EVERY: Final = ",".join((*OPEN, *ENDED))


class RankedUnit(NamedTuple):
    """A unit and its numbers."""

    name: str
    numbers: tuple[Number, ...]
    on_time: str  # what share of those done in the period was done on time, and of how many; empty: none was done
    longest: int  # working days that its oldest one is late; 0: none is


class RankingPeriod(NamedTuple):
    """Days, both in it."""

    first: date
    last: date


_ORDERS: Final[Mapping[str, Callable[[UnitFigures], Any]]] = {
    "overdue": lambda one: (-one.overdue, -one.open),
    "open": lambda one: (-one.open, -one.overdue),
    "opened": lambda one: (-one.opened, -one.overdue),
    "ended": lambda one: (-one.ended, -one.overdue),
    "on_time": lambda one: (not one.done, one.on_time / one.done if one.done else 0, -one.done),
}
COLUMNS: Final[Mapping[str, str]] = {
    "overdue": "逾期", "open": "未办结", "opened": "本期立单", "ended": "本期办结",
}  # fmt: skip
ON_TIME: Final = "按期办结率"
SORTS: Final[Mapping[str, str]] = {
    **{name: f"按{label}" for name, label in COLUMNS.items()},
    "on_time": f"按{ON_TIME}，低的在前",
}


def this_month(now: datetime) -> RankingPeriod:
    """From its first day to today."""
    return RankingPeriod(now.date().replace(day=1), now.date())


async def ranking_of(
    counting: DeskCounting, most: int, period: RankingPeriod | None = None, sort: str = "overdue"
) -> Sequence[RankedUnit]:
    """The units that come first. Raises TooSlow."""
    now, zone = counting.around.now, counting.registry.zone
    period = period or this_month(now)
    begin = datetime.combine(period.first, time(), zone)
    end = datetime.combine(period.last + timedelta(days=1), time(), zone)
    figures = await unit_figures(counting.visit.premises.ledger, now, begin, end, counting.visit.viewer.units)
    order = _ORDERS[sort]
    first = sorted(figures.items(), key=lambda one: (order(one[1]), one[0]))[:most]
    return [_ranked(counting, unit_id, one, period) for unit_id, one in first]


def _ranked(counting: DeskCounting, unit_id: str, one: UnitFigures, period: RankingPeriod) -> RankedUnit:
    unit = counting.registry.units.get(unit_id)
    first, last = f"{period.first}", f"{period.last}"
    queries = {
        "overdue": {"light": "red"},
        "open": {},
        "opened": {"opened_from": first, "opened_to": last, "status": _EVERY, "sort": "opened"},
        "ended": {"closed_from": first, "closed_to": last, "sort": "closed"},
    }
    numbers = tuple(
        Number(label, f"tickets?{urlencode({'unit': unit_id, **queries[name]})}", getattr(one, name), is_exact=True)
        for name, label in COLUMNS.items()
    )
    longest = 0
    if one.oldest_due is not None:
        longest = -working_days_left(
            one.oldest_due, counting.around.now, counting.registry.calendar, counting.registry.zone
        )
    on_time = f"{percent(one.on_time, one.done, 1)}（{one.on_time}/{one.done}）" if one.done else ""
    return RankedUnit(clean(unit.name if unit is not None else unit_id), numbers, on_time, longest)


async def shown(visit: Visit) -> Response:
    """The page."""
    counting = await DeskCounting.of(visit)
    given = {name: visit.request.query_params.get(name, "").strip() for name in ("from", "to")}
    usual = this_month(counting.around.now)
    days = {name: _day(text) for name, text in given.items()}
    errors = {name: "请填写日期，如 2026-12-31" for name, text in given.items() if text and days[name] is None}
    period = RankingPeriod(days["from"] or usual.first, days["to"] or usual.last)
    if not errors and period.first > period.last:
        errors["from"] = "起日不能晚于止日"
    wanted = visit.request.query_params.get("sort", "")
    sort = wanted if wanted in SORTS else "overdue"
    rows: Sequence[RankedUnit] = ()
    alert = ""
    if not errors:
        try:
            rows = await ranking_of(counting, MOST, period, sort)
        except TooSlow:
            alert = TOO_WIDE
    return visit.page(
        "supervision/ranking.html",
        _WRONG if errors or alert else 200,
        rows=rows, columns=COLUMNS, sorts=SORTS, sort=sort, errors=errors, alert=alert, most=MOST,
        values={"from": given["from"] or f"{period.first}", "to": given["to"] or f"{period.last}"},
    )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 < found.year < 9999 else None  # noqa: PLR2004 - years that the database can tell
