"""In another's place: what a failed notice leaves to do, done in the transaction that records the failure (N-25)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from streams.ledger import Transaction
from streams.rules.docket import Decision, Now, Registry
from streams.rules.fallback import in_their_place
from streams.rules.records import Notice

log = structlog.get_logger(__name__)


async def follow(
    tx: Transaction, failures: Sequence[Notice], registry: Registry, usable: Collection[str], now: Now
) -> None:
    """Writes down the notices to others; `failures` have ended in this transaction, for their addresses."""
    ticket_pks = {notice.ticket_pk for notice in failures if notice.ticket_pk and notice.channel != "chat"}
    if not ticket_pks:
        return
    tickets, told = await tx.told_about(ticket_pks)
    made = in_their_place(failures, tickets, told, registry, usable, now.at)
    if made:
        await tx.save(Decision(notices=made), now)
        log.info("told_another", notices=len(made), channels=sorted({notice.channel for notice in made}))
