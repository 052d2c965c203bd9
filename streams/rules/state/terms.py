"""A ticket's terms as it keeps them: its deadline, frozen, and the steps of the ladder still to come, as JSON text.

P-5  A ticket keeps from when its deadline was counted: the receipt, otherwise the sighting that opened it; its latest
     reopening. Its message names that only where lines or a longest extension count from there too (M-1).
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any, Final, Literal, NamedTuple, cast
from zoneinfo import ZoneInfo

import orjson

from streams.rules.state.records import Ticket
from streams.rules.state.text import minute, stamp, to_json

_Unit = Literal["working_day", "hour", "month", "date"]
_SHORT: Final = 512  # characters; a longer one has a `basis` that a producer wrote, and is not kept in a cache
_UNSAID: Final = datetime.min.replace(tzinfo=UTC)  # each ticket has a due of its own


class Step(NamedTuple):
    """A step of the ladder and its moment (UTC)."""

    name: str
    at: datetime


Begun = Literal["first_load", "registered"]
"""Why a deadline was counted from a later day than its own (rules L-15, L-16)."""


class BegunAnew(NamedTuple):
    """That a deadline is counted from a later day, and when it would have ended."""

    reason: Begun
    day: date  # local: of the load, or of the registration
    true_due_at: datetime  # UTC; what is granted since is granted to both


class Deadline(NamedTuple):
    """A deadline as it stands in a ticket: the row of the policy's table, and what became of it since."""

    due_at: datetime  # UTC
    row: str  # of the policy's table, such as `link.dead/home_page=true`; of a date that a notice has set: the check
    amount: int  # for unit `date`: the working days that lay between start and due, as first set
    unit: _Unit
    calendar: str  # name of the calendar it was counted with
    provisional: bool  # an unpublished year was guessed
    basis: str
    policy: str  # "default@1"
    given: bool = False  # a notice has set the date (rule L-3)
    timed: bool = False  # lines or a longest extension count from its start too (rule M-1)
    granted: tuple[int | None, ...] = ()  # extensions since, in working days; None: to a date
    reopened: bool = False  # its amount is that of a reopened ticket (rule L-5)
    begun: BegunAnew | None = None  # counted from a later day (rules L-15, L-16)

    @property
    def first_rule(self) -> str:
        """The rule by which it was first set, as the contract names it."""
        return f"{self.row}/due_by" if self.given else self.row

    @property
    def rule(self) -> str:
        """The same, then what became of it: `link.dead/home_page=true/reopened/extended+3`."""
        became = "".join("/extended" if days is None else f"/extended+{days}" for days in self.granted)
        anew = "" if self.begun is None else f"/{self.begun.reason}"
        return f"{self.first_rule}{'/reopened' if self.reopened else ''}{anew}{became}"

    @property
    def true_due_at(self) -> datetime:
        """When it would have ended, had nobody counted it from a later day: what is on time is measured by that."""
        return self.due_at if self.begun is None else self.begun.true_due_at

    @property
    def own_amount(self) -> int:
        """The amount without what was granted since."""
        return self.amount - sum(filter(None, self.granted))


def deadline_json(frozen: Deadline) -> str:
    """What a ticket keeps of its deadline beside the fields that are columns."""
    return (_deadline_json if len(frozen.basis) < _SHORT else _deadline_json.__wrapped__)(frozen)


@lru_cache(maxsize=4_096)
def _deadline_json(frozen: Deadline) -> str:
    history = {
        "given": frozen.given,
        "timed": frozen.timed,
        "granted": frozen.granted,
        "reopened": frozen.reopened,
        "begun": frozen.begun and (frozen.begun.reason, frozen.begun.day.isoformat(), _utc(frozen.begun.true_due_at)),
    }
    return to_json(
        {
            "row": frozen.row,
            "amount": frozen.amount,
            "calendar": frozen.calendar,
            "basis": frozen.basis,
            "policy": frozen.policy,
            **{name: value for name, value in history.items() if value},
        }
    )


