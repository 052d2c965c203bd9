"""The ladder as data: which step comes when, to whom, over which channels."""

from __future__ import annotations

import datetime as dt
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.check_rule import Part, Sourced, Unit
from schemas.vocabulary import Channel

Role = Literal["duty", "head", "supervisor"]
"""duty 值守 and head 负责人 contacts of the owner; supervisor = the supervising unit's contacts."""


class Moment(Part):
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

    name: str = Field(pattern=r"^[a-z][a-z_]*$")
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

    def moment(self, unit: Unit | Literal["date"]) -> Moment:
        """When it comes, for a deadline in this unit."""
        return self.hourly_at if unit == "hour" and self.hourly_at else self.at

    def over(self, unit: Unit | Literal["date"]) -> tuple[Channel, ...]:
        """The channels, for a deadline in this unit."""
        return self.hourly_channels if unit == "hour" and self.hourly_channels is not None else self.channels
