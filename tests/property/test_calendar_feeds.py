"""One arrangement, written by a library in any of the forms that RFC 5545 has, is read as the same days."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st
from icalendar import Alarm, Calendar, Event

from streams.files.calendar.builtin import builtin_calendar
from streams.files.calendar.formats import parse_calendar

SHANGHAI = ZoneInfo("Asia/Shanghai")
Form = Callable[[Event, date, int], None]


def _dates(event: Event, first: date, days: int) -> None:
    event.add("DTSTART", first)
    event.add("DTEND", first + timedelta(days=days))


def _duration(event: Event, first: date, days: int) -> None:
    event.add("DTSTART", first)
    event.add("DURATION", timedelta(days=days))


def _zone(event: Event, first: date, days: int) -> None:
    start = datetime.combine(first, time(), SHANGHAI)
    event.add("DTSTART", start)
    event.add("DTEND", start + timedelta(days=days))


def _utc(event: Event, first: date, days: int) -> None:
    start = datetime.combine(first, time(), SHANGHAI).astimezone(UTC)
    event.add("DTSTART", start)
    event.add("DTEND", start + timedelta(days=days))


def _floating(event: Event, first: date, days: int) -> None:
    event.add("DTSTART", datetime.combine(first, time()))
    event.add("DTEND", datetime.combine(first + timedelta(days=days - 1), time(23, 59)))


def _repeated(event: Event, first: date, days: int) -> None:
    event.add("DTSTART", first)
    event.add("RRULE", {"FREQ": "DAILY", "COUNT": days + 1})
    event.add("EXDATE", first + timedelta(days=days))


FORMS: tuple[Form, ...] = (_dates, _duration, _zone, _utc, _floating, _repeated)
OFF = ("{}（休）", "{}假期", "{}放假", "{} holiday", "休｜{}")
WORKED = ("{}（班）", "上班(补{}假期)", "{} 补班", "{} 调休", "Special Working Day ({})", "{} 工作日")


def _spans(days: dict[date, bool], *, off: bool) -> list[tuple[date, int]]:
    """Runs of neighbouring days of one kind: first and length; the days that are worked one by one."""
    spans: list[tuple[date, int]] = []
    for day in sorted(day for day, is_off in days.items() if is_off is off):
        if off and spans and spans[-1][0] + timedelta(days=spans[-1][1]) == day:
            spans[-1] = (spans[-1][0], spans[-1][1] + 1)
        else:
            spans.append((day, 1))
    return spans


@settings(max_examples=150, deadline=None)
@given(st.data(), st.integers(2004, 2026))
def test_every_form_of_a_feed_gives_the_same_days(data: st.DataObject, year: int) -> None:
    """Each of the built-in years, each event in a form and with words of its own, festivals and alarms between them."""
    arrangement = dict(builtin_calendar().arrangements[year])
    calendar = Calendar()
    for off, words in ((True, OFF), (False, WORKED)):
        for first, length in _spans(arrangement, off=off):
            event = Event()
            event.add("SUMMARY", data.draw(st.sampled_from(words)).format("春节"))
            data.draw(st.sampled_from(FORMS))(event, first, length)
            if data.draw(st.booleans()):
                alarm = Alarm()
                alarm.add("SUMMARY", data.draw(st.sampled_from((*OFF, *WORKED))))
                alarm.add("TRIGGER", timedelta(hours=-9))
                event.add_component(alarm)
            calendar.add_component(event)
    for day in data.draw(st.lists(st.dates(date(year, 1, 1), date(year, 12, 31)), max_size=5)):
        festival = Event()
        festival.add("SUMMARY", data.draw(st.sampled_from(("植树节", "情人节", "立春", "春节", "妇女节放假半天"))))
        festival.add("DTSTART", day)
        calendar.add_component(festival)
    read = parse_calendar(calendar.to_ical(), "feed.ics", wanted=year, zone=SHANGHAI)
    assert dict(read.year.by_date) == arrangement
