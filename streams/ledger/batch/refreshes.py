"""Refreshes: tickets that are to be published once more, noted by the batch: counters within a day (rule T-2).

One row holds the tickets of a whole batch, so that counting a repeat costs no row of its own and touches no index.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

import msgpack  # type: ignore[import-untyped]

from streams.ledger.moments import to_micros
from streams.ledger.part import Part
from streams.ledger.tables import tickets
from streams.rules.state.snapshot import REFRESH_WAIT

ROWS_AT_ONCE: Final = 64


class Refreshes(Part):
    """Noting tickets, and taking those whose time has come."""

    async def note(self, ticket_pks: Sequence[int], due_at: datetime, *, counters: bool = False) -> None:
        """Notes that these tickets are to be published at `due_at` (real time).

        `counters`: only these have changed, so that it is not needed where they are published by then.
        """
        if ticket_pks:
            await self._session.run(
                "insert into refreshes (due_at, ticket_pks, counters) values (?, ?, ?)",
                to_micros(due_at),
                msgpack.packb(list(ticket_pks)),
                counters,
            )

    async def take(self, real: datetime, limit: int) -> dict[int, bool]:
        """Takes at most so many tickets whose time has come, and of which only counters have changed.

        What is left over stays due.
        """
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        rows = await self._session.rows(
            f"select pk, ticket_pks, counters from refreshes where due_at <= ? order by due_at limit ? {lock}",  # noqa: S608
            to_micros(real),
            ROWS_AT_ONCE,
        )
        found: dict[int, bool] = {}
        taken = []
        for pk, packed, counters in rows:
            taken.append((pk,))
            for ticket_pk in msgpack.unpackb(packed):
                found[ticket_pk] = found.get(ticket_pk, True) and bool(counters)
            if len(found) >= limit:
                break
        await self._session.run_each("delete from refreshes where pk = ?", taken)
        await self.leave(dict(list(found.items())[limit:]), real)
        return dict(list(found.items())[:limit])

    async def leave(self, taken: Mapping[int, bool], real: datetime) -> None:
        """Notes again what was taken, for at once."""
        for counters in (True, False):
            await self.note([pk for pk, only in taken.items() if only is counters], real, counters=counters)

    async def note_named(self, ticket_ids: Sequence[str], real: datetime) -> int:
        """Notes that these are to be published once more, as they then stand; how many there are."""
        keys = [(ticket_id,) for ticket_id in ticket_ids]
        found = await self._session.match(tickets, ("pk",), ("ticket_id",), keys)
        await self.note([row[0] for row in found], real)
        return len(found)

    async def note_later(self, ticket_ids: Sequence[str], at: datetime) -> None:
        """The same for when nobody can repeat of them any more what was said long ago; on SQLite nobody does."""
        if self._session.dialect == "postgresql":
            await self.note_named(ticket_ids, at)

    async def note_overtaken(self, said: Sequence[tuple[str, int]], real: datetime) -> int:
        """Notes those that have a higher version than was said of them; how many.

        Another worker may have said the higher one already; then what came last is not how the ticket stands. It
        follows half a minute later (T-2). On SQLite there is one worker, and what it says comes in order.
        """
        if self._session.dialect != "postgresql" or not said:
            return 0
        rows = await self._session.rows(
            "select pk from unnest(?::text[], ?::bigint[]) as said (said_id, said_version) cross join lateral "
            "(select pk, version from tickets where ticket_id = said_id) as now where version > said_version",
            [ticket_id for ticket_id, _ in said],
            [version for _, version in said],
        )
        await self.note([row[0] for row in rows], real + REFRESH_WAIT)
        return len(rows)
