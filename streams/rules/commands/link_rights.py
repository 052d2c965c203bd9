"""What a letter's link may still do: its right is looked up at each use, the link itself says nothing (pure).

U-1  A link opens the tickets of its letter, those of them that still belong to the unit that it was written to. Whoever
     holds it may do what the unit may, on these tickets and no others: links are passed on among colleagues.
U-2  A link ends 30 days after its letter was made, when its recipient is no longer among the unit's contacts (or the
     unit was merged into another), and for each ticket when it goes to another unit, or 7 days after it was closed. A
     link of which nothing is left says so, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final, Literal, TypeVar

from schemas.channels import COPIES
from streams.rules.commands.contacts import has_recipient
from streams.rules.state.records import Notice, Ticket
from streams.rules.state.snapshot import Registry

LIVES: Final = timedelta(days=30)
AFTER_CLOSING: Final = timedelta(days=7)

LinkEnd = Literal["too_old", "contact_gone", "moved", "closed"]
T = TypeVar("T", bound=tuple[Ticket, object])


def link_end(notice: Notice, registry: Registry, at: datetime) -> LinkEnd | None:
    """Why nobody may use the link any more, whatever its tickets are; None: they may."""
    if at >= notice.created_at + LIVES:
        return "too_old"
    unit = registry.units.get(notice.unit_id or "")
    replaced = unit is not None and unit.replaced_by is not None
    if replaced or notice.channel in COPIES or not has_recipient(notice, registry):
        return "contact_gone"
    return None


def ticket_end(notice: Notice, ticket: Ticket, at: datetime) -> LinkEnd | None:
    """Why the link no longer opens this ticket; None: it does."""
    if ticket.unit_id != notice.unit_id:
        return "moved"
    if ticket.closed_at is not None and at >= ticket.closed_at + AFTER_CLOSING:
        return "closed"
    return None


def opened(notice: Notice, about: Iterable[T], registry: Registry, at: datetime) -> list[T] | LinkEnd:
    """The tickets that the link still opens, or why it opens none. `about`: all that its letter told of."""
    end = link_end(notice, registry, at)
    every = [(one, ticket_end(notice, one[0], at)) for one in about]
    left = [one for one, ended in every if ended is None]
    if end is not None:
        return end
    return left or next((ended for _, ended in every if ended is not None), "moved")
