"""From which moment a ticket's deadline was counted, found again from what the ticket has. Pure.

P-5  Most tickets keep their due, not the moment from which it was counted. That is the receipt, the first sighting or
     the opening (for what had to be confirmed), whichever leads to the due that was set; a reopened ticket counts from
     its reopening. If none does, the due is counted backwards. Messages and comments keep the moment (M-1).
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from streams.rules.deadlines.deadlines import DAY_END
from streams.rules.state.terms import Deadline
from streams.rules.state.workdays import Calendar

Origin = Literal["received", "seen", "opened", "reopened", "derived"]
REOPENED: Final = "/reopened"
GIVEN: Final = "/due_by"
_EXTENSION: Final = re.compile(r"/extended(?:\+(\d+))?")
_NOON: Final = time(12)
_SHORT: Final = 512  # characters; a longer text has a `basis` that a producer wrote, and is not kept in a cache


class FrozenTerms(NamedTuple):
    """What `deadline_json` holds."""

    rule: str
    amount: int
    unit: Literal["working_day", "hour", "month", "date"]
    calendar: str
    provisional: bool
    basis: str
    policy: str
    counted_from: str | None = None  # ISO 8601; kept where more than the deadline counts from it (M-1)

    def frozen(self, due_at: datetime) -> Deadline:
        """The deadline as the rules know it."""
        start = None if self.counted_from is None else datetime.fromisoformat(self.counted_from)
        return Deadline(due_at, *self[:-1], start)

    @property
    def granted(self) -> tuple[int | None, ...]:
        """Extensions in order, in working days; None = to a date."""
        return tuple(int(days) if days else None for days in _EXTENSION.findall(self.rule))

    @property
    def row(self) -> str:
        """The row of the policy's table by which it was set."""
        return _EXTENSION.sub("", self.rule).removesuffix(REOPENED).removesuffix(GIVEN)

    @property
    def own_amount(self) -> int:
        """The amount without what was granted since."""
        return self.amount - sum(filter(None, self.granted))


class Start(NamedTuple):
    """A moment, and what happened at it."""

    at: datetime
    origin: Origin


class Clock(NamedTuple):
    """The moments of a ticket at which its clock may have started."""

    opened_at: datetime
    running_since: datetime  # the opening or the latest reopening
    first_seen_at: datetime
    received_at: datetime | None


def frozen_terms(deadline_json: str) -> FrozenTerms:
    """A ticket's `deadline_json`, read."""
    return (_frozen_terms if len(deadline_json) < _SHORT else _frozen_terms.__wrapped__)(deadline_json)


@lru_cache(maxsize=4_096)  # millions of tickets share a few thousand texts
def _frozen_terms(deadline_json: str) -> FrozenTerms:
    return FrozenTerms(**orjson.loads(deadline_json))


def start_of(terms: FrozenTerms, due_at: datetime, clock: Clock, calendar: Calendar, zone: ZoneInfo) -> Start:
    """The moment from which the deadline was counted (P-5)."""
    candidates = [Start(clock.first_seen_at, "seen"), Start(clock.opened_at, "opened")]
    if clock.received_at is not None:
        candidates.insert(0, Start(clock.received_at, "received"))
    if REOPENED in terms.rule:
        candidates = [Start(clock.running_since, "reopened")]
    if terms.counted_from is not None:
        kept = datetime.fromisoformat(terms.counted_from).astimezone(UTC)
        return next((start for start in candidates if start.at == kept), Start(kept, candidates[-1].origin))
    if terms.unit in ("date", "month") or None in terms.granted:
        return candidates[0]  # the due says nothing more of it
    counted = calendar.as_of(terms.calendar)
    if terms.unit == "hour":
        began = (due_at - timedelta(hours=terms.amount)).astimezone(UTC)
        return next((start for start in candidates if start.at == began), Start(began, candidates[-1].origin))
    day = due_at.astimezone(zone).date()
    for start in candidates:
        if counted.add_workdays(start.at.astimezone(zone).date(), terms.amount).date == day:
            return start
    first = counted.subtract_workdays(day, terms.amount)
    return Start(datetime.combine(first, _NOON, zone).astimezone(UTC), "derived")


def ends_with_a_day(due_at: datetime, zone: ZoneInfo) -> bool:
    """Whether it is due at the end of a day."""
    return due_at.astimezone(zone).time() == DAY_END
