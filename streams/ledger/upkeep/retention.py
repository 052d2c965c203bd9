"""Forgetting in small steps, beside a worker that goes on (rules O-1 to O-3, O-10)."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from streams.ledger.batch.pruning import STEP, Pruned
from streams.ledger.errors import Conflict
from streams.ledger.ledger import Ledger
from streams.ledger.transaction import Transaction

Step = Callable[[Transaction, int, Pruned], Awaitable[int | None]]

PAUSE_SECONDS: Final = 0.02  # between two transactions, so that a SQLite worker gets its turn


async def prune(
    ledger: Ledger,
    personal: datetime,
    history: datetime,
    real: datetime | None = None,
    standings: datetime | None = None,
    rhythms: datetime | None = None,
) -> Pruned:
    """Forgets people of tickets closed before `personal`, and history of those closed before `history`.

    `real` is `personal` by the real clock, by which short messages are sent; the same where there is only one clock.
    What producers said before `standings` (C-45) goes too, if given, and who has not run since `rhythms` (R-41).
    """
    done = Pruned()
    await _all(ledger, done, lambda tx, after, step: tx.pruning.tickets(after, personal, history, step))
    await _all(ledger, done, lambda tx, after, step: tx.pruning.waiting(after, personal, step))
    await _all(ledger, done, lambda tx, after, step: tx.pruning.untold(after, history, step))
    await _all(ledger, done, lambda tx, after, step: tx.pruning.warnings(after, personal, step))
    async with ledger.transaction() as tx:
        done.numbers += await tx.pruning.numbers(real or personal)
        await tx.webhooks.forget(real or personal)
        await tx.refused_commands.prune(personal)
        if standings is not None:
            await tx.standings.prune(standings)
        if rhythms is not None:
            await tx.rhythms.prune(rhythms)
    while True:
        async with ledger.transaction() as tx:
            many = await tx.pruning.warned(personal)
        done.notices += many
        if many < STEP:
            return done
        await asyncio.sleep(PAUSE_SECONDS)


async def _all(ledger: Ledger, done: Pruned, take: Step) -> None:
    """Every step, each in a transaction; a worker that is in the way goes first."""
    last: int | None = 0
    while last is not None:
        step = Pruned()
        try:
            async with ledger.transaction() as tx:
                last = await take(tx, last, step)
        except Conflict:
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        done.add(step)
        await asyncio.sleep(PAUSE_SECONDS)
