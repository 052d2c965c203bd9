"""Scores: what the problems of a period make of an asset, and what all of them add up to (rules S-1 to S-4).

S-1  100 points less the deduction of each problem that stood in the period, capped by indicator 检查指标; at least 0.
     Only what the pack scores has points (websites, if it does not say otherwise); beyond 100 they grow by the bonus
     加分 that the office gives, where the pack has one.
S-2  不合格: a veto 单项否决 (a single problem of some checks, at once or once overdue; a derived one; a local one of
     the pack), or points below the pack's pass mark.
S-3  Checked is an asset that a run has covered or a finding has named in the period; figures and rates are of the
     checked ones. A problem stood in the period when it was seen before its end and not gone before its beginning;
     false alarms, waived ones, suspicions and warnings do not count. A derived problem is a statement about others: it
     is a veto, and no problem more.
S-4  A figure carries its window, its pack and its definition.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from schemas.check_rule import CheckRule
from schemas.policy import Policy
from streams.rules.scoring.stood import Standing
from streams.rules.state.records import AssetRecord

FULL: Final = 100.0


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
    points: float | None  # None: it is not scored
    deducted: tuple[Deducted, ...]
    vetoes: tuple[str, ...]  # codes of checks
    problems: int  # the derived ones are statements about others
    qualified: bool
    places: int = 0  # at which there are problems: a count reported as one finding is added up


def score(
    policy: Policy,
    asset: AssetRecord,
    standings: Sequence[Standing],
    end: datetime,
    *,
    covered: bool,
    scored: bool = True,
    bonus: float = 0.0,
) -> Score:
    """S-1, S-2; `covered`: the asset was looked at in the period, which ends at `end`; `bonus`: given by the office."""
    costs: defaultdict[str, float] = defaultdict(float)
    numbers: defaultdict[str, int] = defaultdict(int)
    caps: dict[str, float | None] = {}
    vetoes: dict[str, None] = {}
    for standing in standings:
        rule = policy.rule(standing.check)
        if is_veto(policy, rule, standing, end):
            vetoes[standing.check] = None
        deduction = rule.deducted(standing.evidence, asset.kind)
        if deduction is not None:
            indicator = deduction.indicator
            costs[indicator] += deduction.points * standing.places
            numbers[indicator] += 1
            caps[indicator] = _wider(caps[indicator], deduction.cap) if indicator in caps else deduction.cap
    deducted = tuple(
        Deducted(name, _capped(cost, caps[name]), caps[name], numbers[name]) for name, cost in sorted(costs.items())
    )
    points = with_bonus(policy, max(0.0, FULL - sum(item.points for item in deducted)), bonus) if scored else None
    single = [standing for standing in standings if standing.check not in policy.derived]
    return Score(
        asset=asset,
        checked=covered,
        points=points,
        deducted=deducted if scored else (),
        vetoes=tuple(vetoes),
        problems=len(single),
        qualified=not vetoes and (points is None or points >= policy.limits.pass_mark.points),
        places=sum(standing.places for standing in single),
    )


def with_bonus(policy: Policy, points: float, bonus: float) -> float:
    """S-1: who is still above the pack's line after the deductions gets what the office gives, up to the most."""
    rule = policy.bulletin.bonus
    return points if rule is None or points <= rule.above else points + min(max(bonus, 0.0), rule.most)


def is_veto(policy: Policy, rule: CheckRule, standing: Standing, end: datetime) -> bool:
    """S-2: whether one problem makes its asset 不合格 by then; `rule`: of its check."""
    if standing.check in policy.bulletin.vetoes:
        return True
    return rule.veto is not None and (rule.veto.when == "always" or _overdue(standing, end))


def _overdue(standing: Standing, end: datetime) -> bool:
    return standing.due_at is not None and (standing.gone_at or end) > standing.due_at


def _capped(cost: float, cap: float | None) -> float:
    return cost if cap is None else min(cost, cap)


def _wider(one: float | None, other: float | None) -> float | None:
    """Problems of one indicator with different caps share the widest."""
    return None if one is None or other is None else max(one, other)
