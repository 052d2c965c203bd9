"""What else is overdue or due soon, beside what a letter is about: further rows, most urgent first. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from streams.presentation.dates import short_due
from streams.presentation.letters.digest import ROWS
from streams.presentation.letters.letter import Others
from streams.presentation.letters.view import ItemView, view


@dataclass(frozen=True, slots=True)
class AlsoView:
    """What the layout shows under a letter's own content.

    `said` is what subject and headline say of it; `counted` the same without the earliest due; `dues` are of the rows
    and of those left out, as far as they are known.
    """

    rows: tuple[ItemView, ...]
    left_out: int
    count: int
    several_units: bool
    said: str
    counted: str
    dues: tuple[datetime, ...]


def also_view(others: Others, own: int, units: Collection[str], at: datetime, zone: ZoneInfo) -> AlsoView:
    """`own`: how many rows the letter has already, `units`: of which units they speak."""
    views = sorted((view(item, at, zone) for item in others.items), key=_urgency)
    rows = views[: max(ROWS - own, 0)]
    coming = others.count - others.overdue
    counts = (f"逾期{others.overdue}件" if others.overdue else "", f"临期{coming}件" if coming else "")
    counted = "、".join(filter(None, counts))
    dues = tuple(item.due.at for item in views if item.due.at is not None)
    earliest = f"，最早时限{short_due(min(dues), at, zone)}" if dues else ""
    return AlsoView(
        rows=tuple(rows),
        left_out=others.count - len(rows),
        count=others.count,
        several_units=len({*units, *(item.unit for item in views)}) > 1,
        said=f"{counted}{earliest}",
        counted=counted,
        dues=dues,
    )


def _urgency(item: ItemView) -> tuple[float, bool, str]:
    return item.due.at.timestamp() if item.due.at else 0.0, not item.urgent, item.ticket_id
