"""The statutory days off 法定节假日: what no arrangement can make a working day.

L-14  An arrangement that says so, that takes one out of a published year, or that does not have 元旦 and 春节 in it is
      refused with the days; what a new year's file does not speak of is added and told.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple

from schemas.calendar import SATURDAY, CalendarDay, CalendarError, CalendarYear
from streams.files.yaml import load_yaml

_BY_THE_MOON: Final = ("春节", "清明节", "端午节", "中秋节")
_ALWAYS_SPOKEN_OF: Final = ("元旦", "春节")  # the year's first: a file without them is no arrangement


class Lawful(NamedTuple):
    """An arrangement that keeps the law, and the days that the law has added to it."""

    year: CalendarYear
    added: tuple[CalendarDay, ...]


def statutory_days(year: int) -> Mapping[date, str]:
    """The days off that the law gives in a year, and their names; of a year far away only the fixed ones."""
    laws, moon = _data()
    law = laws.get(max((since for since in laws if since <= year), default=min(laws)), {})
    firsts = dict(zip(_BY_THE_MOON, str(moon[year]).split(), strict=True)) if year in moon else {}
    return {day: name for name, text in law.items() for day in _days(year, str(text), firsts.get(name), name)}


def lawful(year: CalendarYear, known: Collection[int]) -> Lawful:
    """The arrangement with the statutory days that it does not speak of.

    `known`: years whose arrangement has been published. Of these a file that leaves a statutory day out would take it
    away; of a new year it has not spoken yet.

    Raises:
        CalendarError: naming the statutory days that it would make working days.

    """
    said, law = year.by_date, statutory_days(year.year)
    unspoken = {day: name for day, name in law.items() if day not in said and day.weekday() < SATURDAY}
    worked = {day: name for day, name in law.items() if said.get(day) is False}
    if year.year in known:
        worked |= unspoken
    for name in _ALWAYS_SPOKEN_OF:
        days = {day: name for day, of in law.items() if of == name}
        if days and not any(said.get(day) for day in days) and unspoken.keys() & days.keys():
            worked |= days
    if worked:
        listed = ", ".join(f"{day} {name}" for day, name in sorted(worked.items()))
        raise CalendarError(
            "days",
            f"法定节假日不能是工作日 · days off by law would be working days: {listed}; is it the arrangement of "
            f"{year.year}, and the whole of it?",
        )
    added = tuple(CalendarDay(date=day, off=True, name=name) for day, name in sorted(unspoken.items()))
    return Lawful(year.model_copy(update={"days": (*year.days, *added)}) if added else year, added)


def _days(year: int, text: str, first: str | None, name: str) -> Iterator[date]:
    if name not in _BY_THE_MOON:
        yield from (date.fromisoformat(f"{year}-{day}") for day in text.split())
    elif first is not None:
        begin, _, end = text.partition("..")
        for offset in range(int(begin), int(end or begin) + 1):
            yield date.fromisoformat(f"{year}-{first}") + timedelta(days=offset)


@cache
def _data() -> tuple[Mapping[int, Mapping[str, Any]], Mapping[int, str]]:
    data = load_yaml((Path(__file__).parents[2] / "calendars" / "statutory.yaml").read_text(encoding="utf-8")).data
    return data["laws"], data["moon"]
