"""Receipts: what became of a notice, for whoever listens to `rectify.receipts` (rule N-11: each state told once)."""

from __future__ import annotations

from datetime import datetime
from hashlib import blake2b

import orjson

from schemas.topics import Topics
from streams.rules.state.records import Notice, OutMessage


def receipt(
    topics: Topics,
    notice: Notice,
    ticket_id: str | None,
    masked: str,
    state: str,
    at: datetime,
    *,
    provider: str | None,
    code: str | None,
) -> OutMessage:
    """The message; its id comes from notice, state and attempt. `masked` is the recipient as others may see it.

    A warning has no ticket.
    """
    cause = f"receipt\x1f{notice.notice_id}\x1f{state}\x1f{notice.attempts}"
    document = {
        "id": blake2b(cause.encode(), digest_size=16).hexdigest(),
        "notice_id": notice.notice_id,
        "ticket_ids": [ticket_id] if ticket_id else [],
        "channel": notice.channel,
        "recipient": masked,
        "state": state,
        "at": at,
        "provider": provider,
        "code": code,
    }
    return OutMessage(topics.receipts, notice.notice_id.encode(), orjson.dumps(document))
