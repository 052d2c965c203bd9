"""Files that hold a year's arrangement: holiday-cn JSON, holidayAPI JSON, the contract's record, iCalendar."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from schemas.calendar import DECEMBER, SATURDAY, CalendarError, CalendarYear, in_arrangement
from streams.files.calendar.events import LONGEST, SHANGHAI, DayOff, events_in
from streams.files.calendar.meaning import Meaning
from streams.files.yaml import YamlError, load_yaml

_DAY: Final = timedelta(days=1)


class Arrangement(NamedTuple):
    """A year's arrangement as a file has it, and the names of events that say neither."""

    year: CalendarYear
    passed_over: tuple[str, ...] = ()


class _Said(NamedTuple):
    date: date
    off: bool
    name: str


def parse_calendar(data: bytes, filename: str, *, wanted: int | None = None, zone: ZoneInfo = SHANGHAI) -> Arrangement:
    """The arrangement in a file: .json (holiday-cn, holidayAPI, the contract's record), .yaml, .yml or .ics.

    `wanted` takes one year out of a file that holds several.

    Raises:
        CalendarError: with the field and a sentence that says what is wrong.

    """
    suffix = PurePath(filename).suffix.lower()
    if suffix not in {".ics", ".yaml", ".yml", ".json"}:
        raise CalendarError("file", f"{filename}: a calendar is a .json, .yaml or .ics file")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarError("file", f"{filename} is not text in UTF-8") from error
    passed_over: tuple[str, ...] = ()
    if suffix == ".ics":
        record, passed_over = _from_ics(text.replace("\r\n", "\n").replace("\r", "\n").encode(), wanted, zone)
    else:
        record = _from_record(text, suffix, wanted)
    try:
        year = CalendarYear.model_validate_json(json.dumps(record, ensure_ascii=False, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "days"
        others = f" (events that say neither: {', '.join(passed_over)[:200]})" if passed_over else ""
        raise CalendarError(where, first["msg"].removeprefix("Value error, ") + others) from error
    if wanted not in {None, year.year}:
        raise CalendarError("year", f"the file holds {year.year}, not {wanted}")
    return Arrangement(year, passed_over)


def _from_record(text: str, suffix: str, wanted: int | None) -> object:
    try:
        record: Any = json.loads(text) if suffix == ".json" else load_yaml(text).data
    except (ValueError, RecursionError) as error:  # YamlError is one
        form = "YAML" if isinstance(error, YamlError) else "JSON"
        raise CalendarError("file", f"not {form} ({error})") from error
    if not isinstance(record, dict):
        raise CalendarError("file", "one record with `year` and `days` is expected")
    if isinstance(record.get("Years"), dict):
        return _from_holiday_api(record, wanted)
    days = record.get("days")
    if not isinstance(days, list):
        raise CalendarError("days", "a list of days with `date`, `off` (or `isOffDay`) and `name` is expected")
    papers = record.get("papers")
    return {
        "year": record.get("year"),
        "source": record.get("source") or (" ".join(map(str, papers)) if isinstance(papers, list) else ""),
        "days": [_day(day, number) for number, day in enumerate(days)],
    }


def _day(day: object, number: int) -> object:
    if isinstance(day, dict) and "isOffDay" in day:
        if day.get("off", day["isOffDay"]) is not day["isOffDay"]:
            raise CalendarError(f"days.{number}", "`off` and `isOffDay` contradict each other")
        return {"date": day.get("date"), "off": day["isOffDay"], "name": day.get("name") or ""}
    return day


def _from_holiday_api(record: Mapping[str, Any], wanted: int | None) -> object:
    """`Years`: for each year its holidays with `StartDate`, `EndDate` and the make-up days `CompDays`."""
    said = [
        day
        for year, holidays in record["Years"].items()
        for number, holiday in enumerate(holidays if isinstance(holidays, list) else [None])
        for day in _holiday(holiday, f"Years.{year}.{number}")
    ]
    return _record(said, str(record.get("Name") or ""), wanted)


def _holiday(holiday: Any, place: str) -> Iterator[_Said]:
    try:
        name, first, last = str(holiday["Name"]), *map(date.fromisoformat, (holiday["StartDate"], holiday["EndDate"]))
        worked = [date.fromisoformat(day) for day in holiday.get("CompDays") or ()]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        reason = "a holiday with `Name`, `StartDate`, `EndDate` and `CompDays` is expected"
        raise CalendarError(place, f"{reason} ({error})") from error
    count = (last - first).days + 1
    if not 1 <= count <= LONGEST.days or holiday.get("Duration", count) != count:
        raise CalendarError(place, f"{name} lasts from {first} to {last}, {holiday.get('Duration', count)} days")
    yield from (_Said(first + n * _DAY, True, name) for n in range(count))
    yield from (_Said(day, False, name) for day in worked)


def _from_ics(data: bytes, wanted: int | None, zone: ZoneInfo) -> tuple[object, tuple[str, ...]]:
    events, passed_over, calendar = events_in(data)
    if not any(event.meaning in {Meaning.OFF, Meaning.SWAPPED, Meaning.BOTH} for event in events):
        names = ", ".join(dict.fromkeys(event.name for event in events) or dict.fromkeys(passed_over))
        raise CalendarError(
            "SUMMARY",
            f"没有一项写明放假 · no event says that it is a day off (休, 放假, 假期, WORK-HOLIDAY): {names[:200]}",
        )
    year = wanted or _only_year([day for one in events if not one.endless for day in one.days(zone)])
    found = [(one, list(one.days(zone, date(year, DECEMBER, 31)))) for one in events]
    days = [(one, [day for day in own if in_arrangement(day, year)]) for one, own in found]
    certain = [_Said(day, one.meaning is Meaning.OFF, one.name) for one, own in days for day in own if _is_plain(one)]
    off = {day.date for day in certain if day.off}
    swapped = [_Said(day, _is_off(one, own, off), one.name) for one, own in days for day in own if not _is_plain(one)]
    said = sorted({*certain, *swapped})
    if not any(day.off and day.date.year == year for day in said):
        held = _listed(day for _, own in found for day in own)
        raise CalendarError("year", f"{year} has no day off in the file, which holds {held or 'no day'}")
    record = {"year": year, "source": calendar, "days": [day._asdict() for day in said]}
    return record, tuple(dict.fromkeys(passed_over))


def _is_plain(event: DayOff) -> bool:
    return event.meaning in {Meaning.OFF, Meaning.WORK}


def _is_off(event: DayOff, days: list[date], off: set[date]) -> bool:
    """调休: on a weekend it is worked, unless it lies inside a holiday; on a weekday it is off."""
    weekend = all(day.weekday() >= SATURDAY for day in days)
    if event.meaning is Meaning.BOTH and not weekend:
        raise event.error("SUMMARY", "says both that it is a day off and that it is worked")
    inside = min(days) - _DAY in off and max(days) + _DAY in off
    return not weekend or (inside and event.meaning is Meaning.SWAPPED)


def _only_year(days: Iterable[date]) -> int:
    """The one year that the file arranges, with the December before it."""
    found = list(days)
    if not found:
        raise CalendarError("year", "what the file holds repeats without end: say which year, such as --year 2027")
    year = max(found).year
    if any(not in_arrangement(day, year) for day in found):
        raise CalendarError("year", f"文件含多个年份 · the file holds {_listed(found)}: say which one, --year {year}")
    return year


def _listed(days: Iterable[date]) -> str:
    """The years of the days; a December alone belongs to the year after it."""
    return ", ".join(map(str, sorted({day.year + (day.month == DECEMBER) for day in days})))


def _record(said: list[_Said], source: str, wanted: int | None) -> object:
    year = wanted or _only_year([day.date for day in said])
    days = sorted({day for day in said if in_arrangement(day.date, year)})
    if not any(day.date.year == year for day in days):
        raise CalendarError("year", f"{year} is not in the file: it holds {_listed(d.date for d in said)}")
    return {"year": year, "source": source, "days": [day._asdict() for day in days]}
