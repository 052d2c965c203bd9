"""What became of one mail or short message (topic `rectify.receipts`, key `notice_id`)."""

from __future__ import annotations

from typing import Literal

from pydantic import ConfigDict, Field

from schemas.base import Identifier, Instant, Model
from schemas.channels import NoticeChannel

ReceiptState = Literal["sending", "accepted", "delivered", "undelivered", "uncertain", "suppressed", "expired", "dead"]


class Receipt(Model):
    """One step in the life of a notice."""

    model_config = ConfigDict(title="Receipt 回执")

    id: Identifier = Field(description="the same notice and state give the same id")
    notice_id: Identifier
    ticket_ids: tuple[Identifier, ...] = Field(description="what it is about; empty for a warning, which has no ticket")
    channel: NoticeChannel
    recipient: str = Field(description="masked: `138****0001`, `w***@unit.gov.cn`; of a chat group its name")
    state: ReceiptState = Field(description="`undelivered`: bounced; `uncertain`: the provider may have it")
    at: Instant
    provider: str | None
    code: str | None = Field(description="the provider's code, or the reason of a suppression")
