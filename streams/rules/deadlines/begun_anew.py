"""What nobody could act on before has its time from now on (rules L-15, L-16). Pure.

L-15 A declared first load 首次入库 (`first_load`): an old finding gets at least its row's amount from the day on which
     its ticket opens, or opens again. What a person, a notice or the clock has set stays: never for `received_at`,
     `due_by`, clock hours. The ticket keeps the reason, the day, and when it would have been due otherwise: its age,
     its lines and what is on time (M-5, S-2) are measured by that. An extension moves both.
L-16 The same for a ticket that was nobody's, when its asset is registered: its unit could not know of it.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from streams.rules.deadlines.deadlines import counted
from streams.rules.state.terms import Begun, BegunAnew, Deadline
from streams.rules.state.workdays import Calendar

if TYPE_CHECKING:
    from schemas.finding import Finding
    from streams.rules.state.changes import Changes


def begun_anew(frozen: Deadline, at: datetime, reason: Begun, calendar: Calendar, zone: ZoneInfo) -> Deadline:
    """The deadline, counted from the day of `at` (aware) if that makes it later; otherwise as it is."""
    if frozen.given or None in frozen.granted or frozen.unit not in ("working_day", "month"):
        return frozen
    amount = frozen.own_amount
    due_at, provisional = counted(amount, frozen.unit, at, calendar, zone)
    if due_at <= frozen.due_at:
        return frozen
    return frozen._replace(
        due_at=due_at,
        amount=amount,
        calendar=calendar.name,
        provisional=provisional,
        granted=(),
        begun=BegunAnew(reason, at.astimezone(zone).date(), frozen.true_due_at),
    )


def of_first_load(changes: Changes, finding: Finding | None, frozen: Deadline) -> Deadline:
    """The deadline of a ticket that this finding opens now (L-15)."""
    if finding is None or not finding.first_load or finding.received_at is not None:
        return frozen
    return begun_anew(frozen, changes.at, "first_load", changes.calendar, changes.zone)


def said_anew(changes: Changes, frozen: Deadline, words: str) -> tuple[str, dict[str, Any]]:
    """What an event says of it: the end of its sentence, and its fields; nothing where the deadline is its own."""
    if frozen.begun is None:
        return "", {}
    true_due_at = frozen.begun.true_due_at
    return f"（{words}，自当日起算，原应于 {changes.day_of(true_due_at)} 前办结）", {
        "deadline_reason": frozen.begun.reason,
        "true_due_at": changes.stamp(true_due_at),
    }
