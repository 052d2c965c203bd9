"""Messages 留言: how many came, and how they were answered (rule S-9).

S-9  Received is what reached the units in the period; valid is what nobody has dismissed or waived. Done is answered as
     of the moment, on time by the ticket's true deadline. 即时 is within one working day or on the same day,
     平均办理时间 in days or working days: the pack chooses, and the unit is said.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.bulletin_rules import BulletinRules
from streams.rules.deadlines.deadlines import counted
from streams.rules.scoring.slips import Slip
from streams.rules.scoring.spans import Span
from streams.rules.scoring.stood import Period, Stood
from streams.rules.state.workdays import Calendar

KINDS: Final = ("zhaocuo", "message", "comment")


@dataclass(slots=True)
class MessageCounting:
    """By what time is counted."""

    rules: BulletinRules
    calendar: Calendar
    zone: ZoneInfo


class Message(NamedTuple):
    """One message that was received in the period."""

    kind: str  # zhaocuo, message, comment
    span: Span
    received_at: datetime
    slip: Slip | None

    @property
    def answered_at(self) -> datetime | None:
        """When it was answered, None if it is not yet."""
        return self.span.end

    @property
    def is_on_time(self) -> bool:
        """Whether it was answered within its ticket's true deadline."""
        return self.span.end is not None and self.slip is not None and self.span.end <= self.slip.due_at

    def is_at_once(self, counting: MessageCounting) -> bool:
        """Whether it was answered 即时, as the pack means it."""
        answered_at = self.span.end
        if answered_at is None:
            return False
        if counting.rules.at_once == "same_day":
            return answered_at.astimezone(counting.zone).date() == self.received_at.astimezone(counting.zone).date()
        until, _ = counted(1, "working_day", self.received_at, counting.calendar, counting.zone)
        return answered_at <= until


@dataclass(slots=True)
class Answers:
    """What messages add up to."""

    received: int = 0
    valid: int = 0
    done: int = 0
    on_time: int = 0
    at_once: int = 0
    total: Fraction = Fraction(0)  # of the answered ones, in the pack's unit
    slowest: Fraction | None = None

    @property
    def average(self) -> Fraction | None:
        """平均办理时间, exact; None while nothing is answered."""
        return self.total / self.done if self.done else None


@dataclass(slots=True)
class MessageFigures:
    """Of one kind: all, by unit, by check."""

    whole: Answers = field(default_factory=Answers)
    by_unit: defaultdict[str, Answers] = field(default_factory=lambda: defaultdict(Answers))
    by_check: defaultdict[str, Answers] = field(default_factory=lambda: defaultdict(Answers))

    def add(self, message: Message, unit_id: str, counting: MessageCounting) -> None:
        """One message."""
        for answers in (self.whole, self.by_unit[unit_id], self.by_check[message.span.known.check]):
            _count(answers, message, counting)


def messages(stood: Stood, period: Period) -> list[Message]:
    """The asset's messages of the period; one that came back counts once, as it stands."""
    found: dict[tuple[str, str], Message] = {}
    for span in stood.spans:
        kind = kind_of(span.known.check)
        received = span.known.received_at or span.known.first_seen_at
        if kind is not None and period.begin <= received <= period.counted_until:
            place = (span.known.check, span.known.locator)
            found[place] = Message(kind, span, received, stood.slips.get(span.known.ticket_pk))
    return list(found.values())


def kind_of(check: str) -> str | None:
    """Which kind of message a check is about; None: none."""
    if check == "message.zhaocuo":
        return "zhaocuo"
    return next((kind for kind in ("message", "comment") if check.startswith(f"{kind}.")), None)


def _count(answers: Answers, message: Message, counting: MessageCounting) -> None:
    answers.received += 1
    if message.span.is_aside:
        return
    answers.valid += 1
    answered_at = message.answered_at
    if answered_at is None:
        return
    answers.done += 1
    answers.on_time += message.is_on_time
    answers.at_once += message.is_at_once(counting)
    taken = _taken(message.received_at, answered_at, counting)
    answers.total += taken
    answers.slowest = taken if answers.slowest is None else max(answers.slowest, taken)


def _taken(received_at: datetime, answered_at: datetime, counting: MessageCounting) -> Fraction:
    """In days, or in working days after the day of receipt."""
    if counting.rules.average_unit == "working_day":
        first, last = (moment.astimezone(counting.zone).date() for moment in (received_at, answered_at))
        return Fraction(max(counting.calendar.workdays_between(first, last), 0))
    return Fraction(max(int((answered_at - received_at).total_seconds()), 0), 86_400)
