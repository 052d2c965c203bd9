"""A run 巡检: a producer's run over one asset has ended (topic `rectify.findings`, `type` = `run`)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import CHECKS_LIMIT, PLACES_LIMIT, Identifier, Instant, Locator, Model


class Run(Model):
    """What a run covered. Absence is evidence only for what a `complete` run covered.

    Of a `partial` run only the named `locators` count; of a `failed` one nothing.
    """

    type: Literal["run"]
    asset_id: Identifier
    run_id: Identifier
    source: Identifier
    status: Literal["complete", "partial", "failed"]
    finished_at: Instant
    started_at: Instant | None = Field(default=None, description="the evidence of absence is as of this moment")
    checks: tuple[Identifier, ...] = Field(
        default=(), fail_fast=True, max_length=CHECKS_LIMIT, description="codes that this run covered"
    )
    locators: tuple[Locator, ...] | None = Field(
        default=None,
        fail_fast=True,
        max_length=PLACES_LIMIT,
        description="covered places, one that ends in `*` all below it; absent = all of the asset",
    )
    missed: tuple[Locator, ...] = Field(
        default=(),
        fail_fast=True,
        max_length=PLACES_LIMIT,
        description="places that it did not look at, of those that it would have covered; written as `locators`",
    )
    pages: int | None = Field(default=None, ge=0, le=2**31, description="pages that it looked at")
    found: int | None = Field(default=None, ge=0, le=2**31, description="findings it published for this asset")

    @model_validator(mode="after")
    def _says_what_it_covered(self) -> Self:
        if self.status != "failed" and not self.checks:
            msg = "a complete or partial run must name the `checks` that it covered"
            raise ValueError(msg)
        if self.started_at is not None and self.started_at > self.finished_at:
            msg = "`started_at` must not be later than `finished_at`"
            raise ValueError(msg)
        return self
