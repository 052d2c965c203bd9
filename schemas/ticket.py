"""A ticket 整改单 as it now stands (topic `rectify.tickets`, compacted, key `ticket_id`).

The rules build these documents as plain dictionaries; the models here say exactly what is in them.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from schemas.base import Day, Document, Identifier, Instant, Model
from schemas.vocabulary import STATUS_LABELS, ProblemStatus, Severity, TicketStatus

SHOWN_PROBLEMS = 50
_STATUSES = "，".join(f"{word} {label}" for word, label in STATUS_LABELS.items())

Count = Annotated[int, Field(ge=0)]


class TicketDeadline(Model):
    """By which rule, and counted with which calendar, a ticket is due: frozen when it opened."""

    model_config = ConfigDict(title="Deadline 时限")

    rule: str = Field(description="row of the policy's table, then what became of it, such as `link.dead/extended+3`")
    amount: Count
    unit: Literal["working_day", "hour", "month", "date"] = Field(description="`date`: set by an official notice")
    calendar: str = Field(description="the working-day calendar it was counted with, such as `cn-2026`")
    provisional: bool = Field(description="it reaches into a year whose calendar is not published yet")
    basis: str = Field(description="the official basis in words")
    policy: str = Field(description="pack and version, such as `default@1`")
    counted_from: Instant | None = Field(
        default=None, description="the clock's start, where lines or a longest extension count from it too"
    )
    reason: Literal["first_load", "registered"] | None = Field(
        default=None, description="why it is counted from a later day: a first load, an asset that was registered late"
    )
    begun_on: Day | None = Field(default=None, description="that day")
    true_due_at: Instant | None = Field(
        default=None, description="when it would have been due otherwise: on time is what is settled by then"
    )


class TicketProblem(Model):
    """One of a ticket's problems: findings with the same fingerprint."""

    model_config = ConfigDict(title="Problem 问题")

    fingerprint: Identifier
    locator: str = Field(description="where on the asset; empty = the asset as a whole")
    first_seen_at: Instant
    last_seen_at: Instant
    count: Count = Field(description="accepted findings")
    status: ProblemStatus
    facts: Document = Field(
        description="of the latest finding: `received_at`, `title`, `detail`, `evidence`, `source`, `run_id`, "
        "the rest as `extra`"
    )


class TicketDocument(Model):
    """A ticket as it now stands. A reader that has a higher `version` ignores this one."""

    model_config = ConfigDict(title="Ticket 整改单")

    ticket_id: Identifier
    version: int = Field(ge=1, description="grows by one at every change")
    asset_id: Identifier
    unit_id: Identifier | None = Field(description="the owner; null = the asset is not registered")
    check: Identifier
    cause: str | None = Field(
        description="what its problems have in common; `target:<url>`, `template:<path>`, `run:<run_id>` = inferred"
    )
    severity: Severity
    status: TicketStatus = Field(description=_STATUSES)
    opened_at: Instant
    due_at: Instant
    deadline: TicketDeadline
    guarded: bool = Field(description="opened inside a guarded period 重要保障期")
    rung: str | None = Field(description="last escalation reached, such as `urge`")
    problem_count: Count
    open_problem_count: Count
    problems: tuple[TicketProblem, ...] = Field(max_length=SHOWN_PROBLEMS, description="the first 50")
    occurrences: Count = Field(description="accepted findings of all its problems")
    first_seen_at: Instant
    last_seen_at: Instant
    reminder_count: Count
    reopen_count: Count
    extension_count: Count
    recurrence_of: Identifier | None = Field(description="the ticket that had the same problem before")
    acknowledged_at: Instant | None
    closed_at: Instant | None = Field(description="when we closed")
    evidence_at: Instant | None = Field(description="when the proof was observed")
    close_reason: str | None = Field(description="a stable word, such as `recheck_absent`, `waived` or `merged`")
    merged_into: Identifier | None = Field(description="the ticket that took its problems over")
