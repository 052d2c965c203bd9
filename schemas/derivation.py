"""Derived problems as data: what single findings add up to (vetoes 单项否决 that are counts; rules V-1 to V-6)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import Field, model_validator

from schemas.check_rule import PackPart, Scalar, Sourced, matches


class Counted(PackPart):
    """Which open problems count: of this check, where the evidence says so (`when`), and long enough.

    `missing`: with at least so many entries in `evidence.missing`; `months`: unanswered for longer than so many months.
    """

    check: str
    when: Mapping[str, Scalar | tuple[Scalar, ...]] = Field(default_factory=dict)
    missing: int | None = Field(default=None, ge=1)
    months: int | None = Field(default=None, ge=1)

    def fits(self, check: str, evidence: Mapping[str, Any]) -> bool:
        """Whether a problem counts, its age apart."""
        if check != self.check or not matches(self.when, evidence):
            return False
        listed = evidence.get("missing")
        return self.missing is None or (isinstance(listed, list) and len(listed) >= self.missing)


class Tally(Sourced):
    """So many open problems (`line`) of these kinds together are the derived one."""

    line: int = Field(ge=1)
    of: tuple[Counted, ...] = Field(min_length=1)


class Probing(Sourced):
    """A site that cannot be reached: the share of failed probes over some days, each with enough spaced probes."""

    check: str
    days: int = Field(ge=1, le=31)
    per_day: int = Field(ge=1, description="fewer spaced probes in any 24 hours prove nothing")
    minutes_apart: int = Field(ge=1, le=1440, description="probes closer together are one")
    share: float = Field(gt=0, le=1, description="of the spaced probes failed")
    seconds: float = Field(
        gt=0, description="a page that came (`evidence.response_seconds`) within these is no failure"
    )

    @model_validator(mode="after")
    def _fits_into_a_day(self) -> Self:
        if 1440 % self.minutes_apart or self.per_day > 1440 // self.minutes_apart:
            msg = "`minutes_apart` must divide a day, and `per_day` such probes must fit into it"
            raise ValueError(msg)
        return self


class Derivation(PackPart):
    """One derived problem: any of these tallies reached, or too many failed probes."""

    asset_kind: Literal["website", "account"] | None = Field(default=None, description="absent = both")
    tallies: tuple[Tally, ...] = ()
    probing: Probing | None = None

    @model_validator(mode="after")
    def _counts_something(self) -> Self:
        if bool(self.tallies) is (self.probing is not None):
            msg = "either `tallies` or `probing` must say what is counted"
            raise ValueError(msg)
        return self
