"""The ladder as planned (rules E-7 to E-9): when a ticket's steps come, as its policy says.

E-7  Each step is counted from the opening, the due, half of the time, or an earlier step; none precedes the opening.
E-8  A ticket that opens past its due is not reminded, is urged at once, and its later steps count from there.
E-9  A provisional deadline stops below the steps that the policy closes to it: nobody is supervised by a guess.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schemas.ladder import Moment
from schemas.policy import Policy
from streams.rules.state.terms import Deadline, Step
from streams.rules.state.workdays import Calendar
from streams.rules.state.working_hours import after_working, worked_seconds

_HALF = 0.5
_SHORT = 512  # characters


def plan(
    policy: Policy,
    deadline: Deadline,
    opened_at: datetime,
    calendar: Calendar,
    zone: ZoneInfo,
) -> tuple[Step, ...]:
    """All steps of a ticket opened, or reopened, at `opened_at` (UTC); earliest first."""
    if len(deadline.basis) > _SHORT:  # a producer's own words would fill the cache, and are no part of the answer
        deadline = deadline._replace(basis="")
    if deadline.begun is not None:  # every one its own
        deadline = deadline._replace(begun=None)
    return _plan(policy, deadline, opened_at, calendar, zone)


def half_time(policy: Policy, deadline: Deadline, opened_at: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
    """When an acknowledgement without a claim expires: after the policy's share (half) of the time (E-5)."""
    return _after(policy.limits.acknowledgement.share, policy, deadline, opened_at, calendar, zone)


def overdue_working_days(due_at: datetime, now: datetime, calendar: Calendar, zone: ZoneInfo) -> int:
    """Working days begun since the due day: 1 on the first working day after it; 0 while not overdue."""
    return max(calendar.workdays_between(_day(due_at, zone), _day(now, zone)), 0)


def working_days_left(due_at: datetime, now: datetime, calendar: Calendar, zone: ZoneInfo) -> int:
    """Working days after today up to the due day; negative once it is overdue."""
    if due_at < now:
        return -overdue_working_days(due_at, now, calendar, zone)
    return calendar.workdays_between(_day(now, zone), _day(due_at, zone))


@lru_cache(maxsize=16_384)  # a batch opens many tickets with one opening and one due
def _plan(
    policy: Policy, deadline: Deadline, opened_at: datetime, calendar: Calendar, zone: ZoneInfo
) -> tuple[Step, ...]:
    late = opened_at > deadline.due_at
    days = calendar.workdays_between(_day(opened_at, zone), _day(deadline.due_at, zone))
    half = _after(_HALF, policy, deadline, opened_at, calendar, zone)
    anchors = {"opening": opened_at, "due": deadline.due_at, "half": half}
    steps = []
    for rule in policy.ladder:
        moment = rule.moment(deadline.unit)
        if late and rule.late == "at_once":
            at = opened_at
        elif moment.half_below and days < moment.half_below:
            at = half
        else:
            at = max(_counted(moment, anchors[moment.anchor], calendar, zone), opened_at)
        anchors[rule.name] = at
        if not (late and rule.late == "skipped") and (rule.provisional or not deadline.provisional):
            steps.append(Step(rule.name, at))
    return tuple(sorted(steps, key=lambda step: step.at))


def _counted(moment: Moment, anchor: datetime, calendar: Calendar, zone: ZoneInfo) -> datetime:
    if moment.time is None:
        return anchor + timedelta(hours=moment.hours, seconds=moment.seconds)
    day, n = _day(anchor, zone), moment.working_days
    day = calendar.add_workdays(day, n).date if n > 0 else calendar.subtract_workdays(day, -n)
    return datetime.combine(day, moment.time, zone).astimezone(UTC)


def _after(
    share: float, policy: Policy, deadline: Deadline, opened_at: datetime, calendar: Calendar, zone: ZoneInfo
) -> datetime:
    """After this share of the working time, or of the wall time where hours count or no working time is left."""
    if deadline.due_at <= opened_at:
        return opened_at
    if deadline.unit != "hour":
        hours = policy.working_hours
        seconds = int(worked_seconds(opened_at, deadline.due_at, hours, calendar, zone) * share)
        if seconds:
            return after_working(opened_at, seconds, hours, calendar, zone)
    return opened_at + timedelta(seconds=int((deadline.due_at - opened_at).total_seconds() * share))


def _day(moment: datetime, zone: ZoneInfo) -> date:
    return moment.astimezone(zone).date()
