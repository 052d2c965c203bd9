"""The working calendar itself is watched (rule L-8): a missing year makes every deadline in it provisional.

A missing current year is said every day; a missing next year from 15 December on (the State Council publishes each
year's arrangement in November of the year before).
"""

from __future__ import annotations

from datetime import date
from hashlib import blake2b
from zoneinfo import ZoneInfo

import orjson

from schemas.policy import Policy
from schemas.topics import Topics
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import Now
from streams.rules.state.workdays import Calendar


def missing_years(policy: Policy, calendar: Calendar, today: date) -> list[int]:
    """The years whose working days should be known by now and are not."""
    watch = policy.limits.calendar
    wanted = [today.year]
    if (today.month, today.day) >= (watch.month, watch.day):
        wanted.append(today.year + 1)
    return [year for year in wanted if year not in calendar.years]


def calendar_missing(topics: Topics, year: int, today: date, now: Now, zone: ZoneInfo) -> OutMessage:
    """The daily event; the same day gives the same id."""
    event_id = blake2b(f"calendar_missing\x1f{year}\x1f{today}".encode(), digest_size=16).hexdigest()
    event = {
        "id": event_id,
        "type": "calendar_missing",
        "at": now.at.astimezone(zone),
        "asset_id": None,
        "unit_id": None,
        "ticket_id": None,
        "ticket_version": None,
        "rule": "L-8",
        "reason": "year_not_published",
        "summary": f"{year} 年工作日安排尚未导入，涉及该年的时限均为暂定",
        "year": year,
    }
    return OutMessage(topics.events, b"calendar", orjson.dumps(event))
