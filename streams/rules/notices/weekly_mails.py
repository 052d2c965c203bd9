"""The weekly mail to each supervising unit 一周整改情况 (rules N-74, N-75).

N-74  Where the pack says so (`sending.weekly`), each unit that supervises others is told once a week of the units below
      it: at the pack's hour of its weekday, of the next working day where that is none; after a stop once for all that
      was missed. It goes by mail to the unit's duty contacts, to its other ones where there are none, once for each
      inbox, in a letter of its own, and until the next one is due; nobody else is told in their place.
N-75  It says as of its writing how many tickets each of these units has open and overdue, and how many were opened and
      ended since the mail before, the worst first, and names the most overdue; the whole is in its workbook. Nothing
      of a unit that is not below the reader's by then is in it, and none is sent once the unit supervises nobody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from schemas.addresses import inbox
from schemas.limits import Weekly
from schemas.registry import Unit
from streams.rules.notices.pending import by_mail, pending
from streams.rules.state.changes import Changes
from streams.rules.state.outcomes import WeekOutcome
from streams.rules.state.records import Notice, WeeklyMail
from streams.rules.state.snapshot import Registry
from streams.rules.state.text import to_json
from streams.rules.state.workdays import Calendar

WEEKLY: Final = "weekly"
"""A kind of notice."""
_WEEK: Final = timedelta(days=7)
_LONGEST_REST: Final = 3  # weeks by which days without work may move a moment


def enrolled(registry: Registry, weekly: Weekly, at: datetime) -> list[WeeklyMail]:
    """The units that supervise others, with the moment that comes next."""
    due_at = moment_after(at, weekly, registry.calendar, registry.zone)
    return [WeeklyMail(unit_id, due_at - _WEEK, due_at) for unit_id in sorted(supervising(registry))]


def supervising(registry: Registry) -> set[str]:
    """The units that supervise others."""
    above = {unit.supervisor_id for unit in registry.units.values() if unit.supervisor_id != unit.unit_id}
    return {unit_id for unit_id in above if unit_id is not None and unit_id in registry.units}


def is_still(notice: Notice, registry: Registry) -> bool:
    """Whether the unit that a notice is for supervises others yet."""
    return notice.unit_id in supervising(registry)


def review(changes: Changes, unit_id: str) -> WeekOutcome:
    """Looks at a unit whose moment has come; the answer names the outcome."""
    known, weekly, registry = changes.weeks.get(unit_id), changes.policy.sending.weekly, changes.registry
    if known is None or known.due_at is None or known.due_at > changes.at:
        return "nothing"
    if weekly is None or unit_id not in supervising(registry):
        changes.change_set.weeks.append(known._replace(due_at=None))
        return "over"
    latest = _latest(changes.at, weekly, registry.calendar, registry.zone)
    until, following = max(latest, known.due_at), moment_after(changes.at, weekly, registry.calendar, registry.zone)
    changes.change_set.weeks.append(WeeklyMail(unit_id, until, following))
    changes.notify(_mails(changes, registry.units[unit_id], known.since, until, following))
    return "told"


def moment_after(at: datetime, weekly: Weekly, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The first moment of a weekly mail after `at`; UTC. Days without work may make two weeks' moments one."""
    return next(
        moment
        for weeks in count(-_LONGEST_REST)
        if (moment := _moment(at.astimezone(zone).date(), weeks, weekly, calendar, zone)) > at
    )


def _latest(at: datetime, weekly: Weekly, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """The last moment that is not after `at`."""
    return next(
        moment
        for weeks in count()
        if (moment := _moment(at.astimezone(zone).date(), -weeks, weekly, calendar, zone)) <= at
    )


def _moment(today: date, weeks: int, weekly: Weekly, calendar: Calendar, zone: ZoneInfo) -> datetime:
    monday = today - timedelta(days=today.weekday())
    day = calendar.next_workday(monday + weeks * _WEEK + timedelta(days=weekly.weekday - 1))
    return datetime.combine(day, weekly.time, zone).astimezone(UTC)


def _mails(changes: Changes, unit: Unit, since: datetime, until: datetime, following: datetime) -> Iterator[Notice]:
    subject_json = to_json({"since": since.isoformat(), "until": until.isoformat()})
    told: set[str] = set()
    for contact, address in by_mail(unit):
        if (box := inbox("email", address)) in told:
            continue
        told.add(box)
        yield pending(
            f"{WEEKLY}\x1f{unit.unit_id}\x1f{until.isoformat()}\x1f{box}",
            ticket_pk=0,
            asset_pk=0,
            kind=WEEKLY,
            channel="email",
            unit_id=unit.unit_id,
            name=contact.name,
            address=address,
            role=contact.role,
            at=changes.at,
            not_before=changes.at,
            expires_at=following,
            subject_json=subject_json,
        )
