"""How working days were counted, day by day, as a person does it on a wall calendar. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Final, Literal, NamedTuple

from schemas.calendar import SATURDAY
from streams.presentation.dates import between, listed_day
from streams.rules.state.workdays import Calendar

Kind = Literal["worked", "make_up", "weekend", "holiday"]
_DAY: Final = timedelta(days=1)


class DayStretch(NamedTuple):
    """Neighbouring days of one kind; `counted` is the number of working days up to its last day."""

    first: date
    last: date
    kind: Kind
    name: str  # of the holiday, or of the one that is made up for; empty where the calendar has none
    counted: int


def counted_days(start: date, last: date, calendar: Calendar, names: Mapping[date, str]) -> tuple[DayStretch, ...]:
    """Every day after `start` up to `last` (L-1: the start day does not count), neighbours of one kind together."""
    spans: list[DayStretch] = []
    counted, day = 0, start
    while day < last:
        day += _DAY
        kind = _kind(day, calendar)
        name = names.get(day, "") if kind in ("holiday", "make_up") else ""
        counted += kind in ("worked", "make_up")
        if spans and (spans[-1].kind, spans[-1].name) == (kind, name):
            spans[-1] = spans[-1]._replace(last=day, counted=counted)
        else:
            spans.append(DayStretch(day, day, kind, name, counted))
    return tuple(spans)


def span_words(span: DayStretch) -> str:
    """`2026-02-15（周日） 至 2026-02-23（周一） 春节放假，不计`."""
    days = between(listed_day(span.first), listed_day(span.last))
    length = (span.last - span.first).days + 1
    number = f"第{span.counted}个工作日" if length == 1 else f"第{span.counted - length + 1}至{span.counted}个工作日"
    match span.kind:
        case "worked":
            return f"{days}  {number}"
        case "make_up":
            return f"{days}  {span.name}调休上班，{number}"
        case "holiday":
            return f"{days}  {span.name}放假，不计"
        case _:
            return f"{days}  周末，不计"


def _kind(day: date, calendar: Calendar) -> Kind:
    exception = calendar.exceptions.get(day)
    if exception is None:
        if day.weekday() < SATURDAY:
            return "worked"
        return "holiday" if calendar.arrangements.get(day.year, {}).get(day) else "weekend"
    return "holiday" if exception else "make_up"
