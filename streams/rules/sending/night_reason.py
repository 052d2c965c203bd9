"""Exempt 不受限: a letter that comes at night says why; pure (rule N-28).

N-28  A letter that goes out in quiet hours or on a rest day says in words what exempts it (N-4): a deadline that counts
      clock hours, or a guarded period. By day it says nothing of it. Approved texts of providers (N-42) stay as they
      are approved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Literal

from schemas.limits import Quiet
from streams.rules.sending.quiet import next_allowed
from streams.rules.state.records import Notice, Ticket
from streams.rules.state.snapshot import Registry


def outside(
    notices: Iterable[Notice], tickets: Mapping[int, Ticket], quiet: Quiet, registry: Registry, at: datetime
) -> Literal["hour", "guarded"] | None:
    """Why these may go out now although it is quiet; None when it is not, or they are not exempt."""
    if next_allowed(at, quiet, registry.calendar, registry.zone) <= at:
        return None
    exempt = [tickets[notice.ticket_pk] for notice in notices if notice.exempt and notice.ticket_pk in tickets]
    if not exempt:
        return None
    return "hour" if any(ticket.due_unit == "hour" for ticket in exempt) else "guarded"
