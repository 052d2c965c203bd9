"""The ladder as data: which step comes when, to whom, over which channels.

P-8  A pack may call its steps and rungs as it likes; what the rules need of it is checked when it is read: a first step
     at the opening that tells somebody, a step `overdue`, a rung, and `to` together with `channels`. Troubles of the
     looking go to the rung that `sending.looking` names, by default to `supervise` or else the highest.
"""

from __future__ import annotations

import datetime as dt
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.channels import Channel
from schemas.check_rule import PackPart, Sourced, Unit

_ANCHORS = frozenset({"opening", "due", "half"})
OPENED = "opened"
"""The kind of the first step's notices, whatever the pack calls that step."""
OVERDUE = "overdue"
"""The step at which the deadline has passed (E-3)."""
NEWS = frozenset({"reopened", "sent_back", "reassigned", "closed"})
"""Kinds of notices that go to whom the first step tells."""
ANSWERED = "answered"
"""The kind of the notice to whoever has asked."""
ABOUT_ASKS = frozenset({"asked", ANSWERED, "ask_unanswered"})
"""Kinds of notices about what a unit asks for: to who is to answer, and to who has asked (N-70)."""
LASTING = ABOUT_ASKS | {"recheck_unanswered", "run_held"}
"""Kinds of notices that do not fall away with what was still to be sent of a ticket's ladder."""
_TAKEN = NEWS | LASTING | {"warned", "producer_silent"}

Role = Literal["duty", "head", "supervisor"]
"""duty 值守 and head 负责人 contacts of the owner; supervisor = the supervising unit's contacts."""


class Moment(PackPart):
    """When a step comes, counted from an anchor: `opening`, `due`, `half` of the time, or an earlier step's name.

    With `working_days` (negative = before) it comes at `time` of that working day, counted from the anchor's day;
    otherwise `hours` and `seconds` after the anchor. With `half_below`, when fewer than so many working days lie
    between opening and due, it comes at half of the working time instead.
    """

    anchor: str
    working_days: int = Field(default=0, ge=-250, le=250)
    time: dt.time | None = None
    hours: int = Field(default=0, ge=0)
    seconds: int = Field(default=0, ge=0)
    half_below: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _one_way_to_count(self) -> Self:
        if (self.working_days != 0) is not (self.time is not None):
            msg = "`working_days` and `time` go together: the day and the time of that day"
            raise ValueError(msg)
        if self.working_days and (self.hours or self.seconds):
            msg = "either `working_days` with `time`, or `hours` and `seconds`"
            raise ValueError(msg)
        return self


class StepRule(Sourced):
    """One step of the ladder. A step with `escalation` is a rung: it has a topic of its own for supervisors."""

    name: str = Field(pattern=r"^[a-z][a-z_]*$", max_length=40)
    title: str = Field(min_length=1, description="中文名称")
    at: Moment
    hourly_at: Moment | None = Field(default=None, description="for deadlines in clock hours, if it differs")
    to: tuple[Role, ...] = ()
    channels: tuple[Channel, ...] = ()
    hourly_channels: tuple[Channel, ...] | None = Field(default=None, description="for deadlines in clock hours")
    gathered: bool = Field(default=False, description="waits a while, so that one mail tells of many tickets")
    late: Literal["counted", "at_once", "skipped"] = Field(
        default="counted", description="what becomes of it when a ticket opens past its due"
    )
    provisional: bool = Field(default=True, description="whether a provisional deadline comes this far")
    escalation: bool = False

    @model_validator(mode="after")
    def _told_over_something(self) -> Self:
        if bool(self.to) is not bool(self.channels or self.hourly_channels):
            msg = "`to` and `channels` go together: who is told, and over what (email, sms)"
            raise ValueError(msg)
        return self

    def moment(self, unit: Unit | Literal["date"]) -> Moment:
        """When it comes, for a deadline in this unit."""
        return self.hourly_at if unit == "hour" and self.hourly_at else self.at

    def over(self, unit: Unit | Literal["date"]) -> tuple[Channel, ...]:
        """The channels, for a deadline in this unit."""
        return self.hourly_channels if unit == "hour" and self.hourly_channels is not None else self.channels


def climbable(ladder: tuple[StepRule, ...]) -> tuple[StepRule, ...]:
    """The ladder, if its steps can be counted one after the other; raises ValueError with what is wrong."""
    if not ladder:
        msg = "a ladder has at least one step"
        raise ValueError(msg)
    known = set(_ANCHORS)
    for step in ladder:
        if step.name in known:
            msg = f"the name {step.name!r} is taken"
            raise ValueError(msg)
        for moment in (step.at, step.hourly_at or step.at):
            if moment.anchor not in known:
                msg = f"step {step.name!r}: the anchor {moment.anchor!r} is none of {', '.join(sorted(known))}"
                raise ValueError(msg)
        known.add(step.name)
        if step.name in _TAKEN or (step.name == OPENED and step is not ladder[0]):
            msg = f"{step.name!r} is the name of other notices; give the step another one"
            raise ValueError(msg)
    first = ladder[0]
    if first.at != Moment(anchor="opening") or first.hourly_at not in (None, first.at):
        msg = f"the first step is the opening, `at: {{anchor: opening}}`; {first.name!r} comes later"
        raise ValueError(msg)
    _complete(ladder)
    return ladder


def _complete(ladder: tuple[StepRule, ...]) -> None:
    """A ladder has what the rules need; raises ValueError with what is missing."""
    first = ladder[0]
    if not first.to or first.escalation:
        msg = f"the first step tells the unit of its ticket: {first.name!r} needs `to` and `channels`, and is no rung"
        raise ValueError(msg)
    if all(step.name != OVERDUE for step in ladder):
        msg = f"a step {OVERDUE!r} is missing, at which the deadline has passed (`at: {{anchor: due, seconds: 1}}`)"
        raise ValueError(msg)
