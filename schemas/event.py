"""What happened, past tense (topic `rectify.events`, key `asset_id`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from schemas.actions import AskKind
from schemas.base import Document, Identifier, Instant, Model
from schemas.channels import NoticeChannel
from schemas.ticket import Count
from schemas.vocabulary import EVENT_LABELS, Outcome, Severity, Timeliness

BODIES: Final[Mapping[str, tuple[str, ...]]] = {
    "opened": ("due_at", "severity", "fingerprint", "locator", "cause", "recurrence_of"),
    "joined": ("fingerprint", "locator", "problem_count"),
    "warned": ("check", "fingerprint", "locator", "facts"),
    "acknowledged": ("said",),
    "fix_claimed": ("said", "measures", "evidence"),
    "extended": ("said", "due_at", "due_before"),
    "reminded": ("step", "due_at"),
    "overdue": ("due_at",),
    "escalated": ("rung", "missed", "overdue_for"),
    "line_crossed": ("line",),
    "recheck_requested": ("request_ids",),
    "recheck_failed": ("request_id", "source", "observed_at", "evidence"),
    "recheck_unanswered": ("request_ids", "asked_at", "attempts", "producers", "why"),
    "recheck_ignored": ("outcome", "request_id", "source", "observed_at"),
    "absence_noted": ("fingerprint", "locator", "proof"),
    "problem_gone": ("fingerprint", "locator", "proof"),
    "deadline_changed": ("due_at", "due_before"),
    "run_held": ("source", "run_id", "would_close", "why"),
    "run_accepted": ("source", "run_id", "said"),
    "run_rejected": ("source", "run_id", "said"),
    "run_incomplete": ("source", "run_id", "found", "counted"),
    "run_found_more": ("source", "run_id", "found", "counted"),
    "run_settled": ("source", "run_id", "seen", "new", "gone"),
    "dismissed": ("said",),
    "waived": ("said", "until"),
    "reassigned": ("unit_before",),
    "asset_moved": ("replaced_by",),
    "sent_back": ("said",),
    "split": ("said", "split_into", "split_from", "problem_count"),
    "notice_resent": ("said", "notice_id", "new_notice_id", "notice_kind", "channel"),
    "notice_suppressed": ("said", "notice_id", "notice_kind", "channel"),
    "asked": ("said", "ask_id", "kind", "due_at", "working_days", "unit_wanted", "progress", "evidence"),
    "ask_refused": ("said", "ask_id", "kind"),
    "ask_ended": ("ask_id", "kind"),
    "ask_unanswered": ("ask_id", "kind", "asked_at"),
    "noted": ("text",),
    "command_refused": ("action", "requested_ticket_id"),
    "calendar_missing": ("year",),
    "provider_alarm": ("provider", "channel", "code"),
    "webhook_given_up": ("provider", "code"),
    "dead_letters_limited": ("source", "topic", "code", "refused", "taken"),
}
"""What an event of a type always has beside the common fields (it may be null)."""


def _known(value: str) -> str:
    if value not in EVENT_LABELS:
        msg = f"must be one of {', '.join(EVENT_LABELS)}"
        raise ValueError(msg)
    return value


_TYPES: Any = {"oneOf": [{"const": kind, "title": label} for kind, label in EVENT_LABELS.items()]}


def conditions(bodies: Mapping[str, tuple[str, ...]]) -> Any:
    """JSON Schema for "an event of this type has these fields"."""
    return {
        "allOf": [
            {
                "if": {"properties": {"type": {"const": kind}}},
                "then": {"properties": dict.fromkeys(names, True), "required": list(names)},
            }
            for kind, names in bodies.items()
        ]
    }


EventType = Annotated[str, AfterValidator(_known), Field(json_schema_extra=_TYPES)]


class Proof(Model):
    """Why a problem counts as gone: a run's silence, a recheck, a person with a reason, or a count below its line."""

    kind: Literal["run", "recheck", "person", "count"]
    source: Identifier | None = None
    run_id: Identifier | None = None
    finished_at: Instant | None = None
    accepted_by: str | None = Field(default=None, description="who let a held run pass")
    request_id: Identifier | None = None
    by: str | None = None
    reason: str | None = None
    evidence: Document | None = None
    observed_at: Instant | None = Field(default=None, description="as of when it proves absence")


