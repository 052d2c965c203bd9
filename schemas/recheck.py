"""A recheck 复查: the answer to "is it still there?" (topic `rectify.findings`, `type` = `recheck`)."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from schemas.base import Document, Identifier, Instant, Locator, Model


class Recheck(Model):
    """One answer. An answered citizen message or comment is `absent` with the answer as evidence."""

    type: Literal["recheck"]
    asset_id: Identifier
    ticket_id: Identifier | None = None
    fingerprint: Identifier | None = None
    check: Identifier | None = None
    locator: Locator | None = None
    outcome: Literal["absent", "present", "unverifiable"]
    observed_at: Instant
    source: Identifier | None = None
    evidence: Document = Field(default_factory=dict)
    request_id: Identifier | None = Field(default=None, description="of the recheck request that this answers")

    @model_validator(mode="after")
    def _names_its_object(self) -> Self:
        if self.ticket_id is None and self.fingerprint is None and (self.check is None or self.locator is None):
            msg = "a recheck must name `ticket_id`, or `fingerprint`, or `check` and `locator`"
            raise ValueError(msg)
        return self
