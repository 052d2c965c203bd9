"""A ticket's terms as it keeps them: its deadline, frozen, and the steps of the ladder still to come, as JSON text."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import Final, Literal, NamedTuple
from zoneinfo import ZoneInfo

import orjson

from streams.rules.state.records import Ticket
from streams.rules.state.text import minute, to_json

_SHORT: Final = 512  # characters; a longer one has a `basis` that a producer wrote, and is not kept in a cache
_UNSAID: Final = datetime.min.replace(tzinfo=UTC)  # each ticket has a due of its own


class Step(NamedTuple):
    """A step of the ladder and its moment (UTC)."""

    name: str
    at: datetime


class Deadline(NamedTuple):
    """A deadline as it stands in a ticket.

    `rule` is the row of the policy's table, then what became of it: `link.dead/home_page=true/extended+3/reopened`.
    """

    due_at: datetime  # UTC
    rule: str
    amount: int  # for unit `date`: the working days that lay between start and due, as first set
    unit: Literal["working_day", "hour", "month", "date"]
    calendar: str  # name of the calendar it was counted with
    provisional: bool  # an unpublished year was guessed
    basis: str
    policy: str  # "default@1"
    counted_from: datetime | None = None  # the clock's start, where more than the deadline counts from it (M-1)


def deadline_json(frozen: Deadline) -> str:
    """The contract's `deadline` object."""
    return (_deadline_json if len(frozen.basis) < _SHORT else _deadline_json.__wrapped__)(frozen)


@lru_cache(maxsize=4_096)
def _deadline_json(frozen: Deadline) -> str:
    document = {
        "rule": frozen.rule,
        "amount": frozen.amount,
        "unit": frozen.unit,
        "calendar": frozen.calendar,
        "provisional": frozen.provisional,
        "basis": frozen.basis,
        "policy": frozen.policy,
    }
    if frozen.counted_from is not None:
        document["counted_from"] = frozen.counted_from.isoformat()
    return to_json(document)


def with_deadline(ticket: Ticket, frozen: Deadline) -> Ticket:
    """The ticket, due by this deadline (not yet put into the draft)."""
    return ticket._replace(
        due_at=frozen.due_at, due_unit=frozen.unit, provisional=frozen.provisional, deadline_json=deadline_json(frozen)
    )


def deadline_of(ticket: Ticket) -> Deadline:
    """The frozen deadline of a ticket."""
    text = ticket.deadline_json
    return (_terms if len(text) < _SHORT else _terms.__wrapped__)(text)._replace(due_at=ticket.due_at)


@lru_cache(maxsize=4_096)
def _terms(frozen_json: str) -> Deadline:
    frozen = Deadline(due_at=_UNSAID, **orjson.loads(frozen_json))
    if frozen.counted_from is None:
        return frozen
    return frozen._replace(counted_from=datetime.fromisoformat(str(frozen.counted_from)))


def due_words(ticket: Ticket, zone: ZoneInfo) -> str:
    """The ticket's due as people read it; a provisional one says so (L-7)."""
    return f"{minute(ticket.due_at, zone)}{'（暂定）' if ticket.provisional else ''}"


@lru_cache(maxsize=4_096)
def plan_json(steps: tuple[Step, ...]) -> str:
    """Steps as the ledger keeps them."""
    return to_json([[step.name, step.at.astimezone(UTC).isoformat()] for step in steps])


def steps_of(ticket: Ticket) -> tuple[Step, ...]:
    """The steps of the ladder, and the lines, that are still to come; earliest first."""
    return _steps(ticket.plan_json)


@lru_cache(maxsize=4_096)
def _steps(steps_json: str) -> tuple[Step, ...]:
    return tuple(Step(name, datetime.fromisoformat(at)) for name, at in orjson.loads(steps_json))
