"""What else is overdue or due soon, beside what a letter is about: further rows, most urgent first. Pure."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from streams.presentation.dates import short_due
from streams.presentation.letters.digest import ROWS
from streams.presentation.letters.letter import Others
from streams.presentation.letters.view import ItemView, view

_DATED: Final = "最早时限"


@dataclass(frozen=True, slots=True)
class AlsoView:
    """What the layout shows under a letter's own content; `said` is what subject and headline say of it."""

    rows: tuple[ItemView, ...]
    left_out: int
    count: int
    several_units: bool
    said: str


def also_view(others: Others, own: int, units: Collection[str], at: datetime, zone: ZoneInfo) -> AlsoView:
    """`own`: how many rows the letter has already, `units`: of which units they speak."""
    views = sorted((view(item, at, zone) for item in others.items), key=_urgency)
    rows = views[: max(ROWS - own, 0)]
    return AlsoView(
        rows=tuple(rows),
        left_out=others.count - len(rows),
        count=others.count,
        several_units=len({*units, *(item.unit for item in views)}) > 1,
        said=_said(others, views, at, zone),
    )


def _urgency(item: ItemView) -> tuple[float, bool, str]:
    return item.due_at.timestamp() if item.due_at else 0.0, not item.urgent, item.ticket_id


def _said(others: Others, views: Sequence[ItemView], at: datetime, zone: ZoneInfo) -> str:
    """`逾期2件、临期3件，最早时限2月27日(周五)`."""
    coming = others.count - others.overdue
    counts = [f"逾期{others.overdue}件" if others.overdue else "", f"临期{coming}件" if coming else ""]
    first = views[0].due_at if views else None
    nearest = f"，{_DATED}{short_due(first, at, zone)}" if first else ""
    return f"{'、'.join(filter(None, counts))}{nearest}"