class CrossedLine(Model):
    """A line of the policy beside the deadline."""

    kind: Literal["penalty", "veto"]
    amount: int = Field(ge=1)
    unit: Literal["day", "working_day", "month", "round"]
    basis: str = Field(description="who ruled it, in words")


class OverdueFor(Model):
    """How long ago the deadline passed."""

    seconds: Count
    working_days: Count


class Event(Model):
    """Something has happened. New types may come: a reader passes over those that it does not know."""

    model_config = ConfigDict(title="Event 事件", json_schema_extra=conditions(BODIES))

    id: Identifier = Field(description="the same cause gives the same id: a consumer can drop repeats")
    type: EventType
    at: Instant
    asset_id: Identifier | None = Field(
        description="null only for `calendar_missing`, `provider_alarm`, `webhook_given_up` and `dead_letters_limited`"
    )
    unit_id: Identifier | None
    ticket_id: Identifier | None
    ticket_version: int | None
    rule: str = Field(description="number in docs/rules.md, such as `E-4`")
    reason: str = Field(description="a stable word")
    summary: str = Field(description="one Chinese sentence")
    by: str | None = Field(default=None, description="a person's act: who")
    signed_by: str | None = Field(
        default=None, description="of a signed command: the id of its key, which was verified"
    )
    command_id: Identifier | None = Field(default=None, description="the command that caused it")
    via: Identifier | None = Field(
        default=None, description="a person's act: by what they came (`link:...`, `account:...`, `key:...`)"
    )

    said: str | None = Field(default=None, description="the reason that the person gave")
    due_at: Instant | None = None
    due_before: Instant | None = None
    deadline_reason: Literal["first_load", "registered"] | None = Field(
        default=None, description="opened, reopened, deadline_changed: why it is counted from a later day"
    )
    true_due_at: Instant | None = Field(default=None, description="with `deadline_reason`: when it would have been due")
    until: Instant | None = Field(default=None, description="waived: until when")
    severity: Severity | None = None
    check: Identifier | None = None
    fingerprint: Identifier | None = None
    locator: str | None = None
    cause: str | None = None
    recurrence_of: Identifier | None = Field(default=None, description="opened, joined: the ticket that had it before")
    reported_before: tuple[Identifier, ...] | None = Field(
        default=None, description="opened, joined: who had reported it to the ticket that it recurs from"
    )
    warned_at: Instant | None = Field(default=None, description="opened, joined, reopened: the first warning")
    facts: Document | None = None
    problem_count: Count | None = None
    occurrences: Count | None = None
    reopen_count: Count | None = None
    flapping: Count | None = Field(default=None, description="reopened: how often it came back, if too often")
    source: Identifier | None = None
    run_id: Identifier | None = None
    would_close: Count | None = Field(default=None, description="run_held: so many problems")
    found: Count | None = Field(default=None, description="run_incomplete, run_found_more: what the run said")
    counted: Count | None = Field(default=None, description="run_incomplete, run_found_more: what has arrived")
    seen: Count | None = Field(default=None, description="run_settled: distinct problems that the run has found")
    new: Count | None = Field(default=None, description="run_settled: of these, such as nobody had reported before")
    gone: Count | None = Field(default=None, description="run_settled: problems that its silence has proved gone")
    request_id: Identifier | None = None
    request_ids: tuple[Identifier, ...] | None = None
    joined: tuple[Identifier, ...] | None = Field(
        default=None, description="recheck_requested: of these, those that were open already"
    )
    not_before: Instant | None = Field(default=None, description="recheck_requested: when to look, at the earliest")
    attempts: Count | None = Field(default=None, description="recheck_requested, recheck_unanswered: how often asked")
    asked_at: Instant | None = Field(default=None, description="recheck_unanswered, ask_unanswered: since when")
    producers: tuple[Identifier, ...] | None = Field(
        default=None, description="recheck_unanswered: the sources that could have answered"
    )
    answered_by_itself: bool | None = Field(
        default=None, description="run_accepted, run_rejected: the run's own producer has answered the sample"
    )
    outcome: Outcome | None = None
    observed_at: Instant | None = None
    evidence: Document | None = None
    measures: str | None = None
    proof: Proof | None = None
    evidence_at: Instant | None = None
    why: str | None = Field(default=None, description="closed as `merged`: a stable word")
    merged_into: Identifier | None = None
    merged_from: Identifier | None = Field(default=None, description="joined: the ticket that was merged into this one")
    split_into: Identifier | None = Field(default=None, description="split: the new ticket, said of the old one")
    split_from: Identifier | None = Field(default=None, description="split: the old ticket, said of the new one")
    step: str | None = Field(default=None, description="reminded: step of the ladder")
    rung: str | None = Field(default=None, description="escalated: rung of the ladder")
    missed: tuple[str, ...] | None = Field(default=None, description="escalated: lower steps that nobody saw")
    overdue_for: OverdueFor | None = None
    line: CrossedLine | None = Field(default=None, description="line_crossed: which")
    timeliness: Timeliness | None = Field(default=None, description="closed: how timely, as of the proof's observation")
    rounds: Count | None = Field(default=None, description="closed, by a check with rounds: how many runs saw it")
    unit_before: Identifier | None = None
    replaced_by: Identifier | None = Field(default=None, description="asset_moved: where to")
    ask_id: Identifier | None = Field(default=None, description="asked, ask_...: which")
    kind: AskKind | None = Field(default=None, description="asked, ask_...: what for")
    answers: Identifier | None = Field(
        default=None, description="extended, reassigned, dismissed: the `ask_id` that it grants"
    )
    working_days: int | None = Field(default=None, description="asked, `extension`: for so many; otherwise `due_at`")
    unit_wanted: Identifier | None = Field(default=None, description="asked, `not_ours`: whose it would be")
    progress: str | None = Field(default=None, description="asked: what has been done so far")
    text: str | None = Field(default=None, description="noted: what")
    action: str | None = Field(default=None, description="command_refused: what was asked for")
    requested_ticket_id: Identifier | None = None
    notice_id: Identifier | None = Field(default=None, description="notice_resent, notice_suppressed: which")
    new_notice_id: Identifier | None = Field(default=None, description="notice_resent: the notice that is sent now")
    notice_kind: str | None = Field(default=None, description="notice_resent, notice_suppressed: what it tells of")
    year: int | None = None
    provider: str | None = Field(
        default=None, description="provider_alarm: who refuses our account; webhook_given_up: which webhook"
    )
    channel: NoticeChannel | None = Field(default=None, description="provider_alarm, notices: over which channel")
    code: str | None = Field(
        default=None,
        description="provider_alarm: `auth`, `sender` or `balance`, and the provider's own code; dead_letters_limited: "
        "why the last message was refused; webhook_given_up: what became of the last attempt",
    )
    topic: str | None = Field(default=None, description="dead_letters_limited: where the messages came from")
    refused: Count | None = Field(default=None, description="dead_letters_limited: so many were refused within an hour")
    taken: Count | None = Field(default=None, description="dead_letters_limited: so many were taken in between")

    @model_validator(mode="after")
    def _has_what_its_type_has(self) -> Self:
        missing = [name for name in BODIES.get(self.type, ()) if name not in self.model_fields_set]
        if missing:
            msg = f"an event `{self.type}` has {', '.join(f'`{name}`' for name in missing)}"
            raise ValueError(msg)
        return self
