"""Events of an iCalendar file: on which days they lie, whatever way their times are written (RFC 5545)."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, tzinfo
from itertools import takewhile
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from dateutil.rrule import rrulestr
from icalendar import Calendar, Component, vRecur
from icalendar.error import BrokenCalendarProperty

from schemas.calendar import FIRST_YEAR, LAST_YEAR, CalendarError
from streams.files.calendar.meaning import Meaning, meaning

SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
LONGEST: Final = timedelta(days=31)  # a longer event is no holiday
_CORE: Final = (time(10), time(16))  # an event with times has the days off of which it covers these hours
_MOST: Final = 1_000  # times that an event repeats
_MOST_RULES: Final = 50  # events that repeat: a rule that never holds takes a second
_DAY: Final = timedelta(days=1)
_TIMES: Final = ("DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS")
_RULES: Final = {  # what else a rule may say, by how often it repeats: never so much that looking for a day takes long
    "YEARLY": {"BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS", "BYWEEKNO", "BYYEARDAY"},
    "MONTHLY": {"BYMONTH", "BYMONTHDAY", "BYDAY", "BYSETPOS"},
    "WEEKLY": {"BYDAY"},
    "DAILY": {"BYDAY"},
}


@dataclass(frozen=True, slots=True)
class DayOff:
    """One event that says what its days are."""

    number: int  # in the file, from 1
    name: str
    meaning: Meaning
    start: datetime  # by the clock of the event's own zone
    zone: tzinfo | None  # None: whole days, or the zone of whoever reads
    length: timedelta
    whole_days: bool
    rule: Any  # dateutil's, or None
    endless: bool
    more: frozenset[datetime]  # RDATE
    left_out: frozenset[datetime | date]  # EXDATE, and what other events replace

    def days(self, here: ZoneInfo, last: date = date.max) -> Iterator[date]:
        """Its days by the clock `here`, those of all repetitions that begin until `last`."""
        end = datetime.combine(last, time.max)
        rule = () if self.rule is None else takewhile(lambda moment: moment <= end, self.rule)
        starts = {self.start, *self.more}
        for moment in rule:
            starts.add(moment)
            if len(starts) > _MOST:
                raise self.error("RRULE", f"repeats more than {_MOST} times")
        for moment in sorted(starts):
            if not FIRST_YEAR <= moment.year <= LAST_YEAR:
                raise self.error("DTSTART", f"lies in the year {moment.year}")
            if moment not in self.left_out and moment.date() not in self.left_out:
                yield from self._days(_local(moment.replace(tzinfo=self.zone), here))

    def _days(self, start: datetime) -> Iterator[date]:
        end = start + self.length
        if self.length > LONGEST:
            raise self.error("DTEND", f"lasts from {start.date()} to {end.date()}")
        days = [start.date() + n * _DAY for n in range(self.length.days + 2)]
        if self.whole_days:
            covered = [day for day in days if datetime.combine(day, time()) < max(end, start + _DAY)]
        else:
            covered = [
                d for d in days if start <= datetime.combine(d, _CORE[0]) and datetime.combine(d, _CORE[1]) <= end
            ]
            # A moment is said of its day. A part of a day is a working day none the less, but no day off.
            if not covered and (not self.length or self.meaning is not Meaning.OFF):
                covered = days[:1]
        yield from covered

    def error(self, field: str, reason: str) -> CalendarError:
        """What is wrong with this event."""
        return _error(self.number, self.name, field, reason)


class Events(NamedTuple):
    """What an iCalendar file holds."""

    said: list[DayOff]
    passed_over: list[str]  # names of events that say neither
    calendar: str  # its name


def events_in(data: bytes) -> Events:
    """The events that say what their days are. Raises CalendarError."""
    try:
        with warnings.catch_warnings(action="ignore"):  # of zones whose names are guessed
            parsed = Calendar.from_ical(data, multiple=True)
    except Exception as error:  # whatever a broken file makes icalendar raise
        raise CalendarError("file", f"not an iCalendar file ({error})") from error
    valid = [part for part in parsed if str(part.get("METHOD", "")).upper() != "CANCEL"]
    parts = [(number, part) for number, part in enumerate((p for whole in valid for p in whole.walk("VEVENT")), 1)]
    if not parts and b"BEGIN:VEVENT" in data.upper():
        raise CalendarError("VEVENT", "the file is cut off (END:VCALENDAR is missing), or cancels all that it holds")
    if not parts:
        raise CalendarError("VEVENT", "the file holds no event; has the arrangement been published?")
    gone = {_key(part, "DTSTART") for _, part in parts if _is_cancelled(part) and "RECURRENCE-ID" not in part}
    replaced: dict[str, set[datetime | date]] = {}
    for number, part in parts:
        if "RECURRENCE-ID" in part:
            moment = _moment(part, "RECURRENCE-ID", number)
            replaced.setdefault(_of(part, "UID"), set()).add(moment)
    events, passed_over = [], []
    for number, part in parts:
        said = _meaning(part)
        if said is None:
            passed_over.append(_of(part, "SUMMARY"))
        elif not _is_cancelled(part) and _key(part, "DTSTART") not in gone:
            own = replaced.get(_of(part, "UID"), set()) if "RECURRENCE-ID" not in part else set()
            events.append(_event(number, part, said, own))
    if sum(event.rule is not None for event in events) > _MOST_RULES:
        raise CalendarError("RRULE", f"more than {_MOST_RULES} events repeat; an arrangement names its days")
    names = (str(whole.get("X-WR-CALNAME", "")).strip() for whole in valid)
    return Events(events, passed_over, next(filter(None, names), ""))


def _meaning(part: Component) -> Meaning | None:
    categories = part.get("CATEGORIES", [])
    names = [name for some in (categories if isinstance(categories, list) else [categories]) for name in _cats(some)]
    return meaning(_of(part, "SUMMARY"), names, _of(part, "DESCRIPTION"), _of(part, "X-APPLE-SPECIAL-DAY"))


def _of(part: Component, field: str) -> str:
    """A text of an event; the first, where it has several."""
    value = part.get(field, "")
    return str(value[0] if isinstance(value, list) and value else value)


def _cats(value: Any) -> list[str]:
    return [str(one) for one in getattr(value, "cats", [value])]


def _is_cancelled(part: Component) -> bool:
    return _of(part, "STATUS").strip().upper() == "CANCELLED"


def _key(part: Component, field: str) -> tuple[str, object]:
    return str(part.get("UID") or id(part)), _dt(part.get(field))


def _event(number: int, part: Component, said: Meaning, replaced: set[datetime | date]) -> DayOff:
    name = _of(part, "SUMMARY")
    for field, reason in part.errors:
        if field in _TIMES:
            raise _error(number, name, str(field), f"cannot be read ({reason})")
    if "EXRULE" in part:
        raise _error(number, name, "EXRULE", "leaves days out by a rule, which is not understood")
    if "DTSTART" not in part:
        raise _error(number, name, "DTSTART", "has no date")
    start = _moment(part, "DTSTART", number)
    whole_days = not isinstance(start, datetime)
    zone = start.tzinfo if isinstance(start, datetime) else None
    length = _length(part, start, number, name)
    wall = _wall(start, zone)
    rule, endless = _rule(part, wall, zone, number, name)
    more = frozenset(_wall(one, zone) for one in _list(part, "RDATE"))
    left_out = {*_list(part, "EXDATE"), *replaced}
    out = frozenset(_wall(one, zone) if isinstance(one, datetime) else one for one in left_out)
    return DayOff(number, name, said, wall, zone, length, whole_days, rule, endless, more, out)


def _moment(part: Component, field: str, number: int) -> datetime | date:
    value = part[field]
    if isinstance(value, list):
        value = value[0]
    moment = _dt(value)
    name = _of(part, "SUMMARY")
    if not isinstance(moment, date):
        raise _error(number, name, field, f"is no date ({value})")
    zone = value.params.get("TZID")
    if zone and isinstance(moment, datetime) and moment.tzinfo is None:
        if str(zone).rpartition("/")[2].lower() == "beijing":  # no zone has this name, and many feeds do
            return moment.replace(tzinfo=SHANGHAI)
        raise _error(number, name, field, f"is in a time zone that nobody knows: {zone}")
    if value.params.get("RANGE"):
        raise _error(number, name, field, "changes all later ones (RANGE), which is not understood")
    return moment


def _length(part: Component, start: datetime | date, number: int, name: str) -> timedelta:
    if "DTEND" in part:
        end = _moment(part, "DTEND", number)
        if isinstance(start, datetime) and isinstance(end, datetime) and end.tzinfo and start.tzinfo:
            length = end - start
        else:
            length = _wall(end, getattr(start, "tzinfo", None)) - _wall(start, None)
    elif "DURATION" in part:
        duration = _dt(part["DURATION"])
        if not isinstance(duration, timedelta):
            raise _error(number, name, "DURATION", "cannot be read")
        length = duration
    else:
        return timedelta() if isinstance(start, datetime) else _DAY
    if length < timedelta():
        raise _error(number, name, "DTEND", "ends before it begins")
    return length


def _rule(part: Component, wall: datetime, zone: tzinfo | None, number: int, name: str) -> tuple[Any, bool]:
    said = part.get("RRULE")
    if said is None:
        return None, False
    parts = {} if isinstance(said, list) else {str(key).upper(): value for key, value in said.items()}
    often = str(parts.get("FREQ", [""])[0]).upper()
    known = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", *_RULES.get(often, ())}
    if often not in _RULES or not parts.keys() <= known or 0 in parts.get("INTERVAL", ()):
        raise _error(number, name, "RRULE", f"repeats by a rule that is not understood ({_text(said)})")
    until = parts.pop("UNTIL", [None])[0]
    try:
        rule = rrulestr(_text(vRecur(parts)), dtstart=wall)
        if until is not None:
            whole_day = not isinstance(until, datetime)
            last = datetime.combine(until, time.max) if whole_day else _wall(until, zone)
            rule = rule.replace(until=last)  # type: ignore[union-attr] # one rule makes one rule
    except (ValueError, TypeError, KeyError) as error:
        raise _error(number, name, "RRULE", f"cannot be read ({error})") from error
    return rule, until is None and "COUNT" not in parts


def _text(said: Any) -> str:
    return str(said.to_ical().decode()) if isinstance(said, vRecur) else "several rules"  # type: ignore[no-untyped-call]


def _list(part: Component, field: str) -> Iterator[datetime | date]:
    values = part.get(field, [])
    for some in values if isinstance(values, list) else [values]:
        for one in some.dts:
            yield one.dt[0] if isinstance(one.dt, tuple) else one.dt


def _dt(value: Any) -> Any:
    try:
        return getattr(value, "dt", None)
    except BrokenCalendarProperty:
        return None


def _wall(moment: datetime | date, zone: tzinfo | None) -> datetime:
    """By the clock of the event's zone, without naming it."""
    if not isinstance(moment, datetime):
        return datetime.combine(moment, time())
    return (moment if moment.tzinfo is None or zone is None else moment.astimezone(zone)).replace(tzinfo=None)


def _local(moment: datetime, here: ZoneInfo) -> datetime:
    return moment if moment.tzinfo is None else moment.astimezone(here).replace(tzinfo=None)


def _error(number: int, name: str, field: str, reason: str) -> CalendarError:
    return CalendarError(field, f"event {number} ({name}) {reason}")
