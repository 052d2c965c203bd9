"""Until when (rules L-1 to L-7): a policy's amount, counted from a moment, becomes a deadline frozen into the ticket.

L-1  Working days follow the calendar; the start day does not count (民法典 201); the last ends at 23:59:59 local time.
L-2  The evidence picks the row of the policy's table: the first variant that matches, otherwise the check's own.
L-3  A date set by a notice replaces the row; a last day that is a rest day moves to the next working day (民法典 203).
L-4  Clock hours run around the clock; in a guarded period the row's guarded amount holds.
L-5  Reopened: half of the original amount from the sighting, at least 1; never half of the half.
L-6  Extended: beyond the due day; clock hours keep their unit, and with it their ladder.
L-7  A deadline counted over an unpublished year is provisional, and is counted again when the year arrives.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from schemas.check_rule import Row, Terms, Unit
from schemas.policy import CheckRule, Policy
from streams.rules.state.terms import Deadline
from streams.rules.state.workdays import Calendar

DAY_END = time(23, 59, 59)
GIVEN_BASIS = "按检出信息载明的期限"


def deadline(
    policy: Policy,
    rule: CheckRule,
    evidence: Mapping[str, Any],
    start: datetime,
    calendar: Calendar,
    zone: ZoneInfo,
    *,
    guarded: bool = False,
    due_by: date | datetime | None = None,
    basis: str | None = None,
    asset_kind: str | None = None,
) -> Deadline:
    """The deadline of a finding, counted from `start` (aware: receipt, otherwise sighting); L-1 to L-4.

    `due_by` and `basis` come from an official notice and replace the policy's row: a date ends with that working day,
    a moment is taken as it is. `asset_kind` lets variants with `when: {asset_kind: account}` match.
    """
    if due_by is not None:
        day = start.astimezone(zone).date()
        due_at, provisional = _given(due_by, calendar, zone)
        amount = max(calendar.workdays_between(day, due_at.astimezone(zone).date()), 0)
        said, timed = basis or GIVEN_BASIS, rule.timed
        return Deadline(
            due_at, rule.code, amount, "date", calendar.name, provisional, said, policy.ref, given=True, timed=timed
        )
    row = rule.row(evidence, asset_kind, guarded=guarded)
    terms = rule.terms(row.rule)
    timed = terms is not None and terms.timed
    if row.unit == "hour":
        return _of_row(row, start, calendar, zone, policy.ref, timed=timed)
    return _of_day(row, start.astimezone(zone).date(), calendar, zone, policy.ref, timed=timed)


def counted(
    amount: int, unit: Unit | Literal["day"], start: datetime, calendar: Calendar, zone: ZoneInfo
) -> tuple[datetime, bool]:
    """The end of an amount of time from `start` (aware), in UTC; and whether an unpublished year was guessed."""
    if unit == "hour":
        return start.astimezone(UTC) + timedelta(hours=amount), False
    day = start.astimezone(zone).date()
    if unit == "working_day":
        return _working_days_after(day, amount, calendar, zone)
    return _moved(months_after(day, amount) if unit == "month" else day + timedelta(days=amount), calendar, zone)


def terms_of(rule: CheckRule, frozen: Deadline) -> Terms | None:
    """The terms behind a frozen deadline, by the name of its row; None when the pack has no such row any more.

    A date that a notice has set has no row: the check's own terms hold beside it.
    """
    return rule if frozen.given else rule.terms(frozen.row)


def notice_due_by(policy: Policy, published: date) -> date:
    """Until when an item of a published notice 通报 that sets no date is to be put right (default: two weeks)."""
    return published + timedelta(days=policy.limits.notice.days)


def reopened_deadline(policy: Policy, old: Deadline, seen_at: datetime, calendar: Calendar, zone: ZoneInfo) -> Deadline:
    """The deadline of a reopened ticket (rule L-5): half of the original amount from the sighting, at least 1.

    However often it is reopened, and whatever was granted since, it is half of what was first set.
    """
    day = seen_at.astimezone(zone).date()
    unit, amount = old.unit, old.own_amount
    if unit == "month":
        unit, amount = "working_day", calendar.workdays_between(day, months_after(day, amount))
    if not old.reopened:
        amount = max(1, int(amount * policy.limits.reopened.share))
    if unit == "hour":
        due_at, provisional = seen_at.astimezone(UTC) + timedelta(hours=amount), False
    else:
        unit = "working_day"
        due_at, provisional = _working_days_after(day, max(1, amount), calendar, zone)
    return old._replace(
        due_at=due_at,
        amount=max(1, amount),
        unit=unit,
        calendar=calendar.name,
        provisional=provisional,
        granted=(),
        reopened=True,
        begun=None,
    )


def extended(
    old: Deadline,
    calendar: Calendar,
    zone: ZoneInfo,
    *,
    due_at: date | datetime | None = None,
    working_days: int | None = None,
) -> Deadline:
    """The deadline after an extension 延期 (rule L-6): to a given day or moment, or `working_days` beyond the due day.

    A deadline in clock hours keeps its unit, and with it its ladder. Raises ValueError unless exactly one is given.
    """
    if old.begun is not None:  # L-15: both deadlines are extended
        own = old._replace(due_at=old.begun.true_due_at, begun=None)
        true_due_at = extended(own, calendar, zone, due_at=due_at, working_days=working_days).due_at
        after = extended(old._replace(begun=None), calendar, zone, due_at=due_at, working_days=working_days)
        return after._replace(begun=old.begun._replace(true_due_at=true_due_at))
    if working_days is not None and due_at is None:
        moved_to, provisional = _working_days_after(_due_day(old, zone), working_days, calendar, zone)
        if old.unit == "working_day":
            return old._replace(
                due_at=moved_to,
                amount=old.amount + working_days,
                calendar=calendar.name,
                provisional=provisional,
                granted=(*old.granted, working_days),
            )
    elif due_at is not None and working_days is None:
        moved_to, provisional = _given(due_at, calendar, zone)
    else:
        msg = "either the new due or a number of working days"
        raise ValueError(msg)
    return old._replace(
        due_at=moved_to,
        amount=old.own_amount,
        unit="date" if old.unit == "working_day" else old.unit,
        calendar=calendar.name,
        provisional=provisional,
        granted=(None,),
    )


def recompute(old: Deadline, calendar: Calendar, zone: ZoneInfo, *, before: Calendar | None = None) -> Deadline:
    """The same deadline by another calendar (rule L-7), when a year's arrangement has arrived or was replaced.

    `before` is the calendar it was counted with; without it the one that had the same last published year.
    Clock hours and given moments stay as they are.
    """
    if old.begun is not None:  # L-15: both deadlines are counted again
        own = old._replace(due_at=old.begun.true_due_at, begun=None)
        true_due_at = recompute(own, calendar, zone, before=before).due_at
        after = recompute(old._replace(begun=None), calendar, zone, before=before)
        return after._replace(begun=old.begun._replace(true_due_at=true_due_at))
    day = _due_day(old, zone)
    if old.unit == "hour" or old.due_at.astimezone(zone).time() != DAY_END:
        return old
    if old.unit == "working_day":
        start = (before or calendar.as_of(old.calendar)).subtract_workdays(day, old.amount)
        due_at, provisional = _working_days_after(start, old.amount, calendar, zone)
    else:
        due_at, provisional = _moved(day, calendar, zone)
    return old._replace(due_at=due_at, calendar=calendar.name, provisional=provisional)


@lru_cache(maxsize=16_384)  # what counts days, most rows, asks for no more than the day
def _of_day(row: Row, day: date, calendar: Calendar, zone: ZoneInfo, policy: str, *, timed: bool) -> Deadline:
    return _of_row(row, datetime.combine(day, time.min, zone), calendar, zone, policy, timed=timed)


def _of_row(row: Row, start: datetime, calendar: Calendar, zone: ZoneInfo, policy: str, *, timed: bool) -> Deadline:
    due_at, provisional = counted(row.amount, row.unit, start, calendar, zone)
    name = calendar.name
    return Deadline(due_at, row.rule, row.amount, row.unit, name, provisional, row.basis, policy, timed=timed)


def _due_day(old: Deadline, zone: ZoneInfo) -> date:
    return old.due_at.astimezone(zone).date()


def _given(due: date | datetime, calendar: Calendar, zone: ZoneInfo) -> tuple[datetime, bool]:
    return (due.astimezone(UTC), False) if isinstance(due, datetime) else _moved(due, calendar, zone)


@lru_cache(maxsize=16_384)
def _working_days_after(day: date, n: int, calendar: Calendar, zone: ZoneInfo) -> tuple[datetime, bool]:
    last, provisional = calendar.add_workdays(day, n)
    return _end_of(last, zone), provisional


@lru_cache(maxsize=16_384)
def _moved(day: date, calendar: Calendar, zone: ZoneInfo) -> tuple[datetime, bool]:
    """The end of the day, or of the next working day (民法典 203)."""
    last = calendar.next_workday(day)
    return _end_of(last, zone), not calendar.covers(day, last)


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, DAY_END, zone).astimezone(UTC)


def months_after(day: date, n: int) -> date:
    """The same day so many months later, or the last of that month."""
    years, month = divmod(day.month - 1 + n, 12)
    year, month = day.year + years, month + 1
    return date(year, month, min(day.day, monthrange(year, month)[1]))
