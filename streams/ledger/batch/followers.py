"""Open tickets that are to follow a change of their asset's registry record (A-2, A-3, A-10, A-13, A-14).

An asset may have 10,000 of them. Where there are more than a page, its registration only notes them; they follow page
by page, each as the registry says when its page comes. What is named or falls due before follows then
(`PendingFollowers`).
"""

from __future__ import annotations

from typing import Final

from streams.ledger.batch.assets import Assets
from streams.ledger.batch.load import Loading
from streams.ledger.batch.wanted import Wanted
from streams.ledger.part import Part, Work
from streams.rules.state.snapshot import Registry, Snapshot

_DUE: Final = "select ticket_pk, asset_pk from followers where not aside order by ticket_pk limit ?"


class Followers(Part):
    """Taking the next page."""

    def __init__(self, work: Work, assets: Assets, loading: Loading) -> None:
        super().__init__(work)
        self._assets = assets
        self._loading = loading

    async def due(self, limit: int, registry: Registry) -> tuple[list[int], Snapshot]:
        """The next tickets that are to follow, their assets locked; they are not noted any more."""
        rows = await self._session.rows(_DUE, limit)
        assets = await self._assets.lock_by_pk({asset_pk for _, asset_pk in rows}, skip_locked=True)
        locked = {asset.pk for asset in assets.values()}
        self._work.picked.update((pk, asset_pk) for pk, asset_pk in rows if asset_pk in locked)
        pks = [pk for pk, asset_pk in rows if asset_pk in locked]
        snapshot = await self._loading.snapshot(registry, Wanted(assets=assets, ticket_pks=pks, following=pks))
        return list(snapshot.followers), snapshot  # another worker may have had some of them before the lock
