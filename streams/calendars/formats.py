"""Files that hold a year's arrangement: holiday-cn JSON, the contract's record as YAML or JSON, iCalendar."""

from __future__ import annotations

import json
import re
from datetime import date, timedelta
from pathlib import PurePath
from typing import Any

from pydantic import ValidationError

from schemas.calendar import DECEMBER, CalendarError, CalendarYear
from streams.marked_yaml import YamlError, load_yaml

_WORKDAY = re.compile(r"上班|补班|[（(]班[)）]")  # SUMMARY of a make-up working day
_EVENT = re.compile(r"^BEGIN:VEVENT$(.*?)^END:VEVENT$", re.MULTILINE | re.DOTALL | re.IGNORECASE)
_PROPERTY = re.compile(r"^(DTSTART|DTEND|SUMMARY)(?:;[^:\n]*)?:(.*)$", re.MULTILINE | re.IGNORECASE)
_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
_LONGEST = timedelta(days=31)  # a longer event is no holiday


def parse_calendar(data: bytes, filename: str) -> CalendarYear:
    """The arrangement in a file: .json (holiday-cn or the contract's record), .yaml, .yml or .ics.

    Raises:
        CalendarError: with the field and a sentence that says what is wrong.

    """
    suffix = PurePath(filename).suffix.lower()
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CalendarError("file", f"{filename} is not text in UTF-8") from error
    if suffix == ".ics":
        record: object = _from_ics(text)
    elif suffix in (".yaml", ".yml", ".json"):
        record = _from_record(text, suffix)
    else:
        raise CalendarError("file", f"{filename}: a calendar is a .json, .yaml or .ics file")
    try:
        return CalendarYear.model_validate_json(json.dumps(record, ensure_ascii=False, default=str))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "days"
        raise CalendarError(where, first["msg"].removeprefix("Value error, ")) from error


def _from_record(text: str, suffix: str) -> object:
    try:
        record: Any = json.loads(text) if suffix == ".json" else load_yaml(text).data
    except (json.JSONDecodeError, RecursionError) as error:
        raise CalendarError("file", f"not JSON ({error})") from error
    except YamlError as error:
        raise CalendarError("file", f"not YAML ({error})") from error
    if not isinstance(record, dict):
        raise CalendarError("file", "one record with `year` and `days` is expected")
    days = record.get("days")
    if not isinstance(days, list):
        raise CalendarError("days", "a list of days with `date`, `off` (or `isOffDay`) and `name` is expected")
    papers = record.get("papers")
    return {
        "year": record.get("year"),
        "source": record.get("source") or (" ".join(map(str, papers)) if isinstance(papers, list) else ""),
        "days": [_day(day) for day in days],
    }


def _day(day: object) -> object:
    if isinstance(day, dict) and "isOffDay" in day:
        return {"date": day.get("date"), "off": day["isOffDay"], "name": day.get("name") or ""}
    return day


def _from_ics(text: str) -> object:
    unfolded = re.sub(r"\n[ \t]", "", text.replace("\r\n", "\n"))
    days = []
    for number, event in enumerate(_EVENT.findall(unfolded), 1):
        fields = {key.upper(): value.strip() for key, value in _PROPERTY.findall(event)}
        name = re.sub(r"\\(.)", r"\1", fields.get("SUMMARY", ""))
        first = _ics_date(fields.get("DTSTART"), number)
        end = _ics_date(fields["DTEND"], number) if "DTEND" in fields else first
        if end - first > _LONGEST:
            raise CalendarError("DTEND", f"event {number} ({name}) lasts from {first} to {end}")
        off = _WORKDAY.search(name) is None
        # DTEND is the day after the last one (RFC 5545 3.6.1).
        days += [
            {"date": first + timedelta(days=n), "off": off, "name": name} for n in range(max((end - first).days, 1))
        ]
    if not days:
        raise CalendarError("VEVENT", "the file holds no event; has the arrangement been published?")
    return {"year": _year_of([day["date"] for day in days]), "days": days, "source": _calendar_name(unfolded)}


def _ics_date(value: str | None, number: int) -> date:
    match = _DATE.match(value or "")
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(value or "")
    except ValueError as error:
        raise CalendarError("DTSTART", f"event {number} has no date ({value})") from error


def _year_of(days: list[Any]) -> int:
    year = max(days).year
    strange = sorted({day.year for day in days if day.year != year and (day.year, day.month) != (year - 1, DECEMBER)})
    if strange:
        raise CalendarError("year", f"the file holds {', '.join(map(str, strange))} and {year}: one file for each year")
    return int(year)


def _calendar_name(text: str) -> str:
    match = re.search(r"^X-WR-CALNAME[^:\n]*:(.*)$", text, re.MULTILINE)
    return match.group(1).strip() if match else ""
