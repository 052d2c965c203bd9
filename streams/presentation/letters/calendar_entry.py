"""The deadline as an entry for the reader's own calendar: an `.ics` with an alarm (RFC 5545). Pure.

N-33  A mail to an owner brings the deadlines that are still to come as calendar entries, one for each ticket. An entry
      keeps its UID, and its SEQUENCE grows with the ticket's version, so that a moved deadline replaces it; a closed
      ticket's mail takes it out. It rings at 09:00 on the working day before, on the day itself once that is over, and
      of a deadline in clock hours an hour before.
An event and no to-do: Outlook and the calendars of phones take no VTODO from a mail.
"""

import re
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from notifiers.text import pieces
from streams.presentation import labels
from streams.presentation.dates import ends_with_day
from streams.presentation.letters.kinds import row
from streams.presentation.letters.view import ItemView

_LINE_BYTES: Final = 75  # RFC 5545 3.1: octets in a line, without its end
_MORNING: Final = "PT9H"  # of a day that begins at midnight
_HOUR_BEFORE: Final = "-PT1H"
_ESCAPED: Final = re.compile(r"([\\;,])")


def calendar_entry(views: Iterable[ItemView], at: datetime, zone: ZoneInfo, organizer: str, office: str) -> bytes:
    """The entries of a letter; empty when there are none.

    `organizer` is our address, whose domain makes UIDs unique; `office` is its name.
    """
    views, method = list(views), "PUBLISH"
    entries: list[str] = []
    for view in views:
        if view.due.at is None or view.over or row(view.kind).supervisors or view.reader not in ("duty", "head"):
            continue
        if view.kind == "closed" and len(views) == 1:
            method = "CANCEL"
        elif view.kind == "closed" or view.due.at <= at:
            continue
        entries += _event(view, view.due.at, at, zone, f"ORGANIZER;CN={_name(office)}:mailto:{organizer}")
    if not entries:
        return b""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", f"PRODID:-//Rectify//{labels.SYSTEM}//ZH", "CALSCALE:GREGORIAN"]
    lines += [f"METHOD:{method}", *entries, "END:VCALENDAR"]
    return b"".join(_folded(line) for line in lines)


def _event(view: ItemView, due_at: datetime, at: datetime, zone: ZoneInfo, organizer: str) -> Iterator[str]:
    closed = view.kind == "closed"
    mark = labels.PROVISIONAL if view.due.provisional else ""
    summary = f"整改时限{mark}：{view.problem}，{view.asset}"
    place = f"{view.place.where} 等{view.problem_count}处" if view.several else view.place.where
    told = [f"{view.unit}，{place}", *filter(None, (view.detail or view.place.wrong,)), f"时限：{view.due.long}{mark}"]
    told += [*view.steps, f"整改单：{view.ticket_id}"]
    yield "BEGIN:VEVENT"
    yield f"UID:{view.ticket_id}@{organizer.rpartition('@')[2]}"
    yield f"SEQUENCE:{view.version}"
    yield f"DTSTAMP:{_utc(at)}"
    yield organizer
    yield from _when(due_at, zone)
    yield f"SUMMARY:{_text(summary)}"
    yield "DESCRIPTION:" + r"\n".join(_text(line) for line in told)
    yield "TRANSP:TRANSPARENT"
    yield f"STATUS:{'CANCELLED' if closed else 'TENTATIVE' if view.due.provisional else 'CONFIRMED'}"
    if not closed:
        yield from ("BEGIN:VALARM", "ACTION:DISPLAY", f"DESCRIPTION:{_text(summary)}")
        yield _trigger(view, due_at, at, zone)
        yield "END:VALARM"
    yield "END:VEVENT"


def _trigger(view: ItemView, due_at: datetime, at: datetime, zone: ZoneInfo) -> str:
    if not ends_with_day(due_at, zone):
        return f"TRIGGER:{_HOUR_BEFORE}"
    if view.alarm_at is not None and view.alarm_at > at:
        return f"TRIGGER;VALUE=DATE-TIME:{_utc(view.alarm_at)}"
    return f"TRIGGER:{_MORNING}"


def _when(due_at: datetime, zone: ZoneInfo) -> Iterator[str]:
    """The whole day where the deadline ends with the day, else the moment."""
    if not ends_with_day(due_at, zone):
        yield f"DTSTART:{_utc(due_at)}"
        yield f"DTEND:{_utc(due_at)}"
        return
    day = due_at.astimezone(zone).date()
    yield f"DTSTART;VALUE=DATE:{_day(day)}"
    yield f"DTEND;VALUE=DATE:{_day(day + timedelta(days=1))}"


def _utc(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"


def _name(text: str) -> str:
    """As the value of a parameter (RFC 5545 3.2): no quotes inside, quoted where it has signs of the syntax."""
    plain = text.replace('"', "")
    return f'"{plain}"' if set(plain) & set(":;,") else plain


def _text(text: str) -> str:
    """Our texts have no line breaks left (`wording.clean`)."""
    return _ESCAPED.sub(r"\\\1", text)


def _folded(line: str) -> bytes:
    """A line in pieces of at most 75 octets, each but the first after a space."""
    return b"\r\n ".join(pieces(line, _LINE_BYTES, _LINE_BYTES - 1)) + b"\r\n"
