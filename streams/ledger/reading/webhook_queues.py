"""What waits for webhooks, and what was given up."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import case, func, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import from_micros
from streams.ledger.notice_tables import webhook_posts


class WebhookQueue(NamedTuple):
    """Of one webhook; times are real."""

    webhook: str
    waiting: int
    given_up: int
    oldest: datetime | None  # that waits
    code: str | None  # of the latest attempt that failed


async def webhook_queues(ledger: Ledger) -> list[WebhookQueue]:
    """Of each webhook that has any, by name."""
    table = webhook_posts.c
    waits = table.due_at.is_not(None)
    query = (
        select(
            table.webhook,
            func.sum(case((waits, 1), else_=0)),
            func.sum(case((waits, 0), else_=1)),
            func.min(case((waits, table.created_at))),
            func.max(table.code),
        )
        .group_by(table.webhook)
        .order_by(table.webhook)
    )
    return [
        WebhookQueue(name, int(waiting), int(given_up), None if oldest is None else from_micros(oldest), code)
        for name, waiting, given_up, oldest, code in await ledger.read(query)
    ]
