"""Please look again (topic `rectify.recheck-requests`, key `asset_id`); the answer is a recheck."""

from __future__ import annotations

from pydantic import ConfigDict, Field

from schemas.base import Identifier, Instant, Model


class RecheckRequest(Model):
    """Asks any producer whether one problem is still there."""

    model_config = ConfigDict(title="Recheck request 复查申请")

    id: Identifier = Field(description="the same as `request_id`")
    request_id: Identifier = Field(description="to be echoed in the recheck")
    asset_id: Identifier
    ticket_id: Identifier
    fingerprint: Identifier
    check: Identifier
    locator: str
    reason: str = Field(description="a stable word, such as `claim_fix`")
    not_before: Instant
