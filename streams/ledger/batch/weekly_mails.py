"""When supervising units are told of the units below them (rule N-74): rows that fall due, one for each unit."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from streams.ledger.moments import maybe_micros, to_micros
from streams.ledger.part import Part
from streams.ledger.rows import WEEKLY
from streams.rules.state.records import WeeklyMail


class WeeklyMails(Part):
    """Enrolling, picking what is due, writing."""

    async def enrol(self, mails: Sequence[WeeklyMail]) -> None:
        """Notes units that supervise others; one that has its moment keeps it."""
        await self._session.run_each(
            "insert into weekly_mails (unit_id, since, due_at) values (?, ?, ?) on conflict (unit_id) do update "
            "set since = excluded.since, due_at = excluded.due_at where weekly_mails.due_at is null",
            [WEEKLY.every.encode(one) for one in sorted(mails)],
        )

    async def due(self, at: datetime, limit: int) -> dict[str, WeeklyMail]:
        """Those whose moment has come, by the domain's clock; not those that another worker looks at."""
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        rows = await self._session.rows(
            "select unit_id, since, due_at from weekly_mails "  # noqa: S608 - only ? and our own words
            f"where due_at <= ? order by due_at, unit_id limit ? {lock}",
            to_micros(at),
            limit,
        )
        self._work.picked.update((row[0], 0) for row in rows)
        return {one.unit_id: one for one in map(WEEKLY.decode, rows)}

    async def save(self, mails: Sequence[WeeklyMail]) -> None:
        """When they are told next; mostly there are none."""
        if mails:
            await self._session.run_each(
                "update weekly_mails set since = ?, due_at = ? where unit_id = ?",
                [(to_micros(one.since), maybe_micros(one.due_at), one.unit_id) for one in mails],
            )
