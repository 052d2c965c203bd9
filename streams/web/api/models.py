"""The documents of the API as schemas, for openapi.json; the answers themselves are built from records."""

from __future__ import annotations

from typing import Any, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from schemas.base import Instant
from schemas.event import Event
from schemas.ticket import TicketDocument

T = TypeVar("T")


class Open(BaseModel):
    """A document to which fields may be added."""

    model_config = ConfigDict(extra="allow")


class Page(Open, Generic[T]):
    """A page of a list."""

    items: list[T]
    next: str | None = Field(description="what `after` is to be for the next page; null = this is the last one")
    total: int | None = Field(default=None, description="tickets, with `count=1`: how many, up to 1,000")
    more: bool | None = Field(default=None, description="tickets, with `count=1`: whether there are more than `total`")


class Problem(Open):
    """RFC 9457: what was wrong."""

    title: str
    status: int
    code: str = Field(description="a stable word")
    detail: str | None = None
    errors: list[dict[str, Any]] | None = None


class ListedTicket(Open):
    """A ticket of a list: the fields of a ticket but `problems`, and these."""

    ticket_id: str
    version: int
    asset_id: str
    unit_id: str | None
    check: str
    status: str
    due_at: Instant
    asset_name: str
    overdue: bool
    asks: list[str] = Field(description="kinds of what its unit has asked for and nobody has answered")


class WholeTicket(TicketDocument):
    """A ticket with all that belongs to it; `history` are its events, `notices` who was told."""

    asset: dict[str, Any]
    unit: dict[str, Any] | None
    evidence: list[dict[str, Any]]
    requests: list[dict[str, Any]] = Field(description="open recheck requests")
    asks: list[dict[str, Any]] = Field(description="what its unit has asked for and nobody has answered")
    history: list[Event]
    notices: list[dict[str, Any]]


class Notice(Open):
    """What one person is told over one channel."""

    notice_id: str
    kind: str
    channel: str
    recipient: str = Field(description="masked")
    role: str
    state: str
    code: str | None
    not_before: Instant
    updated_at: Instant


class UnitOfRegistry(Open):
    """A unit, without its contacts."""

    unit_id: str
    name: str
    supervisor_id: str | None = None


class HeldRun(Open):
    """A run that waits for `accept_run` or `reject_run`."""

    asset_id: str
    source: str
    run_id: str
    held_by: str | None
    evidence_at: Instant | None
    counted: int
    sample: dict[str, int]


class WantedAct(Open):
    """One act; what else the action needs is as in `command.json`: `measures`, `reason`, `due_at`, `unit_id` ..."""

    action: str
    by: str | None = Field(default=None, description="who acts; without it the key's name")
    command_id: str | None = Field(default=None, description="the same id acts once")


class Act(Open):
    """A command that the brokers have; `event` answers it, null if it is not decided yet."""

    command_id: str
    event: Event | None


class TracedFinding(Open):
    """What became of a message."""

    id: str
    fate: Literal["waiting", "refused", "opened", "counted", "suspected", "warned", "decided", "not_kept", "not_found"]
    words: str
    kind: str | None = None
    code: str | None = None
    detail: str | None = None
    ahead: int | None = Field(default=None, description="waiting: messages that are read before it")
    ticket: dict[str, Any] | None = None
    problem: dict[str, Any] | None = None
    run: dict[str, Any] | None = None
    events: list[dict[str, Any]] = Field(default_factory=list, description="that it has brought about")
