"""How timely a ticket was settled (rule M-5).

M-5  A closing is 即时 `good` within a good line, 按期 `on_time` until the deadline as extended, `penalty` or `veto`
     beyond such a line, otherwise 超期 `late`; what counts is when the latest proof was observed, not when it arrived,
     and the deadline that it would have had without a first load (L-15, L-16).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from schemas.check_rule import Line
from schemas.vocabulary import Timeliness
from streams.rules.deadlines.deadlines import counted, terms_of
from streams.rules.state.changes import Changes
from streams.rules.state.records import Ticket
from streams.rules.state.seen_runs import rounds
from streams.rules.state.terms import deadline_of
from streams.rules.state.workdays import Calendar


def how_timely(changes: Changes, ticket: Ticket, answered_at: datetime) -> dict[str, Any]:
    """What a closing says of it: `timeliness`, and `rounds` where the ticket's terms have a line in rounds."""
    frozen = deadline_of(ticket)
    terms = terms_of(changes.policy.rule(ticket.check), frozen)
    lines = terms.lines if terms is not None else ()
    start = ticket.counted_from if frozen.timed else None
    word = timeliness(ticket, frozen.true_due_at, start, answered_at, lines, changes.calendar, changes.zone)
    if any(line.unit == "round" for line in lines):
        return {"timeliness": word, "rounds": rounds(ticket.seen_runs_json)}
    return {"timeliness": word}


def timeliness(
    ticket: Ticket,
    due_at: datetime,
    start: datetime | None,
    answered_at: datetime,
    lines: Iterable[Line],
    calendar: Calendar,
    zone: ZoneInfo,
) -> Timeliness:
    """A stable word.

    `due_at`: the true one (L-15). `start`: of the ticket's clock; None when its terms have no line that counts from
    there.
    """

    def within(line: Line) -> bool | None:
        if line.unit == "round":
            return rounds(ticket.seen_runs_json) <= line.amount
        if start is None:
            return None
        return answered_at <= counted(line.amount, line.unit, start, calendar, zone)[0]

    if answered_at <= due_at:
        return "good" if any(line.kind == "good" and within(line) for line in lines) else "on_time"
    beyond = {line.kind for line in lines if within(line) is False}
    if "veto" in beyond:
        return "veto"
    return "penalty" if "penalty" in beyond else "late"
