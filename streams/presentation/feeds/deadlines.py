"""Deadlines as a calendar to subscribe to (RFC 5545, RFC 7986). Pure.

H-10 The calendar of a feed has an entry for each open ticket of its unit and of what is below it, 1,000 at most, the
     earliest due first; what has no room is said by one entry of today. An entry keeps its UID: a moved deadline moves
     it, and that of a closed ticket, or of one that another unit has now, is no longer there. It names ticket, asset,
     unit, kind of problem and deadline, no person and no telephone number, and nothing of what somebody has written.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, NamedTuple

from icalendar import Calendar, Event

from notifiers.text import clean
from streams.presentation.dates import ends_with_day, long_due
from streams.presentation.labels import PROVISIONAL, SYSTEM
from streams.presentation.ticket_list.row import Around
from streams.rules.state.records import AssetRecord, Ticket

MOST: Final = 1_000  # entries
_AGAIN: Final = timedelta(hours=1)  # how often a reader may look


class DeadlineEntry(NamedTuple):
    """A ticket of the calendar; `url`: its page on the desk, empty where there are no pages."""

    ticket: Ticket
    asset: AssetRecord
    url: str


def deadline_calendar(entries: Sequence[DeadlineEntry], whose: str, around: Around, *, more: bool) -> bytes:
    """The calendar. `whose`: the name of the unit; `more`: there are tickets that have no room."""
    calendar = Calendar()
    calendar.add("prodid", f"-//Rectify//{SYSTEM}//ZH")
    calendar.add("version", "2.0")
    for name in ("name", "x-wr-calname"):
        calendar.add(name, f"整改时限：{whose}")
    calendar.add("refresh-interval", _AGAIN, {"VALUE": "DURATION"})
    calendar.add("x-published-ttl", "PT1H")
    for entry in entries:
        calendar.add_component(_event(entry, around))
    if more:
        calendar.add_component(_rest(around.now.date()))
    text: bytes = calendar.to_ical()
    return text


def _event(entry: DeadlineEntry, around: Around) -> Event:
    ticket, zone = entry.ticket, around.registry.zone
    mark = PROVISIONAL if ticket.provisional else ""
    unit = around.registry.units.get(ticket.unit_id or "")
    told = (unit.name if unit is not None else "", f"时限：{long_due(ticket.due_at, zone)}{mark}", _number(ticket))
    event = Event()
    event.add("uid", f"{ticket.ticket_id}@rectify")
    event.add("dtstamp", ticket.opened_at.astimezone(UTC))
    event.add("summary", clean(f"整改时限{mark}：{around.policy.rule(ticket.check).name}，{entry.asset.name}"))
    event.add("description", "\n".join(clean(line) for line in told if line))
    _when(event, ticket.due_at, around)
    event.add("transp", "TRANSPARENT")
    event.add("status", "TENTATIVE" if ticket.provisional else "CONFIRMED")
    if entry.url:
        event.add("url", entry.url)
    return event


def _when(event: Event, due_at: datetime, around: Around) -> None:
    """The whole day where the deadline ends with the day, else the moment."""
    zone = around.registry.zone
    if ends_with_day(due_at, zone):
        day = due_at.astimezone(zone).date()
        event.add("dtstart", day)
        event.add("dtend", day + timedelta(days=1))
    else:
        event.add("dtstart", due_at.astimezone(UTC))


def _rest(today: date) -> Event:
    event = Event()
    event.add("uid", "more@rectify")
    event.add("dtstamp", datetime(today.year, today.month, today.day, tzinfo=UTC))
    event.add("dtstart", today)
    event.add("summary", f"在办整改单超过 {MOST} 张，其余未列入，请到台账查看")
    event.add("transp", "TRANSPARENT")
    return event


def _number(ticket: Ticket) -> str:
    return f"整改单：{ticket.ticket_id}"
