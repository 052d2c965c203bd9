"""Figures: what the assets of a group add up to, in whole numbers and exact fractions (rule S-7).

S-7  抽查比例 is of running what was checked of it (what is not registered, or was shut down, is checked and in no
     ratio), 合格率 of the checked, 整改完成率 done of issued, 按期办结率 and 答复率 of the valid messages; 整改后合格率
     is the pass rate of the same checked assets by what is still there as of the moment. Running 在册 is what the
     register had as of the moment and had not removed by the period's end. 问题网站 is what the pack says. Everything
     is counted in whole numbers; what is printed is rounded half up from them.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

from schemas.policy import Policy
from streams.rules.scoring.scores import Score
from streams.rules.scoring.stood import Standing


@lru_cache(maxsize=1_024)
def _exactly(points: float) -> Decimal:
    """As it is written; ten times as fast as fractions."""
    return Decimal(str(points))


@dataclass(slots=True)
class Points:
    """得分 of the scored assets that were checked."""

    number: int = 0
    total: Decimal = Decimal(0)
    best: float | None = None
    worst: float | None = None
    bands: list[int] = field(default_factory=list)

    def add(self, points: float, bands: tuple[float, ...]) -> None:
        """One asset; it counts in the first band whose lower bound it reaches."""
        self.number += 1
        self.total += _exactly(points)
        self.best = points if self.best is None else max(self.best, points)
        self.worst = points if self.worst is None else min(self.worst, points)
        if not self.bands:
            self.bands = [0] * len(bands)
        for place, bound in enumerate(bands):
            if points >= bound:
                self.bands[place] += 1
                break

    @property
    def mean(self) -> Fraction | None:
        """平均分, exact."""
        return Fraction(self.total) / self.number if self.number else None


@dataclass(slots=True)
class Figures:
    """The figures of one group."""

    running: int = 0
    checked: int = 0
    checked_running: int = 0  # of the checked, those in the register
    problem: int = 0
    unqualified: int = 0
    still_unqualified: int = 0
    points: Points = field(default_factory=Points)

    def add(self, one: Assessed, policy: Policy) -> None:
        """One asset."""
        self.running += one.is_running
        if not one.score.checked:
            return
        self.checked += 1
        self.checked_running += one.is_running
        self.problem += one.is_problem
        self.unqualified += not one.score.qualified
        self.still_unqualified += not one.qualifies_now
        if one.score.points is not None:
            self.points.add(one.score.points, policy.bulletin.bands)


@dataclass(frozen=True, slots=True)
class Assessed:
    """What the period makes of one asset."""

    score: Score
    is_running: bool
    is_problem: bool  # 问题网站, as the pack means it
    qualifies_now: bool  # by what is still there as of the moment


@dataclass(slots=True)
class CheckFigures:
    """How often a check's problems stood."""

    assets: int = 0
    problems: int = 0
    places: int = 0


class ByCheck:
    """Problems by check; what is derived from others is no problem more."""

    def __init__(self) -> None:
        self.rows: defaultdict[str, CheckFigures] = defaultdict(CheckFigures)

    def add(self, standings: list[Standing], policy: Policy) -> None:
        """The problems of one asset."""
        seen: set[str] = set()
        for standing in standings:
            if standing.check in policy.derived:
                continue
            row = self.rows[standing.check]
            row.assets += standing.check not in seen
            row.problems += 1
            row.places += standing.places
            seen.add(standing.check)


def is_problem(policy: Policy, score: Score, standings: list[Standing]) -> bool:
    """Whether an asset is a 问题网站."""
    match policy.bulletin.problem_site:
        case "has_findings":
            return score.problems > 0
        case "unqualified":
            return not score.qualified
        case "serious":
            return any(policy.rule(one.check).severity == "critical" for one in standings)
