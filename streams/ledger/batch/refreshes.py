"""Refreshes: tickets whose counters have changed, noted by the batch and published half a minute later (rule T-2).

One row holds the tickets of a whole batch, so that counting a repeat costs no row of its own and touches no index.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgpack  # type: ignore[import-untyped]

from streams.ledger.moments import to_micros
from streams.ledger.part import Part

ROWS_AT_ONCE: Final = 64


class Refreshes(Part):
    """Noting tickets, and taking those whose time has come."""

    async def _later(self, ticket_pks: Sequence[int], due_at: datetime) -> None:
        """Notes that these tickets are to be published at `due_at` (real time)."""
        if ticket_pks:
            await self._session.run(
                "insert into refreshes (due_at, ticket_pks) values (?, ?)",
                to_micros(due_at),
                msgpack.packb(list(ticket_pks)),
            )

    async def _take_refreshes(self, real: datetime, limit: int) -> list[int]:
        """Takes at most so many tickets whose time has come; what is left over stays due."""
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        rows = await self._session.rows(
            f"select pk, ticket_pks from refreshes where due_at <= ? order by due_at limit ? {lock}",  # noqa: S608
            to_micros(real),
            ROWS_AT_ONCE,
        )
        tickets: dict[int, None] = {}
        taken = []
        for pk, packed in rows:
            taken.append((pk,))
            tickets.update(dict.fromkeys(msgpack.unpackb(packed)))
            if len(tickets) >= limit:
                break
        await self._session.run_each("delete from refreshes where pk = ?", taken)
        pks = list(tickets)
        await self._later(pks[limit:], real)
        return pks[:limit]
