"""After a restore: the topic of tickets is read once more and brought to what the ledger now says (rule O-15)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Final

import orjson

from streams.ledger.batch.assets import Assets
from streams.ledger.batch.refreshes import Refreshes
from streams.ledger.part import Part, Work
from streams.ledger.tables import tickets

_KEY: Final = "restored"


@dataclass(frozen=True, slots=True)
class Restored:
    """What is left to do after a restore; kept until it is done."""

    read_again: dict[str, dict[str, int]]  # inbound topic -> partition -> where the replay has caught up
    left: dict[str, tuple[int, int]]  # partition of the topic of tickets -> the next offset to look at, and the end


class Reconciling(Part):
    """A page at a time, in the transaction of the caller."""

    def __init__(self, work: Work, assets: Assets, refreshes: Refreshes) -> None:
        super().__init__(work)
        self._assets = assets
        self._refreshes = refreshes

    async def begin(self, restored: Restored) -> None:
        """Notes that the database comes from a backup."""
        await self._session.run(
            "insert into meta (key, value) values (?, ?) on conflict (key) do update set value = excluded.value",
            _KEY,
            orjson.dumps(asdict(restored)).decode(),
        )

    async def left(self, *, lock: bool = False) -> Restored | None:
        """What is left to do; None when there was no restore, or all is done."""
        clause = "for update" if lock and self._session.dialect == "postgresql" else ""
        rows = await self._session.rows(f"select value from meta where key = ? {clause}", _KEY)  # noqa: S608
        if not rows:
            return None
        known = orjson.loads(rows[0][0])
        return Restored(known["read_again"], {number: tuple(span) for number, span in known["left"].items()})

    async def advance(
        self, before: Restored, after: Restored, versions: Mapping[str, int], real: datetime
    ) -> list[str] | None:
        """The numbers of a page that no ticket has; None when another worker has done the page meanwhile.

        A ticket whose `versions` on the topic are ahead of it goes on from there, and is published as it stands.
        """
        if await self.left(lock=True) != before:
            return None
        wanted = ("pk", "ticket_id", "version", "asset_pk")
        keys = [(number,) for number in versions]
        found = await self._session.match(tickets, wanted, ("ticket_id",), keys)
        behind = {row[3] for row in found if row[2] < versions[row[1]]}
        if behind:
            await self._assets.lock_by_pk(behind, skip_locked=False)
            found = await self._session.match(tickets, wanted, ("ticket_id",), keys)
        raised = [(versions[number], pk) for pk, number, version, _ in found if version < versions[number]]
        await self._session.run_each("update tickets set version = ? where pk = ?", raised)
        await self._refreshes.note([pk for _, pk in raised], real)
        if all(start >= end for start, end in after.left.values()):
            await self._session.run("delete from meta where key = ?", _KEY)
        else:
            await self.begin(after)
        known = {row[1] for row in found}
        return [number for number in versions if number not in known]
