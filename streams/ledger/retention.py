"""Forgetting in small steps, beside a worker that goes on (rules O-1 to O-3)."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Final

from streams.ledger.errors import Conflict
from streams.ledger.ledger import Ledger
from streams.ledger.pruning import STEP, Pruned

PAUSE_SECONDS: Final = 0.02  # between two transactions, so that a SQLite worker gets its turn


async def prune(ledger: Ledger, personal: datetime, history: datetime) -> Pruned:
    """Forgets people of tickets closed before `personal`, and history of those closed before `history`."""
    done = Pruned()
    last: int | None = 0
    while last is not None:
        last = await _step(ledger, last, personal, history, done)
    while True:
        async with ledger.transaction() as tx:
            many = await tx.prune_warned(personal)
        done.notices += many
        if many < STEP:
            return done
        await asyncio.sleep(PAUSE_SECONDS)


async def _step(ledger: Ledger, after: int, personal: datetime, history: datetime, done: Pruned) -> int | None:
    """One transaction; a worker that is in the way goes first."""
    while True:
        step = Pruned()
        try:
            async with ledger.transaction() as tx:
                last = await tx.prune_step(after, personal, history, step)
        except Conflict:
            await asyncio.sleep(PAUSE_SECONDS)
            continue
        done.tickets += step.tickets
        done.problems += step.problems
        done.notices += step.notices
        done.history += step.history
        await asyncio.sleep(PAUSE_SECONDS)
        return last
