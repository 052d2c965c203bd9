"""What units leave behind that were merged or deleted, and what units had before they were known (A-4, A-11, A-12).

A unit may have some hundred thousand tickets. So the registry's own transaction only notes that the unit has changed;
its assets and tickets follow page by page, a page and its place saved together. A unit's page is taken by one worker at
a time. What is to be done the registry says, as it stands when the page comes: a unit that is registered again keeps
what is left, one that is merged elsewhere hands it on to there.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final, NamedTuple

from streams.ledger.batch.assets import Assets
from streams.ledger.batch.load import Loading
from streams.ledger.batch.wanted import Wanted
from streams.ledger.part import Part, Work
from streams.ledger.tables import handovers, tickets
from streams.rules.state.owners import successor
from streams.rules.state.snapshot import Registry, Snapshot

REACH: Final = 20_000  # assets that one page looks through at most
ALL: Final = 2**62
TRIED: Final = 50  # units, one after the other, until one is found that no other worker has
_OPEN: Final = "unit_id is not null and closed_at is null"  # as in the index
_ASSETS: Final = "select pk from assets where pk > ? and pk <= ? and unit_id = ? order by pk limit ?"
_INHERIT: Final = "update assets set former_unit_id = unit_id, unit_id = ? where pk > ? and pk <= ? and unit_id = ?"
# The unit's index has them by deadline: all of its own are looked through in it, and never those of others by number.
_TICKETS: Final = (
    f"select pk, asset_pk from tickets where pk in (select pk from tickets where unit_id = ? and {_OPEN} "  # noqa: S608
    "and pk + 0 > ? and pk + 0 <= ? order by pk + 0 limit ?) order by pk"
)


class Handover(NamedTuple):
    """A unit that has changed, and how far what is its own has followed: the last row numbers."""

    unit_id: str
    merged: bool
    introduced: bool  # it was not known before
    asset_pk: int
    ticket_pk: int
    last_pk: int = ALL  # the last of the tickets that have changed with it


_COLUMNS: Final = ", ".join(Handover._fields)


class Handovers(Part):
    """Beginning, and taking the next page."""

    def __init__(self, work: Work, assets: Assets, loading: Loading) -> None:
        super().__init__(work)
        self._assets = assets
        self._loading = loading

    async def begin(self, ended: Mapping[str, bool], strangers: Collection[str]) -> bool:
        """Units that were merged (True) or deleted, and such as were not known before: begins with the first page.

        To be called before any asset is locked, in the order in which a page takes its locks. Whether there is any.
        """
        keys = [(unit_id,) for unit_id in sorted(set(strangers) - ended.keys())]
        condition = f"and {_OPEN}"
        known = await self._session.match(tickets, ("unit_id",), ("unit_id",), keys, condition=condition, limit=1)
        rows = [Handover(unit_id, merged, False, 0, 0) for unit_id, merged in ended.items()]
        rows += [Handover(unit_id, False, True, 0, 0) for (unit_id,) in known]
        await self._session.upsert_many(handovers, Handover._fields, sorted(rows), overwrite=True)
        return bool(rows)

    async def next(self) -> Handover | None:
        """The next unit, locked until its page is saved (`due`); None when none is left, or others have all.

        Merged ones first: what they hand on is then orphaned with what their successor has, should it be deleted too.
        """
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        found = await self._session.rows(
            "select merged, unit_id from handovers order by merged desc, unit_id limit ?", TRIED
        )
        for merged, unit_id in found:
            if merged or not found[0][0]:
                rows = await self._session.rows(f"select {_COLUMNS} from handovers where unit_id = ? {lock}", unit_id)  # noqa: S608
                if rows:
                    return Handover(*rows[0])
        return None

    async def due(self, one: Handover, limit: int, registry: Registry) -> tuple[list[int], Snapshot | None]:
        """The next of the unit's assets, where another unit takes them over, then of its open tickets, assets locked.

        `registry` as it stands since `one` is locked. An empty page may be followed by others.
        """
        run, rows = self._session.run, self._session.rows
        heir = successor(registry, one.unit_id)
        merged = heir != one.unit_id
        if merged and one.asset_pk < (await rows("select coalesce(max(pk), 0) from assets"))[0][0]:
            reach = one.asset_pk + REACH
            owned = await rows(_ASSETS, one.asset_pk, reach, one.unit_id, limit)
            to = owned[-1][0] if len(owned) == limit else reach
            await run("update handovers set asset_pk = ? where unit_id = ?", to, one.unit_id)
            await self._assets.lock_by_pk({pk for (pk,) in owned}, skip_locked=False)
            await run(_INHERIT, heir, one.asset_pk, to, one.unit_id)
            return [], None
        kept = not merged and not one.introduced and one.unit_id in registry.units
        found = [] if kept else await rows(_TICKETS, one.unit_id, one.ticket_pk, one.last_pk, limit)
        if len(found) == limit:
            await run("update handovers set ticket_pk = ? where unit_id = ?", found[-1][0], one.unit_id)
        else:
            await run("delete from handovers where unit_id = ?", one.unit_id)
        assets = await self._assets.lock_by_pk({row[1] for row in found}, skip_locked=False)
        pks = [row[0] for row in found]
        self._work.picked.update((row[0], row[1]) for row in found)
        wanted = Wanted(assets=assets, ticket_pks=pks, following=pks, handed=pks)
        return pks, await self._loading.snapshot(registry, wanted)
