"""The light of a ticket: how pressing it is, in words and a colour; the words come first. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

from schemas.vocabulary import STATUS_LABELS
from streams.presentation.dates import time_left
from streams.rules.deadlines.ladder import working_days_left
from streams.rules.state.records import Ticket
from streams.rules.state.workdays import Calendar
from streams.rules.tickets.tickets import OPEN

NEAR: Final = 2  # working days left, from which on a ticket is near its deadline

Colour = Literal["red", "yellow", "green", "blue", "grey"]


class Light(NamedTuple):
    """`逾期3个工作日`, red."""

    colour: Colour
    words: str


def light(ticket: Ticket, now: datetime, calendar: Calendar, zone: ZoneInfo) -> Light:
    """As of now: late, near, in time; waiting for its recheck; over."""
    if ticket.status not in OPEN:
        return Light("grey", STATUS_LABELS[ticket.status])
    days = working_days_left(ticket.due_at, now, calendar, zone)
    words = time_left(ticket.due_at, now, zone, days=days, hourly=ticket.due_unit == "hour")
    if ticket.status == "claimed":
        return Light("blue", f"{STATUS_LABELS['claimed']}{f'，{words}' if words else ''}")
    if ticket.due_at < now:
        return Light("red", words)
    return Light("yellow" if days <= NEAR else "green", words or "办理中")
