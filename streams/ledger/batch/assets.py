"""Assets: the lock under which everything of an asset is decided.

Run counters, groups by cause and derived vetoes are facts of an asset; two workers that each saw half would both
decide wrongly. So whoever decides about an asset holds its row, and rows are always taken in the order of asset_id.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from streams.ledger.engines.statements import quoted
from streams.ledger.part import Part
from streams.ledger.rows import ASSET
from streams.rules.state.records import AssetRecord

_COLUMNS: Final = quoted(ASSET.columns)
_LOCK_BY_ID: Final = (
    f'select {_COLUMNS} from assets where asset_id = any(?::text[]) order by asset_id collate "C" for update'  # noqa: S608
)
_LOCK_BY_PK: Final = (
    f'select {_COLUMNS} from assets where pk = any(?::bigint[]) order by asset_id collate "C" for update'  # noqa: S608
)
# Locks the row too when another worker was faster.
_CREATE: Final = (
    "insert into assets (asset_id, name) select wanted, wanted from unnest(?::text[]) as wanted "  # noqa: S608
    f"on conflict (asset_id) do update set asset_id = excluded.asset_id returning {_COLUMNS}"
)


class Assets(Part):
    """Locking and creating."""

    async def lock(self, asset_ids: Collection[str]) -> dict[str, AssetRecord]:
        """Locks the assets, by asset_id; one that nobody has heard of is created."""
        wanted = sorted(asset_ids)  # by code point, as "C" sorts
        if self._session.dialect == "sqlite":
            return await self._find_or_create(wanted)
        rows = await self._session.rows(_LOCK_BY_ID, wanted)
        found = {row[1]: ASSET.decode(row) for row in rows}
        if len(found) < len(wanted):
            missing = [asset_id for asset_id in wanted if asset_id not in found]
            found |= {row[1]: ASSET.decode(row) for row in await self._session.rows(_CREATE, missing)}
        return found

    async def _find_or_create(self, wanted: list[str]) -> dict[str, AssetRecord]:
        keys = [(asset_id,) for asset_id in wanted]
        rows = await self._session.match(ASSET.table, ASSET.columns, ("asset_id",), keys)
        found = {row[1]: ASSET.decode(row) for row in rows}
        missing = [key for key in keys if key[0] not in found]
        if missing:
            await self._session.insert_many(ASSET.table, ("asset_id", "name"), [(key[0], key[0]) for key in missing])
            rows = await self._session.match(ASSET.table, ASSET.columns, ("asset_id",), missing)
            found |= {row[1]: ASSET.decode(row) for row in rows}
        return found

    async def lock_by_pk(self, pks: Collection[int], *, skip_locked: bool) -> dict[str, AssetRecord]:
        """Locks assets that exist; `skip_locked` leaves out those that another worker is busy with."""
        if self._session.dialect == "sqlite":
            rows = await self._session.match(ASSET.table, ASSET.columns, ("pk",), [(pk,) for pk in sorted(pks)])
        else:
            sql = f"{_LOCK_BY_PK} skip locked" if skip_locked else _LOCK_BY_PK
            rows = await self._session.rows(sql, list(pks))
        return {row[1]: ASSET.decode(row) for row in rows}
