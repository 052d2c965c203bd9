"""Many tickets in one letter: the most urgent first, and what the subject says of them. Pure."""

from collections import Counter
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from streams.presentation.letters.kinds import ABOUT_LOOKING, row
from streams.presentation.letters.letter import Kind
from streams.presentation.letters.view import ItemView

ROWS: Final = 50
_LOOKING: Final = "请督促巡检方按申请尽快复查；待核的巡检核实后采信或不予采信（rectify run list）。"
_SUPERVISORS: Final = "请督促责任单位先办逾期的，再按时限先后办理；整改情况反馈后复查，确认问题消除后自动销号。"
_OWNERS: Final = "先办逾期的，再按时限先后办理；完成后逐件反馈整改措施和佐证，复查确认问题消除后自动销号。"


@dataclass(frozen=True, slots=True)
class DigestView:
    """What a digest's templates see; `earliest` is the due of all that is told, also of what is told beside it."""

    rows: tuple[ItemView, ...]
    left_out: int
    waiting: int
    overdue: int
    closed: int
    earliest: datetime | None
    kinds: tuple[tuple[str, int], ...]
    several_units: bool
    advice: str

    @property
    def count(self) -> int:
        """How many tickets the digest is about: those that wait, or that are closed where none waits."""
        return self.waiting or self.closed


def digest(views: Sequence[ItemView], beside: Iterable[datetime] = ()) -> DigestView:
    """Put the earliest due first; without a deadline later, closed last. `beside`: when else something is due."""
    ordered = sorted(views, key=_urgency)
    waiting = [item for item in ordered if item.kind != "closed"]
    dues = [item.due.at for item in waiting if item.due.at is not None]
    return DigestView(
        rows=tuple(ordered[:ROWS]),
        left_out=max(len(ordered) - ROWS, 0),
        waiting=len(waiting),
        overdue=sum(item.due.overdue for item in waiting),
        closed=len(ordered) - len(waiting),
        earliest=min((*dues, *beside), default=None),
        kinds=tuple(Counter(item.kind_label for item in ordered).items()),
        several_units=len({item.unit for item in ordered}) > 1,
        advice=_advice({item.kind for item in waiting}),
    )


def _advice(kinds: AbstractSet[Kind]) -> str:
    if kinds and kinds <= ABOUT_LOOKING:
        return _LOOKING
    return _SUPERVISORS if all(row(kind).supervisors for kind in kinds) else _OWNERS


def _urgency(item: ItemView) -> tuple[bool, bool, float, bool, str]:
    due = item.due.at
    return item.kind == "closed", due is None, due.timestamp() if due else 0.0, not item.urgent, item.ticket_id
