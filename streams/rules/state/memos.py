"""Memos: what a batch works out once and keeps until it is decided."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from schemas.channels import Channel
from schemas.ladder import StepRule


class Addressee(NamedTuple):
    """One person, over one channel."""

    unit_id: str
    name: str
    role: str
    channel: Channel
    address: str
    inbox: str  # the same for all spellings of the address (rule N-52)


class Telling(NamedTuple):
    """Who is told one kind of news of a unit's tickets, and when: the same for all of them in a batch."""

    step: StepRule
    exempt: bool
    not_before: datetime
    expires_at: datetime
    addressees: tuple[Addressee, ...]


@dataclass(slots=True)
class RunTally:
    """What a batch adds to a run: findings; and how many distinct problems by check it now has in all."""

    distinct: dict[str, int]
    first_seen_at: datetime
    findings: int = 0
    first_found: int = 0  # problems that nobody had reported before


class Opening(NamedTuple):
    """As the ticket keeps it."""

    due_at: datetime
    due_unit: str
    provisional: bool
    deadline_json: str
    guarded: bool
    plan_json: str
    next_review_at: datetime | None
    anew: str  # what its event says of a deadline that is counted from a later day (L-15), and the fields for that
    anew_fields: Mapping[str, Any]
