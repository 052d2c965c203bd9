"""The tally of a bulletin: asset by asset into groups, so that no more is kept than rows and named lists.

C-38  What a person has set aside is no problem of the score and is said beside it: the problems first seen in the
      period that are dismissed, by what they were (C-34), and that are waived.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from schemas.policy import Policy
from streams.rules.scoring.figures import Assessed, ByCheck, Figures, is_problem
from streams.rules.scoring.grouping import Counted, Key, counted, is_in, is_scored, keys
from streams.rules.scoring.messages import Message, MessageCounting, MessageFigures, messages
from streams.rules.scoring.scores import Score, is_veto, score
from streams.rules.scoring.slips import Slip, Slips
from streams.rules.scoring.spans import Span
from streams.rules.scoring.stood import Period, Standing, Stood

RowKey = tuple[str, Key]  # websites or accounts, and the key


class Named(NamedTuple):
    """An asset that a list names, with what stood there."""

    row: Counted
    one: Assessed
    standings: list[Standing]


class Waiting(NamedTuple):
    """A message that nobody has answered."""

    stood: Stood
    row: Counted
    message: Message


@dataclass(slots=True)
class Tally:
    """What is counted so far."""

    policy: Policy
    period: Period
    counting: MessageCounting
    above: Mapping[str, str | None]  # the supervising unit of each unit
    area: str | None = None
    unit_only: bool = False  # the area is a unit, whatever else has its name
    bonus: Mapping[str, float] = field(default_factory=dict)  # by asset_id
    wanted: frozenset[str] = frozenset()  # asset_ids that last period's list named
    totals: defaultdict[str, Figures] = field(default_factory=lambda: defaultdict(Figures))
    by: defaultdict[str, dict[RowKey, Figures]] = field(default_factory=lambda: defaultdict(dict))
    checks: ByCheck = field(default_factory=ByCheck)
    slips: Slips = field(default_factory=Slips)
    messages: defaultdict[str, MessageFigures] = field(default_factory=lambda: defaultdict(MessageFigures))
    aside: Counter[str] = field(default_factory=Counter)  # problems that a person has set aside, by the reason (C-38)
    unqualified: list[Named] = field(default_factory=list)
    problems: list[Named] = field(default_factory=list)
    not_answered: list[Waiting] = field(default_factory=list)
    last_period_open: list[Named] = field(default_factory=list)

    def named(self, stood: Stood) -> Named | None:
        """What the period makes of an asset; None: it is of another area."""
        row = counted(stood.asset, self.policy.bulletin, self.above)
        if self.area is not None and not is_in(self.area, stood.asset, row, self.above, unit_only=self.unit_only):
            return None
        standings = stood.standings(self.period)
        return Named(row, self._assessed(stood, row, standings), standings)

    def add(self, stood: Stood) -> None:
        """One asset; one of another area is passed by."""
        named = self.named(stood)
        if named is None:
            return
        row, one, standings = named
        self._count(row, one)
        if one.score.checked:
            self.checks.add(standings, self.policy)
            if not one.score.qualified:
                self.unqualified.append(named)
            if standings:
                self.problems.append(named)
        if stood.asset.asset_id in self.wanted and not one.qualifies_now:
            self.last_period_open.append(named)
        self._count_slips(stood)
        for message in messages(stood, self.period):
            self.messages[message.kind].add(message, row.fields["unit"], self.counting)
            if message.answered_at is None and not message.span.is_aside:
                self.not_answered.append(Waiting(stood, row, message))

    def _count_slips(self, stood: Stood) -> None:
        for slip in issued_in(stood, self.period):
            self.slips.add(slip, self.period.as_of)
        for span in stood.spans:
            if span.is_aside and span.begin >= self.period.begin:
                self.aside[_why_aside(span, stood.slips.get(span.known.ticket_pk))] += 1

    def _assessed(self, stood: Stood, row: Counted, standings: list[Standing]) -> Assessed:
        scored, end = is_scored(row, self.policy.bulletin), self.period.counted_until
        bonus = self.bonus.get(stood.asset.asset_id, 0.0)
        made = score(self.policy, stood.asset, standings, end, covered=stood.looked, scored=scored, bonus=bonus)
        now = self._qualifies_now(stood, standings, made, scored=scored)
        running, problem = stood.is_running(self.period), is_problem(self.policy, made, standings)
        return Assessed(made, running, problem, qualifies_now=now)

    def _qualifies_now(self, stood: Stood, standings: list[Standing], made: Score, *, scored: bool) -> bool:
        """By what is still there as of the moment; where that is all of it, more can only be overdue by now."""
        policy, as_of = self.policy, self.period.as_of
        still = [one for one in standings if one.is_there]
        if len(still) == len(standings) and not self.bonus:
            return made.qualified and not any(is_veto(policy, policy.rule(one.check), one, as_of) for one in still)
        return score(policy, stood.asset, still, as_of, covered=stood.looked, scored=scored).qualified

    def _count(self, row: Counted, one: Assessed) -> None:
        for group in (row.kind, *row.groups):
            self.totals[group].add(one, self.policy)
        for dimension, key in keys(row):
            rows = self.by[dimension]
            figures = rows.get((row.kind, key))
            if figures is None:
                figures = rows[row.kind, key] = Figures()
            figures.add(one, self.policy)


def issued_in(stood: Stood, period: Period) -> Iterator[Slip]:
    """The asset's slips that were issued in the period; those set aside since are among them (S-6)."""
    begin, until = period.begin, period.counted_until
    return (slip for slip in stood.slips.values() if begin <= slip.opened_at <= until)


def _why_aside(span: Span, slip: Slip | None) -> str:
    """A stable word; what ended a ticket otherwise says nothing of a problem that was dismissed before."""
    if span.known.status == "dismissed" and slip is not None and slip.aside not in (None, "waived", "merged"):
        return str(slip.aside)
    return span.known.status
