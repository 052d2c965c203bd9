"""What the supervisors see (topics `rectify.escalations.<rung>`, key = supervising unit or `unassigned`)."""

from __future__ import annotations

from typing import Self

from pydantic import ConfigDict, Field, model_validator

from schemas.base import Identifier, Model
from schemas.event import BODIES, Event, conditions
from schemas.ticket import TicketDocument


class AssetShown(Model):
    """The asset as registered; of one that is not, only its id."""

    model_config = ConfigDict(title="Asset 资产")

    asset_id: Identifier
    name: str
    kind: str | None = None
    platform: str | None = None
    unit_id: Identifier | None = None
    region: str | None = None
    level: str | None = None
    class_: str | None = Field(default=None, alias="class")
    url: str | None = None


class UnitShown(Model):
    """The unit without its contacts; of one that is not registered, only its id."""

    model_config = ConfigDict(title="Unit 单位")

    unit_id: Identifier
    name: str | None = None
    supervisor_id: Identifier | None = None
    region: str | None = None


class Escalation(Event):
    """An event with all that a subscriber needs; one ticket a message. A held run has no ticket."""

    model_config = ConfigDict(
        title="Escalation 升级",
        json_schema_extra=conditions({**BODIES, "escalated": (*BODIES["escalated"], "ticket")}),
    )

    rung: str = Field(description="rung of the ladder, such as `supervise`")
    asset: AssetShown
    unit: UnitShown | None = Field(description="the owner; null = the asset is not registered")
    ticket: TicketDocument | None = None

    @model_validator(mode="after")
    def _shows_its_ticket(self) -> Self:
        if self.type == "escalated" and self.ticket is None:
            msg = "an escalation of a ticket has `ticket`"
            raise ValueError(msg)
        return self
