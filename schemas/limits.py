"""The numbers of a policy pack beside its deadlines, each with who ruled it."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Self

from pydantic import Field, model_validator

from schemas.check_rule import PackPart, Sourced


class WorkingHours(Sourced):
    """From `start` to `end` on every working day, local time."""

    start: time
    end: time

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.start >= self.end:
            msg = f"`start` {self.start} must be before `end` {self.end}"
            raise ValueError(msg)
        return self


class Days(Sourced):
    """A number of calendar days."""

    days: int = Field(ge=1)


class Share(Sourced):
    """A part of a whole."""

    share: float = Field(gt=0, le=1)


class Extension(Sourced):
    """How often a deadline may be extended 延期, and by how many working days each time."""

    times: int = Field(ge=0)
    working_days: int = Field(ge=1)


class Confirmation(Sourced):
    """How a finding that may be a bad moment is confirmed: spaced sightings, or several sources.

    A suspicion lapses when nothing is seen for `lapse_hours`.
    """

    sightings: int = Field(ge=1)
    minutes_apart: int = Field(ge=0)
    sources: int = Field(ge=2)
    lapse_hours: int = Field(default=72, ge=1)


class Explosion(Sourced):
    """More findings of one check on one asset in one run than this are one ticket."""

    findings: int = Field(ge=1)


class Flapping(Sourced):
    """A problem that came back more than `times` in `days` closes only on absence `absent_hours` after a sighting."""

    times: int = Field(ge=1)
    days: int = Field(ge=1)
    absent_hours: int = Field(ge=1)


class RecheckWaits(Sourced):
    """How long a recheck request may stay unanswered, and how often it is sent in all, each wait `factor` times longer.

    `hourly_wait_hours` is the first wait of tickets whose deadline is in clock hours.
    """

    wait_hours: int = Field(ge=1, le=720)
    hourly_wait_hours: int = Field(ge=1, le=720)
    factor: int = Field(ge=1, le=4)
    times: int = Field(ge=1, le=6)


class AskWaits(Sourced):
    """For how many working days an ask 申请 may stay unanswered before that is said."""

    working_days: int = Field(ge=1, le=60)


class RecheckCycle(Sourced):
    """The days on which what a unit claims is looked at: 1 Monday to 7 Sunday, from `time` on; none = at once.

    One that is no working day moves to the next working day.
    """

    weekdays: tuple[Annotated[int, Field(ge=1, le=7)], ...]
    time: time


class Brake(Sourced):
    """A run that would close more than so many problems, and more than this share of them, is held."""

    problems: int = Field(ge=1)
    share: float = Field(gt=0, le=1)
    sample: int = Field(default=3, ge=0, le=20, description="of the held problems, so many are asked to be rechecked")


class ProducerBrake(Sourced):
    """A producer that says of more than so many problems, and of more than this share, that they are gone is held.

    Counted are the problems that its runs had at stake in the last `hours`, over all assets, and in every shorter
    stretch of them up to now. The first `sampled` runs that are held ask for a sample.
    """

    hours: int = Field(ge=1, le=168)
    problems: int = Field(ge=1)
    share: float = Field(gt=0, le=1)
    sampled: int = Field(default=3, ge=0, le=20, description="so many of the held runs ask for a sample (`brake`)")


class Shrunken(Sourced):
    """A run with less than this share of its last runs' median pages, and so many fewer, is held.

    The median is of up to `runs` last ones; with fewer than `least_runs` nothing is known to compare with.
    """

    runs: int = Field(ge=1, le=50)
    least_runs: int = Field(ge=1, le=50)
    share: float = Field(gt=0, le=1)
    pages: int = Field(ge=1)


class RunWaits(Sourced):
    """Seconds of real time: until absence counts without `found`, and until a run is given up as incomplete."""

    settle_seconds: int = Field(ge=0)
    incomplete_seconds: int = Field(ge=0)


class CalendarWatch(Sourced):
    """From this day of the year a missing calendar of the next year is reported."""

    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)


class PassMark(Sourced):
    """Fewer points than these are 不合格."""

    points: float = Field(gt=0, le=100)


class CountersWait(Sourced):
    """Hours until a ticket of which only counters have changed is published, unless it changes otherwise before."""

    hours: int = Field(ge=0, le=24)


class Limits(PackPart):
    """The numbers beside the deadlines."""

    notice: Days  # an item named in a published notice 通报, from publication
    relapse: Days  # back within these after the evidence = relapse 反弹
    reopened: Share  # of the original amount
    acknowledgement: Share  # of the time; then an acknowledgement without a claim expires
    extension: Extension
    confirmation: Confirmation
    explosion: Explosion
    brake: Brake
    producer_brake: ProducerBrake = ProducerBrake(hours=48, problems=200, share=0.8)
    shrunken: Shrunken
    recheck: RecheckWaits = RecheckWaits(wait_hours=24, hourly_wait_hours=2, factor=2, times=3)
    recheck_cycle: RecheckCycle = RecheckCycle(weekdays=(), time=time(9))
    asks: AskWaits = AskWaits(working_days=2)
    flapping: Flapping = Flapping(times=3, days=30, absent_hours=24)
    counters: CountersWait = CountersWait(hours=24)
    run: RunWaits
    calendar: CalendarWatch
    pass_mark: PassMark


class Minutes(Sourced):
    """A number of minutes."""

    minutes: int = Field(ge=0)


class Count(Sourced):
    """A number of messages."""

    count: int = Field(ge=1)


class Quiet(Sourced):
    """Local hours in which nothing is sent; with `workdays_only` nothing on rest days either."""

    start: time
    end: time
    workdays_only: bool


class Warnings(Sourced):
    """Warnings 预警 go out at `time` of a working day, and again after `again_days` while they go on."""

    time: time
    again_days: int = Field(ge=1)


class Overview(Sourced):
    """Whether a mail that reminds, urges or warns lists what else is overdue or due within `days`."""

    on: bool
    days: int = Field(ge=1)


class ClosingMail(Sourced):
    """Whether the duty contacts are told by mail that a ticket is closed, and by what proof."""

    mail: bool


class Looking(Sourced):
    """The rung on whose topic supervisors hear of troubles of the looking itself.

    Runs that are held, requests that nobody answers, tickets that nobody owns. None: `supervise`, if the pack has a
    rung of that name, otherwise its highest.
    """

    rung: str | None = None


class Weekly(Sourced):
    """A mail a week to each supervising unit about the units below it: 1 Monday to 7 Sunday, at `time`.

    A day that is no working day moves to the next working day.
    """

    weekday: int = Field(ge=1, le=7)
    time: time


class Sending(PackPart):
    """What spares the recipients. Clock-hour tickets and guarded periods are exempt."""

    gather: Minutes
    sms_per_contact_and_day: Count
    mails_per_contact_and_day: Count = Count(count=10)
    quiet: Quiet
    warnings: Warnings = Warnings(time=time(9), again_days=7)
    overview: Overview = Overview(on=True, days=7)
    closed: ClosingMail = ClosingMail(mail=True)
    looking: Looking = Looking(rung=None)
    weekly: Weekly | None = None  # no pack that does not say so sends any
