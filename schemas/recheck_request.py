"""Please look again (topic `rectify.recheck-requests`, key `asset_id`); the answer is a recheck."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from schemas.base import Document, Identifier, Instant, Model


class RecheckRequest(Model):
    """Asks any producer whether one problem is still there."""

    model_config = ConfigDict(title="Recheck request 复查申请")

    id: Identifier = Field(description="the same as `request_id`")
    request_id: Identifier = Field(description="to be echoed in the recheck; a repeat has one of its own")
    asset_id: Identifier
    ticket_id: Identifier
    fingerprint: Identifier
    check: Identifier
    locator: str
    evidence: Document = Field(
        default_factory=dict, description="what to look for, as far as it is known: `url`, and `target`, `word` ..."
    )
    reason: str = Field(description="a stable word, such as `claim_fix`")
    not_before: Instant
    expires_at: Instant | None = Field(
        default=None, description="without an answer until then it is repeated, or said to be unanswered"
    )
    attempt: int = Field(default=1, ge=1, description="of a repeat 2, 3, ...")
    repeats: Identifier | None = Field(
        default=None, description="of a repeat: the first request's id; an answer to either counts"
    )
    producers: tuple[Identifier, ...] = Field(
        default=(), description="sources that can answer, as far as is known; empty = anybody"
    )
