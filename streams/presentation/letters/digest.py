"""Many tickets in one letter: the most urgent first, and what the subject says of them. Pure."""

from collections import Counter
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from streams.presentation.dates import short_due
from streams.presentation.letters.kinds import ABOUT_LOOKING, row
from streams.presentation.letters.letter import Kind
from streams.presentation.letters.view import ItemView

ROWS: Final = 50
_LOOKING: Final = "请督促巡检方按申请尽快复查；待核的巡检核实后采信或不予采信（rectify run list）。"
_SUPERVISORS: Final = "请督促责任单位先办逾期的，再按时限先后办理；整改情况反馈后复查，确认问题消除后自动销号。"
_OWNERS: Final = "先办逾期的，再按时限先后办理；完成后逐件反馈整改措施和佐证，复查确认问题消除后自动销号。"


@dataclass(frozen=True, slots=True)
class DigestView:
    """What a digest's templates see; `nearest` is the next deadline to come, or the oldest if all are missed."""

    rows: tuple[ItemView, ...]
    left_out: int
    waiting: int
    overdue: int
    closed: int
    nearest: str
    nearest_missed: bool
    kinds: tuple[tuple[str, int], ...]
    several_units: bool
    advice: str


def digest(views: Sequence[ItemView], at: datetime, zone: ZoneInfo) -> DigestView:
    """Put the earliest due first; without a deadline later, closed last."""
    ordered = sorted(views, key=_urgency)
    waiting = [item for item in ordered if item.kind != "closed"]
    dues = [item.due_at for item in waiting if item.due_at is not None]
    coming = [due for due in dues if due >= at]
    nearest = min(coming or dues, default=None)
    return DigestView(
        rows=tuple(ordered[:ROWS]),
        left_out=max(len(ordered) - ROWS, 0),
        waiting=len(waiting),
        overdue=sum(item.overdue for item in waiting),
        closed=len(ordered) - len(waiting),
        nearest=short_due(nearest, at, zone) if nearest else "",
        nearest_missed=nearest is not None and not coming,
        kinds=tuple(Counter(item.kind_label for item in ordered).items()),
        several_units=len({item.unit for item in ordered}) > 1,
        advice=_advice({item.kind for item in waiting}),
    )


def _advice(kinds: AbstractSet[Kind]) -> str:
    if kinds and kinds <= ABOUT_LOOKING:
        return _LOOKING
    return _SUPERVISORS if all(row(kind).supervisors for kind in kinds) else _OWNERS


def _urgency(item: ItemView) -> tuple[bool, bool, float, bool, str]:
    due = item.due_at
    return item.kind == "closed", due is None, due.timestamp() if due else 0.0, not item.urgent, item.ticket_id
