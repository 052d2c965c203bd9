"""Who owns what (topic `rectify.registry`, compacted): assets, units and contacts, producers, guarded periods."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.addresses import EMAIL_LIMIT, STORED, EmailAddress, MobileNumber
from schemas.base import CHECKS_LIMIT, ID_LIMIT, Day, Identifier, Instant, Line, Model, Name
from schemas.channels import TO_PEOPLE, Channel


def is_record_id(text: str) -> bool:
    """Whether it can stand in a record's key, behind `unit:` and so on: 1 to 256 printable characters."""
    return 0 < len(text) <= ID_LIMIT and text.isprintable()


class Contact(Model):
    """A person who is told. `duty` 值守 contacts get the daily notices, `head` 负责人 contacts the supervision."""

    name: Name
    email: EmailAddress | None = Field(default=None, max_length=EMAIL_LIMIT)
    phone: MobileNumber | None = Field(default=None, max_length=32)
    channels: tuple[Channel, ...] | None = Field(
        default=None, fail_fast=True, max_length=16, description="absent = all that have an address"
    )
    role: Literal["duty", "head"] = "duty"

    def address(self, channel: Channel) -> str | None:
        """The address on this channel, or None when there is none or the contact does not want it."""
        if self.channels is not None and channel not in self.channels:
            return None
        return (self.email if TO_PEOPLE[channel].contact_field == "email" else self.phone) or None

    @property
    def is_reachable(self) -> bool:
        """Whether there is any channel over which the contact can be told."""
        return any(self.address(channel) is not None for channel in TO_PEOPLE)


class Letterhead(Model):
    """Who signs letters 落款 to the units that a unit supervises."""

    name: Name
    contact: Line | None = Field(default=None, description="whom to ask for")
    phone: Line | None = None
    sms_sign: Line | None = Field(default=None, max_length=20, description="what short messages begin with, in 【】")


class Unit(Model):
    """A unit 单位: owner 主办 of assets, and supervisor 主管 of other units."""

    unit_id: Identifier
    name: Name
    supervisor_id: Identifier | None = None
    region: Line | None = None
    replaced_by: Identifier | None = Field(default=None, description="the unit that it was merged into")
    contacts: tuple[Contact, ...] = Field(default=(), fail_fast=True, max_length=200)
    letterhead: Letterhead | None = Field(
        default=None, description="who signs letters to the units that it supervises; otherwise RECTIFY_OFFICE_NAME"
    )
    groups: tuple[Line, ...] = Field(
        default=(),
        fail_fast=True,
        max_length=100,
        description="chat groups, by their names in the settings, that get copies of its escalations",
    )

    @classmethod
    def stored(cls, document: str) -> Self:
        """A unit as the ledger keeps it; its addresses are not looked at again (N-48)."""
        return cls.model_validate_json(document, context=STORED)


class Asset(Model):
    """A website or a new-media account."""

    asset_id: Identifier
    name: Name
    kind: Literal["website", "account"]
    code: Identifier | None = Field(default=None, description="its number in the national register 网站标识码")
    platform: Line | None = None
    unit_id: Identifier | None = None
    region: Line | None = None
    level: Line | None = None
    class_: Literal["publishing", "service"] | None = Field(default=None, alias="class")
    url: Line | None = None
    replaced_by: Identifier | None = Field(default=None, description="the asset that it has moved to")
    removed_at: Day | Instant | None = Field(
        default=None, union_mode="left_to_right", description="shut down or cancelled 关停注销: since when"
    )
    removed_by: Line | None = Field(default=None, description="who has verified that it is removed")


class Producer(Model):
    """Who looks 巡检方, under the `source` of its messages: whose it is, and what it can look at again."""

    source: Identifier
    name: Name
    unit_id: Identifier | None = Field(default=None, description="the unit that runs it, told of unanswered requests")
    checks: tuple[Identifier, ...] | None = Field(
        default=None,
        fail_fast=True,
        max_length=CHECKS_LIMIT,
        description="checks that it can recheck, `link.*` for all of a kind; empty = none; absent = it does not say",
    )

    def can(self, check: str) -> bool | None:
        """Whether it says that it can recheck this; None = it does not say."""
        if self.checks is None:
            return None
        return any(check == one or (one.endswith("*") and check.startswith(one[:-1])) for one in self.checks)


class GuardedPeriod(Model):
    """A guarded period 重要保障期: inside it the checks' `guarded` deadlines hold, around the clock."""

    name: Name
    from_: Day | Instant = Field(alias="from", union_mode="left_to_right")
    to: Day | Instant = Field(union_mode="left_to_right", description="a date is included to its end")
    regions: tuple[Line, ...] = Field(default=(), fail_fast=True, max_length=1_000, description="empty = everywhere")
    note: Line | None = None

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if type(self.from_) is type(self.to) and self.from_ > self.to:
            msg = "`from` must not be later than `to`"
            raise ValueError(msg)
        return self
