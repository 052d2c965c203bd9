"""How bulletins 通报 count and print, as data: the `bulletin` section of a pack (rules S-7 to S-9)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.check_rule import PackPart, Scalar, matches

Decimals = Literal[0, 1, 2, 3, 4]


class Group(PackPart):
    """Assets that are counted together; groups may overlap, and one may join others (门户网站 = three levels)."""

    name: str = Field(min_length=1)
    label: str = ""
    members: tuple[str, ...] = Field(
        default=(), description="names of other groups, or values of asset_id, unit_id, region, level, platform, class"
    )
    when: Mapping[str, Scalar | tuple[Scalar, ...]] = Field(
        default_factory=dict, description="conditions on asset fields, such as {kind: website, level: county}"
    )

    @model_validator(mode="after")
    def _says_who(self) -> Self:
        if not self.members and not self.when:
            msg = f"the group {self.name!r} needs `members`, or `when` with conditions on asset fields"
            raise ValueError(msg)
        return self

    def fits(self, fields: Mapping[str, object]) -> bool:
        """Whether an asset with these fields meets the conditions; `members` are looked at elsewhere."""
        return matches(self.when, fields)


class Bonus(PackPart):
    """Points beyond 100: for what is still above a score after the deductions."""

    above: float = Field(default=80, description="扣分结果高于这个分数的进入加分")
    most: float = Field(default=30, gt=0, le=100)


class BulletinRules(PackPart):
    """What a figure means, and how it is printed."""

    decimals: Mapping[str, Decimals] = Field(
        default_factory=dict,
        description="by figure (`rate`, `ratio`, `done_rate` ...), or for one group: `websites.rate`; default 2",
    )
    groups: tuple[Group, ...] = ()
    order: Mapping[str, tuple[str, ...]] = Field(
        default_factory=dict, description="by dimension (`region`, `level`, `platform` ...): the office's own order"
    )
    labels: Mapping[str, str] = Field(default_factory=dict, description="of keys and groups, as they are printed")
    problem_site: Literal["has_findings", "unqualified", "serious"] = Field(
        default="has_findings", description="what 问题网站 means: a problem and yet 合格, 不合格, or a critical problem"
    )
    at_once: Literal["working_day", "same_day"] = Field(default="working_day", description="what 即时 means")
    average_unit: Literal["day", "working_day"] = Field(default="day", description="of 平均办理时间")
    scored: tuple[str, ...] = Field(
        default=("website",), description="kinds, classes, levels or groups that are given points; others: vetoes only"
    )
    bonus: Bonus | None = None
    bands: tuple[float, ...] = Field(default=(), description="lower bounds of bands 分数段: [120, 110, 100]")
    vetoes: tuple[str, ...] = Field(default=(), description="local vetoes: codes of checks that make an asset 不合格")

    @model_validator(mode="after")
    def _names_once(self) -> Self:
        names = [group.name for group in self.groups]
        twice = sorted({name for name in names if names.count(name) > 1} | ({"websites", "accounts"} & set(names)))
        if twice:
            msg = f"groups: {', '.join(twice)} is the name of another group"
            raise ValueError(msg)
        return self

    def places_of(self, figure: str, group: str = "") -> int:
        """To how many decimals a figure is printed."""
        return self.decimals.get(f"{group}.{figure}", self.decimals.get(figure, 2))
