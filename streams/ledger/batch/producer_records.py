"""What producers said of late (rules C-45, C-47), added to when runs are judged, and when their runs come (R-41).

The counts are added in the database, so that workers which judge runs of one producer at once lose nothing; what
another one has not committed yet is not seen, which lets through a batch of runs for each worker at the very most.
A batch comes to these rows last, in order of source, with its assets locked before: nobody waits in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from streams.ledger.moments import to_micros
from streams.ledger.part import Part
from streams.ledger.rows import RHYTHM, STANDING
from streams.rules.state.records import ProducerRhythm, ProducerStanding

_FIND: Final = (
    "select source, slot_at, staked, absent, held from producer_standings where source = ? and slot_at > ? "
    "order by slot_at"
)
_ADD: Final = (
    "insert into producer_standings (source, slot_at, staked, absent, held) values (?, ?, ?, ?, ?) "
    "on conflict (source, slot_at) do update set staked = producer_standings.staked + excluded.staked, "
    "absent = producer_standings.absent + excluded.absent, held = producer_standings.held + excluded.held"
)


class ProducerStandings(Part):
    """Reading, adding, clearing and forgetting."""

    async def of(self, names: Iterable[str], since: datetime | None) -> tuple[ProducerStanding, ...]:
        """Those of these producers after `since`, by the domain's clock; none without it."""
        if since is None:
            return ()
        found: list[ProducerStanding] = []
        for source in sorted(set(names)):
            found += map(STANDING.decode, await self._session.rows(_FIND, source, to_micros(since)))
        return tuple(found)

    async def save(self, cleared: Sequence[str], added: Sequence[ProducerStanding]) -> None:
        """Both in order of source; mostly there is neither."""
        if cleared:
            await self._session.run_each(
                "delete from producer_standings where source = ?", [(source,) for source in cleared]
            )
        if added:
            await self._session.run_each(_ADD, [STANDING.every.encode(one) for one in added])

    async def prune(self, at: datetime) -> int:
        """Forgets what was said before this moment; how many slots."""
        return await self._session.run("delete from producer_standings where slot_at < ?", to_micros(at))


class ProducerRhythms(Part):
    """Reading, picking what is due, writing and forgetting."""

    async def of(self, names: Iterable[str]) -> dict[str, ProducerRhythm]:
        """Those of these producers that are known."""
        keys = [(source,) for source in sorted(set(names))]
        if not keys:
            return {}
        rows = await self._session.match(RHYTHM.table, RHYTHM.columns, ("source",), keys)
        return {rhythm.source: rhythm for rhythm in map(RHYTHM.decode, rows)}

    async def due(self, at: datetime, limit: int) -> list[str]:
        """The producers whose `review_at` has come, by the domain's clock; not those that another worker looks at."""
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        rows = await self._session.rows(
            f"select source, asset_pk from producer_rhythms where review_at <= ? order by review_at limit ? {lock}",  # noqa: S608
            to_micros(at),
            limit,
        )
        self._work.picked.update((row[0], row[1]) for row in rows)
        return [row[0] for row in rows]

    async def save(self, rhythms: Sequence[ProducerRhythm]) -> None:
        """In order of source; mostly there are none."""
        if rhythms:
            rows = [RHYTHM.every.encode(rhythm) for rhythm in rhythms]
            await self._session.upsert_many(RHYTHM.table, RHYTHM.columns, rows, overwrite=True)

    async def prune(self, at: datetime) -> int:
        """Forgets producers whose last run is older, and of whom nothing is expected; how many."""
        return await self._session.run(
            "delete from producer_rhythms where review_at is null and last_run_at < ?", to_micros(at)
        )
