"""A command 指令: what a person decides about a ticket, a held run or a notice (topic `rectify.commands`)."""

from __future__ import annotations

from typing import Self

from pydantic import Field, model_validator

from schemas.actions import ACTIONS, ASKS, NAMED_BY, Action, AskKind, ReasonCode
from schemas.base import PLACES_LIMIT, Day, Document, FilledLine, FilledText, Identifier, Instant, Model, Via


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
    evidence: Document = Field(
        default_factory=dict,
        description="claim_fix: also `files`, a list of `name`, `sha256`, `bytes` and `type` of what was handed in",
    )
    via: Via | None = Field(
        default=None,
        description="by what the person came: `link:<notice_id>`, `account:<name>`, `key:<id>`; echoed in every event",
    )
    kind: AskKind | None = Field(default=None, description="ask: what for")
    progress: FilledText | None = Field(default=None, description="ask: what has been done so far")
    ask_id: Identifier | None = Field(default=None, description="refuse_ask: which")
    answers: Identifier | None = Field(
        default=None,
        description="extend, reassign, dismiss: the `ask_id` that it grants; without it, the open one of its kind",
    )
    text: FilledText | None = Field(default=None, description="note: what is noted")
    unit_id: Identifier | None = Field(
        default=None, description="reassign: the new owner; ask, `not_ours`: whose it would be"
    )
    due_at: Instant | None = Field(default=None, description="extend, ask: the new moment")
    working_days: int | None = Field(default=None, ge=1, le=3_650, description="extend, ask: by so many working days")
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
        if self.answers is not None and row.grants is None:
            msg = f"`{self.action}` answers no ask"
            raise ValueError(msg)
        one_of = ASKS[self.kind].one_of if self.action == "ask" and self.kind is not None else row.one_of
        if one_of and sum(getattr(self, name) is not None for name in one_of) != 1:
            msg = f"`{self.action}` needs either {' or '.join(f'`{name}`' for name in one_of)}"
            raise ValueError(msg)
        return self
