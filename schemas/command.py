"""A command 指令: what a person decides about a ticket, a held run or a notice (topic `rectify.commands`)."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from schemas.actions import ACTIONS, NAMED_BY, Action, ReasonCode
from schemas.base import PLACES_LIMIT, Day, Document, FilledLine, FilledText, Identifier, Instant, Model


class Command(Model):
    """One act of a person. `by` is recorded, not verified: topic ACLs guard who may write."""

    action: Action
    asset_id: Identifier
    ticket_id: Identifier | None = None
    by: FilledLine = Field(description="who acts")
    at: Instant
    reason: FilledText | None = None
    reason_code: ReasonCode | None = Field(
        default=None,
        description="dismiss: false_alarm, withdrawn, spam; reassign: not_ours; close: asset_removed; "
        "resend_notice: again, for one that has arrived or may have",
    )
    command_id: Identifier | None = Field(default=None, description="echoed in every event; the same id acts once")
    measures: FilledText | None = Field(default=None, description="claim_fix: what was done")
    evidence: Document = Field(default_factory=dict)
    unit_id: Identifier | None = Field(default=None, description="reassign: the new owner")
    due_at: Instant | None = Field(default=None, description="extend: the new moment")
    working_days: int | None = Field(default=None, ge=1, le=3_650, description="extend: by so many working days")
    until: Day | Instant | None = Field(default=None, union_mode="left_to_right", description="waive: until when")
    into: Identifier | None = Field(default=None, description="merge: the ticket that takes the problems over")
    fingerprints: tuple[Identifier, ...] | None = Field(
        default=None,
        fail_fast=True,
        min_length=1,
        max_length=PLACES_LIMIT,
        description="split: the open problems that get their own ticket",
    )
    source: Identifier | None = Field(default=None, description="accept_run, reject_run: the producer")
    run_id: Identifier | None = Field(default=None, description="accept_run, reject_run: its run")

    notice_id: str | None = Field(
        default=None, pattern=r"^[0-9a-f]{32}$", description="resend_notice, suppress_notice: which"
    )

    @model_validator(mode="after")
    def _has_what_the_action_needs(self) -> Self:
        row = ACTIONS[self.action]
        missing = [name for name in (*NAMED_BY[row.about], *row.fields) if getattr(self, name) is None]
        if missing:
            msg = f"`{self.action}` needs {', '.join(f'`{name}`' for name in missing)}"
            raise ValueError(msg)
        if self.reason_code is not None and self.reason_code not in row.codes:
            msg = f"`{self.action}` knows no `reason_code` {self.reason_code!r}"
            raise ValueError(msg)
        if row.one_of and sum(getattr(self, name) is not None for name in row.one_of) != 1:
            msg = f"`{self.action}` needs either {' or '.join(f'`{name}`' for name in row.one_of)}"
            raise ValueError(msg)
        return self
