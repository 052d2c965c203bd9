"""Lines beside the deadline: what a ticket is held to while it is open (rules M-2 to M-4).

M-2  Crossing a penalty or veto line 扣分线、否决线 while the ticket is open is said once, as `line_crossed`; it is due
     work of the ticket's plan, no step of the ladder, and hides none.
M-3  A line stays where the clock's start has put it, whatever is granted; a reopened ticket has a clock of its own.
M-4  A line in rounds is crossed when one more run than that has seen the ticket's problem.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, cast

from schemas.check_rule import Line, Terms, Unit
from schemas.vocabulary import LINE_LABELS, UNIT_LABELS
from streams.rules.deadlines.deadlines import counted, terms_of
from streams.rules.state.changes import Changes
from streams.rules.state.records import Ticket
from streams.rules.state.seen_runs import rounds
from streams.rules.state.terms import Deadline, Step, deadline_of, steps_of

_PREFIX: Final = "line:"
_STEP: Final = re.compile(_PREFIX + r"(penalty|veto):(\d+)(day|working_day|month)")
_AFTER: Final = timedelta(seconds=1)


def with_lines(
    changes: Changes, check: str, frozen: Deadline, start: datetime, steps: tuple[Step, ...], since: datetime
) -> tuple[Step, ...]:
    """A ladder that begins at `since`, with the lines that the deadline's terms count from `start`."""
    if not frozen.timed:
        return steps
    terms = terms_of(changes.policy.rule(check), frozen)
    names = (f"{_PREFIX}{line.kind}:{line.amount}{line.unit}" for line in _punished(terms) if line.unit != "round")
    return in_order(steps, (_placed(changes, name, start, since) for name in names))


def lines_to_come(changes: Changes, ticket: Ticket) -> list[Step]:
    """The lines that the ticket has not crossed, by the calendar as it now is (M-3)."""
    names = [step.name for step in steps_of(ticket) if is_line(step)]
    return [_placed(changes, name, ticket.counted_from, ticket.running_since) for name in names]


def in_order(steps: Iterable[Step], lines: Iterable[Step]) -> tuple[Step, ...]:
    """One plan, earliest first."""
    return tuple(sorted((*steps, *lines), key=lambda step: step.at))


def is_line(step: Step) -> bool:
    """Whether a step of a plan is a line and none of the ladder's."""
    return step.name.startswith(_PREFIX)


def cross(changes: Changes, ticket: Ticket, step: Step) -> Ticket:
    """The moment of a line has come (M-2)."""
    match = _STEP.fullmatch(step.name)
    if match is None:
        return ticket
    terms = terms_of(changes.policy.rule(ticket.check), deadline_of(ticket))
    kind, amount, unit = match[1], int(match[2]), match[3]
    basis = next((li.basis for li in _punished(terms) if (li.kind, li.amount, li.unit) == (kind, amount, unit)), "")
    ticket = changes.put_ticket(ticket)
    _said(changes, ticket, "M-2", (kind, amount, unit, basis))
    return ticket


def another_round(changes: Changes, ticket: Ticket) -> None:
    """One more run has seen the ticket's problem (M-4)."""
    seen = rounds(ticket.seen_runs_json)
    for line in _punished(terms_of(changes.policy.rule(ticket.check), deadline_of(ticket))):
        if line.unit == "round" and seen == line.amount + 1:
            _said(changes, ticket, "M-4", (line.kind, line.amount, line.unit, line.basis))


def _said(changes: Changes, ticket: Ticket, rule: str, line: tuple[str, int, str, str]) -> None:
    kind, amount, unit, basis = line
    name = changes.policy.rule(ticket.check).name
    changes.event(
        "line_crossed",
        rule,
        f"{kind}_line",
        f"{name}超过{amount}{UNIT_LABELS[unit]}未办结，越过{LINE_LABELS[kind]}",
        ticket,
        dedup_key=f"{kind}:{amount}{unit}",
        line={"kind": kind, "amount": amount, "unit": unit, "basis": basis},
    )


def _punished(terms: Terms | None) -> list[Line]:
    return [] if terms is None else [line for line in terms.lines if line.kind in LINE_LABELS]


def _placed(changes: Changes, name: str, start: datetime, since: datetime) -> Step:
    """The moment after a line's last one, and not before the ticket was there."""
    match = _STEP.fullmatch(name)
    assert match is not None  # noqa: S101 - the names are made above
    end, _ = counted(int(match[2]), cast("Unit", match[3]), start, changes.calendar, changes.zone)
    return Step(name, max(end + _AFTER, since))
