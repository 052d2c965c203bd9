"""Many tickets in one letter: the most urgent first, and what the subject says of them. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from streams.presentation.letters.kinds import ABOUT_LOOKING, BLUE, GREEN, row
from streams.presentation.letters.letter import Kind, Reader
from streams.presentation.letters.view import ItemView

ROWS: Final = 50
PLACES: Final = 60  # lines of places in one letter about several tickets
_LOOKING: Final = ("督促巡检方按申请尽快复查；待核的巡检，核实后采信或者不予采信。",)
_PRODUCER: Final = ("按申请尽快复查；待核的巡检，核对是否正常运行，不正常的重新巡检。",)
_TO_ANSWER: Final[AbstractSet[Kind]] = {"asked", "ask_unanswered"}
_STEPS: Final[dict[Reader, tuple[str, ...]]] = {
    "duty": (
        "先办逾期的，再按时限先后办理。",
        "完成后逐件反馈整改措施和佐证材料；复查确认问题消除后自动销号。",
        "确有困难的，在到期前说明原因并申请延期。",
    ),
    "head": ("逐件明确责任人，责成先办逾期的，再按时限先后办理。", "审核整改情况，按时反馈整改措施和佐证材料。"),
    "supervisor": (
        "督促责任单位先办逾期的，再按时限先后办理。",
        "反馈后安排复查，确认问题消除后自动销号；确有困难的，审批其延期申请。",
    ),
    "producer": _PRODUCER,
}


@dataclass(frozen=True, slots=True)
class DigestView:
    """What a digest's templates see; `earliest` is the due of all that is told, also of what is told beside it.

    `kinds` are the words that it says, the strongest first, each with how many tickets it says it of.
    """

    rows: tuple[ItemView, ...]
    left_out: int
    waiting: int
    overdue: int
    closed: int
    earliest: datetime | None
    kinds: tuple[tuple[str, int], ...]
    several_units: bool
    steps: tuple[str, ...]
    accent: str

    @property
    def count(self) -> int:
        """How many tickets the digest is about: those that wait, or that are closed where none waits."""
        return self.waiting or self.closed


def digest(views: Sequence[ItemView], beside: Iterable[datetime] = ()) -> DigestView:
    """Put the earliest due first; without a deadline later, closed last. `beside`: when else something is due."""
    ordered = sorted(views, key=_urgency)
    waiting = [item for item in ordered if item.kind != "closed"]
    dues = [item.due.at for item in waiting if item.due.at is not None and item.kind not in ABOUT_LOOKING]
    by_strength = sorted(ordered, key=lambda item: item.strength, reverse=True)
    return DigestView(
        rows=tuple(_with_room(ordered[:ROWS])),
        left_out=max(len(ordered) - ROWS, 0),
        waiting=len(waiting),
        overdue=sum(item.due.overdue for item in waiting),
        closed=len(ordered) - len(waiting),
        earliest=min((*dues, *beside), default=None),
        kinds=tuple(Counter(item.kind_label for item in by_strength).items()),
        several_units=len({item.unit for item in ordered}) > 1,
        steps=_steps(waiting),
        accent=by_strength[0].accent if waiting else GREEN if ordered else BLUE,
    )


def _with_room(rows: Sequence[ItemView]) -> Iterator[ItemView]:
    """The rows with as many of their places as the letter has lines for; each has one at least."""
    left = PLACES - len(rows)
    for item in rows:
        shown = item.places[: 1 + max(left, 0)]
        left -= len(shown) - 1
        yield replace(item, places=shown, places_left_out=item.places_left_out + len(item.places) - len(shown))


def _steps(waiting: Sequence[ItemView]) -> tuple[str, ...]:
    kinds: AbstractSet[Kind] = {item.kind for item in waiting}
    readers: AbstractSet[Reader] = {item.reader for item in waiting}
    if kinds and kinds <= ABOUT_LOOKING:
        return _PRODUCER if readers == {"producer"} else _LOOKING
    if kinds and kinds <= _TO_ANSWER:
        return row("asked").steps
    return next((_STEPS[reader] for reader in ("duty", "head", "supervisor") if reader in readers), ())


def _urgency(item: ItemView) -> tuple[bool, bool, float, bool, str]:
    due = item.due.at
    return item.kind == "closed", due is None, due.timestamp() if due else 0.0, not item.urgent, item.ticket_id
