"""`/desk/charts`: what came and ended by week, what is open by age and kind; tables that a script draws as well."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Final, NamedTuple
from urllib.parse import urlencode

from starlette.responses import Response

from streams.ledger import TooSlow
from streams.ledger.reading.listing.filter import ENDED, OPEN
from streams.ledger.reading.trends import OpenOfCheck, in_spans, open_by_check
from streams.presentation.dates import local, plain_day
from streams.services.ticket_query import TOO_WIDE
from streams.web.desk.visits import Visit
from streams.web.supervision.numbers import DeskCounting, Number

WEEKS: Final = 12
CHECKS: Final = 15  # kinds that are told, those with most
AGES: Final = (7, 30, 90)  # days since the opening, that day counted
_SPAN: Final = timedelta(days=7)
_TOO_WIDE: Final = 503
_EVERY: Final = ",".join((*OPEN, *ENDED))


class ChartTable(NamedTuple):
    """A table, and as what it is drawn: `bar` upright, `row` lying."""

    name: str
    title: str
    head: str  # of the first column
    series: tuple[str, ...]
    kind: str
    rows: Sequence[tuple[str, Sequence[Number]]]


async def shown(visit: Visit) -> Response:
    """The page."""
    counting = await DeskCounting.of(visit)
    tables: list[ChartTable] = []
    alert = ""
    try:
        by_check = await _open(counting)
        tables = [await _weeks(counting), _ages(counting, by_check), _checks(counting, by_check)]
    except TooSlow:
        alert = TOO_WIDE
    at = local(counting.around.now, counting.registry.zone, "%H:%M")
    return visit.page("supervision/charts.html", _TOO_WIDE if alert else 200, tables=tables, alert=alert, at=at)


def _midnight(counting: DeskCounting, day: date) -> datetime:
    return datetime.combine(day, time(), counting.registry.zone)


async def _weeks(counting: DeskCounting) -> ChartTable:
    today = counting.around.now.date()
    this = today - timedelta(days=today.weekday())
    mondays = [this - _SPAN * number for number in range(WEEKS - 1, -1, -1)]
    bounds = [_midnight(counting, day) for day in (*mondays, this + _SPAN)]
    ledger, units = counting.visit.premises.ledger, counting.visit.viewer.units
    opened = await in_spans(ledger, "opened_at", bounds, units)
    ended = await in_spans(ledger, "closed_at", bounds, units)
    rows = []
    for monday, came, went in zip(mondays, opened, ended, strict=True):
        first, last = f"{monday}", f"{monday + timedelta(days=6)}"
        rows.append((
            f"{plain_day(monday, today)}起",
            (
                _number("立单", came, opened_from=first, opened_to=last, status=_EVERY, sort="opened"),
                _number("办结", went, closed_from=first, closed_to=last, sort="closed"),
            ),
        ))  # fmt: skip
    return ChartTable("weeks", f"近{WEEKS}周立单和办结", "周", ("立单", "办结"), "bar", rows)


def _number(label: str, many: int, **query: str) -> Number:
    return Number(label, f"tickets?{urlencode(query)}", many, is_exact=True)


def _first_days(counting: DeskCounting) -> list[date]:
    """Of the spans of age, the earliest first: the oldest one has none."""
    today = counting.around.now.date()
    return [today - timedelta(days=days - 1) for days in reversed(AGES)]


async def _open(counting: DeskCounting) -> dict[str, OpenOfCheck]:
    inner = [_midnight(counting, day) for day in _first_days(counting)]
    units = counting.visit.viewer.units
    return await open_by_check(counting.visit.premises.ledger, counting.around.now, inner, units)


def _ages(counting: DeskCounting, by_check: dict[str, OpenOfCheck]) -> ChartTable:
    firsts = [None, *_first_days(counting)]
    sums = [sum(one.by_span[number] for one in by_check.values()) for number in range(len(firsts))]
    words = (f"{AGES[-1]}天以上", *(f"{young + 1}至{old}天" for young, old in _pairs()), f"{AGES[0]}天以内")
    rows = []
    for number, (first, many, label) in enumerate(zip(firsts, sums, words, strict=True)):
        after = firsts[number + 1] if number + 1 < len(firsts) else None
        query = {"opened_from": f"{first}"} if first else {}
        if after is not None:
            query["opened_to"] = f"{after - timedelta(days=1)}"
        rows.append((label, (_number("未办结", many, **query),)))
    return ChartTable("ages", "未办结的，按立单至今", "立单至今", ("未办结",), "bar", rows[::-1])


def _pairs() -> list[tuple[int, int]]:
    """Neighbours, the older first."""
    return list(pairwise(AGES))[::-1]


def _checks(counting: DeskCounting, by_check: dict[str, OpenOfCheck]) -> ChartTable:
    first = sorted(by_check.items(), key=lambda one: (-one[1].all, one[0]))[:CHECKS]
    policy = counting.visit.premises.policy
    rows = [
        (
            policy.rule(code).name,
            (_number("未办结", one.all, check=code), _number("逾期", one.overdue, check=code, light="red")),
        )
        for code, one in first
    ]
    return ChartTable("checks", f"未办结最多的问题类型（前{CHECKS}类）", "问题类型", ("未办结", "逾期"), "row", rows)
