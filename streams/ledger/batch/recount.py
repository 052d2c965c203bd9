"""Provisional deadlines counted again (L-7): all open tickets, page by page, when a calendar has come.

A million tickets in one transaction would hold every asset for minutes and intake with them. So the calendar's own
transaction only notes that there is something to do, in a few rows of `meta`, the lanes: each has the assets of one
remainder and says how far it is done; a page and its place are saved together. A lane's page is taken by one worker at
a time. Pages of two lanes have no asset in common, so that neither waits for the other.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from streams.ledger.batch.assets import Assets
from streams.ledger.batch.due import SPARE
from streams.ledger.batch.load import Loading
from streams.ledger.batch.wanted import Wanted
from streams.ledger.engines.weights import Row
from streams.ledger.part import Part, Work
from streams.rules.state.snapshot import Registry, Snapshot

REACH: Final = 20_000  # row numbers that one page looks through at most: some 20 ms where few are provisional
LANES: Final = tuple(f"recount_provisional:{lane}" for lane in range(8))  # in `meta`: the last ticket looked at
_NAMES: Final = ", ".join(f"'{lane}'" for lane in LANES)
LANES_LEFT: Final = f"select key, value from meta where key in ({_NAMES})"  # noqa: S608 - our own
_FIND: Final = (
    "select pk, asset_pk from tickets where pk > ? and pk <= ? and asset_pk % ? = ? "
    "and status in ('open', 'acknowledged', 'claimed') and provisional order by pk limit ?"
)


class Recounting(Part):
    """Beginning, and taking the next page."""

    def __init__(self, work: Work, assets: Assets, loading: Loading) -> None:
        super().__init__(work)
        self._assets = assets
        self._loading = loading

    async def begin(self) -> None:
        """A calendar has come: begins with the first ticket, also when an earlier one is not through yet.

        To be called before any asset is locked, in the order in which a page takes its locks.
        """
        for lane in LANES:
            await self._session.run(
                "insert into meta (key, value) values (?, '0') on conflict (key) do update set value = excluded.value",
                lane,
            )

    async def due(self, limit: int, registry: Registry) -> tuple[list[int], Snapshot] | None:
        """The next tickets of a lane with a provisional deadline, at most so many, their assets locked.

        None when no recount is under way, or others have the pages of all lanes. An empty page is followed by others.
        """
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        row = await self._session.rows(f"{LANES_LEFT} order by key limit 1 {lock}")
        if not row:
            return None
        lane, after = row[0][0], int(row[0][1])
        ((last,),) = await self._session.rows("select coalesce(max(pk), 0) from tickets")
        place = LANES.index(lane)
        found = await self._session.rows(_FIND, after, after + REACH, len(LANES), place, limit)
        reached = found[-1][0] if len(found) == limit else after + REACH
        if reached < last:
            await self._session.run("update meta set value = ? where key = ?", str(reached), lane)
        else:
            await self._session.run("delete from meta where key = ?", lane)
        return await self._page(found, registry)

    async def _page(self, found: Sequence[Row], registry: Registry) -> tuple[list[int], Snapshot]:
        assets = await self._assets.lock_by_pk({row[1] for row in found}, skip_locked=False)
        pks = [row[0] for row in found]
        self._work.picked.update((row[0], row[1]) for row in found)
        return pks, await self._loading.snapshot(registry, Wanted(assets=assets, ticket_pks=pks, new_tickets=SPARE))
