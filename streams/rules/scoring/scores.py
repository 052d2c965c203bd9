"""Scores: what the problems of a period make of an asset, and what all of them add up to (rules S-1 to S-4).

S-1  100 points less the deduction of each problem that stood in the period, capped by indicator 检查指标; at least 0.
S-2  不合格: a veto 单项否决 (a single problem of some checks, at once or once overdue; a derived one), or below the
     pack's pass mark.
S-3  Checked is an asset that a run has covered or a finding has named in the period; figures and rates are of the
     checked ones. A problem stood in the period when it was seen before its end and not gone before its beginning;
     false alarms, waived ones, suspicions and warnings do not count.
S-4  A figure carries its window, its pack and its definition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

from schemas.policy import Policy
from streams.rules.scoring.counting import places
from streams.rules.state.records import AssetRecord

FULL: Final = 100.0
By = Literal["region", "platform", "kind", "unit_id", "level", "class"]


class Stood(NamedTuple):
    """An asset, whether a run has covered it in the period, and its problems that stood then."""

    asset: AssetRecord
    covered: bool
    standings: Sequence[Standing]


class Standing(NamedTuple):
    """A problem that stood in the period."""

    check: str
    locator: str
    evidence: dict[str, Any]
    gone_at: datetime | None
    due_at: datetime | None  # of its ticket, the true one (L-15)
    ticket_id: str | None


class Deducted(NamedTuple):
    """What one indicator costs an asset."""

    indicator: str
    points: float  # after the cap
    cap: float | None
    problems: int


@dataclass(frozen=True, slots=True)
class Score:
    """What the period makes of one asset."""

    asset: AssetRecord
    checked: bool
    points: float
    deducted: tuple[Deducted, ...]
    vetoes: tuple[str, ...]  # codes of checks
    problems: int
    qualified: bool


@dataclass(slots=True)
class Figures:
    """What the assets of one group add up to."""

    registered: int = 0
    checked: int = 0
    with_problems: int = 0
    unqualified: int = 0
    problems: int = 0
    by_check: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    @property
    def pass_rate(self) -> float | None:
        """合格率: the share of the checked assets that are not 不合格; None when nothing was checked."""
        return (self.checked - self.unqualified) / self.checked if self.checked else None

    def add(self, score: Score, checks: Iterable[str]) -> None:
        """Counts one asset."""
        self.registered += score.asset.document_json is not None
        self.checked += score.checked
        self.with_problems += score.problems > 0
        self.unqualified += not score.qualified
        self.problems += score.problems
        for check in checks:
            self.by_check[check] += 1

    def join(self, other: Figures) -> None:
        """Adds another group."""
        self.registered += other.registered
        self.checked += other.checked
        self.with_problems += other.with_problems
        self.unqualified += other.unqualified
        self.problems += other.problems
        for check, number in other.by_check.items():
            self.by_check[check] += number


def score(policy: Policy, asset: AssetRecord, standings: Sequence[Standing], end: datetime, *, covered: bool) -> Score:
    """S-1, S-2; `covered`: a run has covered the asset in the period, which ends at `end`."""
    costs: defaultdict[str, float] = defaultdict(float)
    numbers: defaultdict[str, int] = defaultdict(int)
    caps: dict[str, float | None] = {}
    vetoes: dict[str, None] = {}
    for standing in standings:
        rule = policy.rule(standing.check)
        if rule.veto is not None and (rule.veto.when == "always" or _overdue(standing, end)):
            vetoes[standing.check] = None
        deduction = rule.deducted(standing.evidence, asset.kind)
        if deduction is not None:
            indicator = deduction.indicator
            costs[indicator] += deduction.points * places(standing.evidence)
            numbers[indicator] += 1
            caps[indicator] = _wider(caps[indicator], deduction.cap) if indicator in caps else deduction.cap
    deducted = tuple(
        Deducted(name, _capped(cost, caps[name]), caps[name], numbers[name]) for name, cost in sorted(costs.items())
    )
    points = max(0.0, FULL - sum(item.points for item in deducted))
    return Score(
        asset=asset,
        checked=covered or bool(standings),
        points=points,
        deducted=deducted,
        vetoes=tuple(vetoes),
        problems=len(standings),
        qualified=not vetoes and points >= policy.limits.pass_mark.points,
    )


def group_of(score: Score, document: Mapping[str, Any], by: By) -> str:
    """The group that an asset belongs to; empty when its record does not say."""
    if by == "platform" and score.asset.kind == "website":
        return "website"
    return str(document.get(by) or "")


def _overdue(standing: Standing, end: datetime) -> bool:
    return standing.due_at is not None and (standing.gone_at or end) > standing.due_at


def _capped(cost: float, cap: float | None) -> float:
    return cost if cap is None else min(cost, cap)


def _wider(one: float | None, other: float | None) -> float | None:
    """Problems of one indicator with different caps share the widest."""
    return None if one is None or other is None else max(one, other)
