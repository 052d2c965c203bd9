"""`/desk`: what waits for a decision, what is late, what comes, what has not arrived, who is behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from typing import Final, TypeVar
from urllib.parse import urlencode

from starlette.responses import Response

from streams.ledger import TooSlow
from streams.ledger.reading.supervision import (
    HeldFilter,
    count_held_runs,
    count_set_aside,
    count_silent_producers,
    count_undelivered,
    count_unregistered,
    refused_producers,
)
from streams.ledger.reading.trends import in_spans
from streams.presentation.dates import DUE_TODAY, local, short_day
from streams.rules.state.workdays import Calendar
from streams.services.kept_numbers import CountedNumbers
from streams.services.runs import held_behind
from streams.services.ticket_query import DECIDED, rungs_of
from streams.web.desk.visits import Visit
from streams.web.supervision.held_runs import FIRST, RunNumbers, stake_numbers
from streams.web.supervision.lists import undelivered_since
from streams.web.supervision.numbers import DeskCounting, Number
from streams.web.supervision.ranking import COLUMNS, RankedUnit, ranking_of

DAYS: Final = 7  # working days ahead
HELD: Final = 3  # held runs that are told at once
BEHIND: Final = 5  # units
Value = TypeVar("Value")
_TO_DO: Final = {
    "ask": "同意用延期、转派、误报核减，不同意须说明理由",
    "unverifiable": "审核通过，或退回重办",
    "unanswered": "催促巡检方，或人工核实后销号",
}


async def shown(visit: Visit) -> Response:
    """The page."""
    counting = await DeskCounting.of(visit)
    now = counting.around.now
    ledger = visit.premises.ledger
    days, ranking = await _kept(counting, "days", _days), await _kept(counting, "behind", _behind)
    return visit.page(
        "supervision/overview.html",
        at=local(now, counting.registry.zone, "%H:%M"),
        to_decide=await _to_decide(counting),
        runs=await _held(counting),
        late=await counting.tickets("逾期", light="red"),
        rungs=[await counting.tickets(f"其中{label}", light="red", rung=rung) for rung, label in _rungs(counting)],
        today=await counting.tickets(DUE_TODAY, due_from=f"{now:%Y-%m-%d}", due_to=f"{now:%Y-%m-%d}"),
        claimed=await counting.tickets("待复核", status="claimed"),
        undelivered=await counting.rows(
            "未送达的通知（近7日）",
            "desk/notices",
            count_undelivered(ledger, undelivered_since(now), visit.viewer.units),
        ),
        days=days.value or (),
        days_at=local(days.at, counting.registry.zone, "%H:%M"),
        ranking=ranking.value,
        ranking_at=local(ranking.at, counting.registry.zone, "%H:%M"),
        columns=COLUMNS,
    )


def _rungs(counting: DeskCounting) -> Iterator[tuple[str, str]]:
    """Those that went furthest first; last those that none was reached of."""
    every = list(rungs_of(counting.visit.premises.policy).items())
    yield from (*reversed(every[:-1]), every[-1])


async def _to_decide(counting: DeskCounting) -> list[Number]:
    """What a person has to decide or to see to; what is of no unit only where everything is seen."""
    ledger, viewer = counting.visit.premises.ledger, counting.visit.viewer
    found = [
        await counting.rows(
            "待核巡检", "desk/decisions", count_held_runs(ledger, HeldFilter(viewer.units)), "采信，或不采信"
        ),
        *[await counting.tickets(label, _TO_DO[kind], decide=kind) for kind, label in DECIDED.items()],
    ]
    if viewer.units is not None:
        return found
    refused = await refused_producers(ledger, counting.visit.now.real)
    return [
        *found,
        await counting.rows("未登记的资产", "desk/assets", count_unregistered(ledger), "登记后归到主办单位"),
        await counting.rows("中断的巡检方", "desk/silent", count_silent_producers(ledger), "查明原因，恢复巡检"),
        Number("报送被拒收的巡检方", "desk/refused", len(refused), "请巡检方更正后重新报送"),
        await counting.rows("系统搁置的事项", "desk/set-aside", count_set_aside(ledger), "请管理员处理"),
    ]


async def _held(counting: DeskCounting) -> list[RunNumbers]:
    """A few held runs, with what each would close; none where that takes too long."""
    visit = counting.visit
    try:
        runs = await held_behind(visit.premises.ledger, FIRST, HELD, HeldFilter(visit.viewer.units))
        return [await stake_numbers(counting, one) for one in runs]
    except TooSlow:
        return []


async def _kept(
    counting: DeskCounting, name: str, count: Callable[[DeskCounting], Awaitable[Value]]
) -> CountedNumbers[Value | None]:
    """Numbers of what this viewer sees today; None where counting takes too long: the rest of the page stands."""
    visit = counting.visit
    key = (name, visit.viewer.units, counting.around.now.date())
    try:
        return await visit.premises.kept.of(key, visit.now, lambda: count(counting))
    except TooSlow:
        return CountedNumbers(None, visit.now.at)


async def _behind(counting: DeskCounting) -> Sequence[RankedUnit]:
    """The units with most that is late."""
    return await ranking_of(counting, BEHIND)


async def _days(counting: DeskCounting) -> list[Number]:
    """The next working days, and days off between them on which anything is due."""
    today, calendar = counting.around.now.date(), counting.registry.calendar
    days = list(days_ahead(calendar, today))
    bounds = [datetime.combine(day, time(), counting.registry.zone) for day in (*days, days[-1] + timedelta(days=1))]
    due = await in_spans(counting.visit.premises.ledger, "due_at", bounds, counting.visit.viewer.units)
    return [
        Number(short_day(day, today), f"tickets?{urlencode({'due_from': day, 'due_to': day})}", many, is_exact=True)
        for day, many in zip(days, due, strict=True)
        if many or calendar.is_workday(day)
    ]


def days_ahead(calendar: Calendar, today: date) -> Iterator[date]:
    """From tomorrow to the seventh working day."""
    last = calendar.add_workdays(today, DAYS).date
    return (today + timedelta(days=number) for number in range(1, (last - today).days + 1))
