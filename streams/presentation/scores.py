"""A score on the terminal and as JSON; each figure with its window, its pack and its definition (rule S-4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from schemas.policy import Policy
from streams.presentation.dates import between, local
from streams.presentation.labels import where
from streams.rules.scoring.scores import Score
from streams.rules.scoring.stood import Period, Standing, Stood

DEFINITION: Final = (
    "合格率＝1－不合格数/检查数；不合格：有单项否决，或得分低于合格线；检查数：期间内有巡检覆盖或有检出的资产；"
    "得分＝100－期间内存在的问题扣分（按指标封顶）"
)


class Window(NamedTuple):
    """The period."""

    begin: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which assets of which period, by which pack."""

    zone: ZoneInfo
    policy: Policy
    window: Window
    kind: str | None = None
    region: str | None = None
    asset_id: str | None = None

    @property
    def period(self) -> Period:
        """The period, as it is known at its end."""
        return Period(*self.window, self.window.end)

    def wants(self, stood: Stood) -> bool:
        """Whether an asset is of this kind and region; None does not matter."""
        return self.kind in (None, stood.asset.kind) and self.region in (None, stood.asset.region)


def verdict(item: Score) -> str:
    """合格 or 不合格."""
    return "合格" if item.qualified else "不合格"


def points(item: Score) -> str:
    """The points; of what is not scored, none."""
    return "—" if item.points is None else f"{item.points:g}"


def reasons(item: Score, chosen: Chosen) -> str:
    """Why points are missing, in words."""
    names = [chosen.policy.rule(code).name.removeprefix("单项否决：") for code in item.vetoes]
    vetoes = f"单项否决：{'、'.join(names)}" if names else ""
    costs = "，".join(f"{part.indicator} -{part.points:g}（{part.problems} 处）" for part in item.deducted)
    return "；".join(filter(None, (vetoes, costs)))


def document(item: Score) -> dict[str, Any]:
    """A score as JSON."""
    return {
        "asset_id": item.asset.asset_id,
        "name": item.asset.name,
        "points": item.points,
        "qualified": item.qualified,
        "checked": item.checked,
        "problems": item.problems,
        "vetoes": list(item.vetoes),
        "deducted": [part._asdict() for part in item.deducted],
    }


def problem(item: Standing, chosen: Chosen, stood: Stood) -> dict[str, Any]:
    """A problem that stood, with what it costs and who says so."""
    rule = chosen.policy.rule(item.check)
    cost = rule.deducted(item.evidence, stood.asset.kind)
    return {
        "check": item.check,
        "name": rule.name,
        "locator": where(item.locator, stood.asset.kind),
        "points": f"{cost.points:g}" if cost else "否决" if rule.veto else "",
        "indicator": cost.indicator if cost else "",
        "basis": cost.basis if cost else rule.veto.basis if rule.veto else "",
        "ticket_id": item.ticket_id,
    }


def stamp(chosen: Chosen) -> dict[str, Any]:
    """S-4."""
    window = {"from": chosen.window.begin, "to": chosen.window.end}
    return {"window": window, "policy": chosen.policy.ref, "definition": DEFINITION}


def window_words(chosen: Chosen) -> str:
    """Which period, which pack and which definition the figures have (S-4)."""
    zone = chosen.zone
    return (
        f"期间 {between(local(chosen.window.begin, zone), local(chosen.window.end, zone))}，"
        f"规则包 {chosen.policy.ref}。{DEFINITION}"
    )
