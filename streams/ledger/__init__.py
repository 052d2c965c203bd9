"""The ledger: the database that remembers. Nothing outside this package speaks SQL.

ledger = await open_ledger(url, owner="worker-1")
async with ledger.transaction() as tx:           # commits; any exception rolls back
    stored = await tx.offsets.lock(topic, partitions)
    snapshot = await tx.load(needs, registry)
    chunks = await tx.save(decide(snapshot, ...), now)
    await tx.offsets.move(topic, {partition: Move(stored[partition].next_offset, next_offset)})
"""

from streams.ledger.batch.offsets import Move, Reached
from streams.ledger.batch.outbox import Chunk
from streams.ledger.batch.reconciling import Restored
from streams.ledger.errors import (
    AlreadyThere,
    Conflict,
    LedgerError,
    LedgerUnavailable,
    Superseded,
    TooSlow,
    TransactionEnded,
    ValueRefused,
)
from streams.ledger.ledger import Ledger, open_ledger
from streams.ledger.migrations.schema import check, upgrade
from streams.ledger.notices.notices import DueNotices
from streams.ledger.notices.provider_refs import HandedOver
from streams.ledger.transaction import Transaction

__all__ = [
    "AlreadyThere",
    "Chunk",
    "Conflict",
    "DueNotices",
    "HandedOver",
    "Ledger",
    "LedgerError",
    "LedgerUnavailable",
    "Move",
    "Reached",
    "Restored",
    "Superseded",
    "TooSlow",
    "Transaction",
    "TransactionEnded",
    "ValueRefused",
    "check",
    "open_ledger",
    "upgrade",
]
