"""Slips 整改单 as they were known at a moment: due, done, urged, from what happened to each of them (rule S-6).

S-6  Of the slips issued in a period: done is closed by then (整改完成率: of the issued), on time by the latest proof
     and the true deadline (M-5), overdue is open beyond its deadline; extensions, reopenings and the times urged 催办
     are counted. Slips that were merged away, dismissed or waived by then are none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple

import orjson

from streams.rules.state.text import to_json

FACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "opened": ("due_at", "true_due_at"),
    "extended": ("due_at", "true_due_at"),
    "deadline_changed": ("due_at", "true_due_at"),
    "reopened": ("due_at", "true_due_at"),
    "closed": ("reason", "evidence_at", "timeliness", "rounds"),
    "dismissed": ("reason",),
    "waived": (),
    "escalated": ("rung", "missed"),
}
"""What statistics need of a ticket's events, by type: times, numbers and stable words (rule O-2)."""
URGE: Final = "urge"


class Fact(NamedTuple):
    """Something that happened to a ticket, with what figures need of it."""

    type: str
    body: Mapping[str, Any]


class Slip(NamedTuple):
    """A ticket, as it was known."""

    ticket_id: str
    check: str
    opened_at: datetime
    due_at: datetime  # the true one (L-15)
    status: str  # open, closed, aside
    evidence_at: datetime | None = None
    timeliness: str | None = None
    rounds: int | None = None
    aside: str | None = None  # why it is none any more: a stable word
    extended: int = 0
    reopened: int = 0
    urged: int = 0

    @property
    def is_on_time(self) -> bool:
        """Whether it was done within its deadline."""
        if self.status != "closed":
            return False
        if self.timeliness is not None:
            return self.timeliness in ("good", "on_time")
        return self.evidence_at is not None and self.evidence_at <= self.due_at

    def is_overdue(self, as_of: datetime) -> bool:
        """Whether it was open beyond its deadline."""
        return self.status == "open" and self.due_at < as_of


def slip(known: Slip, facts: Iterable[Fact]) -> Slip:
    """The ticket after these facts; `known` is how its row has it, which counts where nothing is said."""
    for kind, body in facts:
        match kind:
            case "opened":
                known = _due(known, body)._replace(status="open", evidence_at=None)
            case "extended":
                known = _due(known, body)._replace(extended=known.extended + 1)
            case "deadline_changed":
                known = _due(known, body)
            case "reopened":
                known = _due(known, body)._replace(
                    status="open", evidence_at=None, timeliness=None, reopened=known.reopened + 1
                )
            case "closed":
                known = known._replace(
                    status="aside" if body.get("reason") == "merged" else "closed",
                    evidence_at=_moment(body.get("evidence_at")),
                    timeliness=body.get("timeliness"),
                    rounds=body.get("rounds"),
                )
            case "dismissed" | "waived":
                known = known._replace(status="aside", aside=body.get("reason") or kind)
            case "escalated" if URGE in (body.get("rung"), *(body.get("missed") or ())):
                known = known._replace(urged=known.urged + 1)
    return known


def read_fact(kind: str, body_json: str) -> Fact:
    """What an event of the history says of its ticket."""
    body: dict[str, Any] = orjson.loads(body_json)
    return Fact(kind, {name: body[name] for name in FACTS[kind] if body.get(name) is not None})


def kept_fact(kind: str, body_json: str) -> str:
    """The same as text: what is kept of an event that is forgotten."""
    return to_json(read_fact(kind, body_json).body)


def _due(known: Slip, body: Mapping[str, Any]) -> Slip:
    due_at = _moment(body.get("true_due_at") or body.get("due_at"))
    return known if due_at is None else known._replace(due_at=due_at)


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


@dataclass(slots=True)
class Slips:
    """What the slips issued in a period add up to (S-6)."""

    issued: int = 0
    done: int = 0
    done_on_time: int = 0
    overdue: int = 0
    extended: int = 0
    urged: int = 0  # times
    reopened: int = 0  # times

    def add(self, one: Slip, as_of: datetime) -> None:
        """One slip."""
        if one.status == "aside":
            return
        self.issued += 1
        self.done += one.status == "closed"
        self.done_on_time += one.is_on_time
        self.overdue += one.is_overdue(as_of)
        self.extended += one.extended > 0
        self.urged += one.urged
        self.reopened += one.reopened
