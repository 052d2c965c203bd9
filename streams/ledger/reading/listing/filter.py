"""Which tickets are listed, and in which order."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, get_args

OPEN: Final = ("open", "acknowledged", "claimed")
ENDED: Final = ("closed", "dismissed")

Decision = Literal["ask", "unverifiable", "unanswered"]
"""What waits for a person: an ask, a claim that no recheck could judge, a recheck that nobody has answered."""
DECISIONS: Final[tuple[Decision, ...]] = get_args(Decision)
NO_RUNG: Final = "none"
"""Among rungs: none was reached yet."""

Order = Literal["due", "opened", "closed"]
"""`due`: open ones by deadline, then the others, the latest closed first; `opened`, `closed`: the latest first."""


@dataclass(frozen=True, slots=True)
class DueSpan:
    """Tickets of some statuses that are due within a span of time; what is None has no end."""

    statuses: tuple[str, ...] = OPEN
    due_from: datetime | None = None  # due then or later
    due_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class SoughtWord:
    """What a word may mean that somebody looks for, any of it; with nothing it means no ticket."""

    ticket_pks: tuple[int, ...] = ()
    asset_pks: tuple[int, ...] = ()
    units: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class TicketFilter:
    """Which tickets: those of any of the spans that all the rest holds for; what is None or empty does not matter."""

    spans: tuple[DueSpan, ...] = (DueSpan(),)  # that have no ticket in common
    units: frozenset[str] | None = None  # of these units; empty: none at all
    asset_id: str | None = None  # or its 网站标识码
    words: tuple[SoughtWord, ...] = ()  # that all hold
    ticket_pks: tuple[int, ...] | None = None
    kinds: tuple[str, ...] = ()
    platforms: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    rungs: tuple[str, ...] = ()  # the last that was reached; NO_RUNG
    opened_from: datetime | None = None
    opened_before: datetime | None = None
    closed_from: datetime | None = None
    closed_before: datetime | None = None
    decide: tuple[Decision, ...] = ()  # that wait for any of these


EVERY: Final = TicketFilter(spans=(DueSpan((*OPEN, *ENDED)),))
