"""The week of the units below a supervising unit, in a letter: their numbers, and what is overdue (N-75). Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from notifiers.text import clean, shorten
from streams.presentation.bulletins.numbers import percent
from streams.presentation.dates import local
from streams.presentation.letters.letter import WeekItem, WeekSheet, WeekTicket, WeekUnit
from streams.presentation.letters.view import NAME_LENGTH

UNITS: Final = 20  # rows of a letter; the workbook has all
TICKETS: Final = 10
_ABOUT_UNITS: Final = (
    ("单位", 30), ("在办", 8), ("其中逾期", 10), ("本周立单", 10), ("本周办结", 10), ("按期办结率", 20),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class WeekUnitView:
    """What a template sees of a unit; `on_time` is empty where nothing was done."""

    name: str
    open: int
    overdue: int
    opened: int
    ended: int
    on_time: str


@dataclass(frozen=True, slots=True)
class WeekView:
    """What templates see of the week."""

    since: str
    until: str
    unit_count: int
    quiet: int  # units without any ticket
    rows: tuple[WeekUnitView, ...]
    left_out: int
    overdue_rows: tuple[WeekTicket, ...]
    total: WeekUnitView
    sheet: str  # how the workbook is called; empty: there is none


def week_view(item: WeekItem, zone: ZoneInfo) -> WeekView:
    """The units with most overdue first."""
    units = _worst_first(item.units)
    return WeekView(
        local(item.since, zone),
        local(item.until, zone),
        item.unit_count,
        item.unit_count - len(units),
        tuple(_view(one) for one in units[:UNITS]),
        max(len(units) - UNITS, 0),
        tuple(WeekTicket(*(clean(text) for text in one)) for one in item.overdue[:TICKETS]),
        _view(_together(units)),
        sheet_called(item, zone) if item.sheets else "",
    )


def sheet_called(item: WeekItem, zone: ZoneInfo) -> str:
    """The workbook's name."""
    return f"一周整改情况{local(item.until, zone, '%Y%m%d')}.xlsx"


def units_sheet(units: Iterable[WeekUnit]) -> WeekSheet:
    """All of the units."""
    rows = (_view(one) for one in _worst_first(units))
    texts = ((one.name, *map(str, (one.open, one.overdue, one.opened, one.ended)), one.on_time) for one in rows)
    return WeekSheet("各单位", _ABOUT_UNITS, tuple(texts))


def _together(units: Sequence[WeekUnit]) -> WeekUnit:
    numbers = [[one[place] for one in units] for place in range(1, len(WeekUnit._fields))]
    return WeekUnit("合计", *(sum(map(int, column)) for column in numbers))


def _worst_first(units: Iterable[WeekUnit]) -> list[WeekUnit]:
    return sorted(units, key=lambda one: (-one.overdue, -one.open, -one.opened, -one.ended, one.name))


def _view(one: WeekUnit) -> WeekUnitView:
    share = percent(one.on_time, one.done, 1)
    on_time = f"{share}（{one.on_time}/{one.done}）" if share is not None else ""
    return WeekUnitView(shorten(clean(one.name), NAME_LENGTH), one.open, one.overdue, one.opened, one.ended, on_time)
