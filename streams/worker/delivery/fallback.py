"""In another's place: for contacts who have left, and for those whom a notice did not reach (N-49, N-25)."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from schemas.channels import COPIES
from streams.ledger import Transaction
from streams.log_events import event_log
from streams.rules.commands.contacts import outdated, readdressed
from streams.rules.sending.fallback import in_their_place
from streams.rules.state.records import Notice
from streams.rules.state.snapshot import ChangeSet, Now, Registry

log = event_log(__name__)


async def readdress(tx: Transaction, leased: Sequence[Notice], registry: Registry) -> bool:
    """Writes down the other recipients of what was picked for contacts who have left (N-49); whether there were any.

    Then all is to be picked again, together with what waits for whoever gets it now.
    """
    gone = [notice for notice in leased if outdated(notice, registry)]
    if not gone:
        return False
    told = await tx.waiting.told_of(notice.ticket_pk for notice in gone if notice.ticket_pk)
    await tx.waiting.readdress(list(readdressed(gone, registry, told)))
    log.info("notices_readdressed", notices=len(gone))
    return True


async def follow(
    tx: Transaction, failures: Sequence[Notice], registry: Registry, usable: Collection[str], now: Now
) -> None:
    """Writes down the notices to others; `failures` have ended in this transaction, for their addresses (N-25)."""
    ticket_pks = {notice.ticket_pk for notice in failures if notice.ticket_pk and notice.channel not in COPIES}
    if not ticket_pks:
        return
    tickets, told = await tx.deliveries.told_about(ticket_pks)
    made = in_their_place(failures, tickets, told, registry, usable, now.at)
    if made:
        await tx.save(ChangeSet(notices=made), now)
        log.info("told_another", notices=len(made), channels=sorted({notice.channel for notice in made}))
