"""What a pack says about guarded periods 重要保障期 beside the checks' `guarded` amounts."""

from __future__ import annotations

from pydantic import Field, model_validator

from schemas.check_rule import PackPart, Sourced


class Choice(Sourced):
    """Yes or no, also written `true` or `false` where nobody ruled it."""

    value: bool

    @model_validator(mode="before")
    @classmethod
    def _plain(cls, value: object) -> object:
        return {"value": value} if isinstance(value, bool) else value


class GuardedTerms(PackPart):
    """How tickets of a guarded period differ; frozen into a ticket with its being `guarded`."""

    exempt: Choice = Field(default=Choice(value=True), description="their notices pass quiet hours, rest days and caps")