def published_deadline(ticket: Ticket, zone: ZoneInfo) -> str:
    """The contract's `deadline` object."""
    short = len(ticket.deadline_json) < _SHORT
    text, timed, begun = (_published if short else _published.__wrapped__)(
        ticket.deadline_json, ticket.due_unit, provisional=ticket.provisional
    )
    if begun is not None:
        more = {"reason": begun.reason, "begun_on": begun.day, "true_due_at": stamp(begun.true_due_at, zone)}
        text = f"{text[:-1]},{to_json(more)[1:]}"
    if not timed:
        return text
    return f'{text[:-1]},"counted_from":"{ticket.counted_from.astimezone(zone).isoformat()}"}}'


@lru_cache(maxsize=4_096)
def _published(deadline_json: str, unit: str, *, provisional: bool) -> tuple[str, bool, BegunAnew | None]:
    """The object without moments, which belong to a time zone; whether the clock's start is one, and the later day."""
    frozen = _terms.__wrapped__(deadline_json)
    document = {
        "rule": frozen.rule,
        "amount": frozen.amount,
        "unit": unit,
        "calendar": frozen.calendar,
        "provisional": provisional,
        "basis": frozen.basis,
        "policy": frozen.policy,
    }
    return to_json(document), frozen.timed, frozen.begun


def with_deadline(ticket: Ticket, frozen: Deadline) -> Ticket:
    """The ticket, due by this deadline (not yet put into `changes`)."""
    return ticket._replace(
        due_at=frozen.due_at, due_unit=frozen.unit, provisional=frozen.provisional, deadline_json=deadline_json(frozen)
    )


def deadline_of(ticket: Ticket) -> Deadline:
    """The frozen deadline of a ticket."""
    return frozen_deadline(ticket.deadline_json, ticket.due_at, ticket.due_unit, provisional=ticket.provisional)


def frozen_deadline(deadline_json: str, due_at: datetime, unit: str, *, provisional: bool) -> Deadline:
    """The deadline of which a ticket keeps this."""
    return _kept(deadline_json)._replace(due_at=due_at, unit=cast("_Unit", unit), provisional=provisional)


def true_due(deadline_json: str, due_at: datetime) -> datetime:
    """The true deadline (L-15) of a ticket that keeps this and is due then."""
    begun = _kept(deadline_json).begun
    return due_at if begun is None else begun.true_due_at


def _kept(deadline_json: str) -> Deadline:
    return (_terms if len(deadline_json) < _SHORT else _terms.__wrapped__)(deadline_json)


@lru_cache(maxsize=4_096)
def _terms(deadline_json: str) -> Deadline:
    """All that is in the text; due, unit and `provisional` are columns."""
    kept: dict[str, Any] = orjson.loads(deadline_json)
    granted, begun = tuple(kept.pop("granted", ())), kept.pop("begun", None)
    if begun is not None:
        reason, day, true_due_at = begun
        begun = BegunAnew(reason, date.fromisoformat(day), datetime.fromisoformat(true_due_at))
    return Deadline(due_at=_UNSAID, unit="date", provisional=False, granted=granted, begun=begun, **kept)


def due_words(ticket: Ticket, zone: ZoneInfo) -> str:
    """The ticket's due as people read it; a provisional one says so (L-7)."""
    return f"{minute(ticket.due_at, zone)}{'（暂定）' if ticket.provisional else ''}"


@lru_cache(maxsize=4_096)
def plan_json(steps: tuple[Step, ...]) -> str:
    """Steps as the ledger keeps them."""
    return to_json([[step.name, _utc(step.at)] for step in steps])


def steps_of(ticket: Ticket) -> tuple[Step, ...]:
    """The steps of the ladder, and the lines, that are still to come; earliest first."""
    return _steps(ticket.plan_json)


@lru_cache(maxsize=4_096)
def _steps(steps_json: str) -> tuple[Step, ...]:
    return tuple(Step(name, datetime.fromisoformat(at)) for name, at in orjson.loads(steps_json))


def _utc(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat()
