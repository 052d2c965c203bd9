"""Webhooks, as people ask after them: what waits, what was given up, and having it tried again (N-72)."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from streams.files.webhooks import check_webhooks
from streams.ledger.reading.webhook_queues import WebhookQueue, webhook_queues
from streams.services.failure import Failure
from streams.services.ledgers import reading_ledger
from streams.settings.model import Settings


class WebhookStanding(NamedTuple):
    """A webhook and what waits for it. `is_known`: it stands in the file."""

    unit_id: str | None
    is_known: bool
    queue: WebhookQueue


async def standings(settings: Settings) -> list[WebhookStanding]:
    """Those of the file, and others of which something is left, by name."""
    known = {one.name: one for one in check_webhooks(settings.webhooks)}
    async with reading_ledger(settings) as ledger:
        queues = {one.webhook: one for one in await webhook_queues(ledger)}
    return [
        WebhookStanding(
            known[name].unit_id if name in known else None,
            name in known,
            queues.get(name) or WebhookQueue(name, 0, 0, None, None),
        )
        for name in sorted({*known, *queues})
    ]


async def retry(settings: Settings, webhook: str, real: datetime) -> int:
    """Has what was given up posted again, before what waits; how many. Raises Failure: it is in no file."""
    if webhook not in {one.name for one in check_webhooks(settings.webhooks)}:
        msg = f"RECTIFY_WEBHOOKS 里没有 {webhook} · no webhook of this name; `rectify webhook list` lists them"
        raise Failure(msg)
    async with reading_ledger(settings) as ledger, ledger.transaction() as tx:
        return await tx.webhooks.put_back(webhook, real)
