"""Open tickets that are to follow a change of their asset's registry record (A-2, A-3, A-10, A-13, A-14).

An asset may have 10,000 of them. Where there are more than a page, its registration only notes them; they follow page
by page, each as the registry says when its page comes.
"""

from __future__ import annotations

from typing import Final

from streams.ledger.batch.load import Loading
from streams.ledger.batch.wanted import Wanted
from streams.ledger.rows import FOLLOWER
from streams.ledger.tables import followers
from streams.rules.commands.handover import is_removed
from streams.rules.state.snapshot import Registry, Snapshot

_DUE: Final = "select ticket_pk, asset_pk from followers order by ticket_pk limit ?"


class Followers(Loading):
    """Taking the next page."""

    async def due_followers(self, limit: int, registry: Registry) -> tuple[list[int], Snapshot]:
        """The next tickets that are to follow, their assets locked; they are not noted any more."""
        rows = await self._session.rows(_DUE, limit)
        assets = await self._lock_assets_by_pk({asset_pk for _, asset_pk in rows}, skip_locked=True)
        locked = {asset.pk for asset in assets.values()}
        # Read again under the lock: another worker may have had this page meanwhile.
        keys = [(ticket_pk,) for ticket_pk, asset_pk in rows if asset_pk in locked]
        found = await self._session.match(followers, FOLLOWER.columns, ("ticket_pk",), keys)
        noted = {row[0]: FOLLOWER.decode(row) for row in found}
        self.picked.update((pk, one.asset_pk) for pk, one in noted.items())
        await self._session.run_each("delete from followers where ticket_pk = ?", [(pk,) for pk in noted])
        removed = [asset.pk for asset in assets.values() if is_removed(asset)]
        snapshot = await self._snapshot(
            registry, Wanted(assets=assets, ticket_pks=list(noted), whole_tickets_of=removed)
        )
        snapshot.followers = noted
        return list(noted), snapshot
