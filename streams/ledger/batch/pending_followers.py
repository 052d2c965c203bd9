"""What is noted of tickets that are to follow their asset, taken before anything else is decided about them (A-3)."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from streams.ledger.batch.wanted import Wanted
from streams.ledger.part import Part
from streams.ledger.rows import FOLLOWER
from streams.ledger.tables import followers
from streams.rules.commands.handover import is_removed
from streams.rules.state.records import Follower, Ticket


class PendingFollowers(Part):
    """Of a snapshot that is being loaded."""

    async def take_first(self, wanted: Wanted, tickets: Mapping[int, Ticket]) -> dict[int, Follower]:
        """Those of whole assets do not: there may be 10,000, and a run's silence says nothing about owners.

        A note that is set aside fails whoever names its ticket, and no due work.
        """
        if not (wanted.ticket_ids or wanted.registered or wanted.following):
            return {}
        ids, registered = wanted.ticket_ids, set(wanted.registered)
        named = {pk for pk, one in tickets.items() if one.ticket_id in ids or one.asset_pk in registered}
        noted = await self._take(named)
        noted |= await self._take(tickets.keys() & set(wanted.following) - named, "and not aside")
        if noted:
            removed = [asset.pk for asset in wanted.assets.values() if is_removed(asset)]
            wanted.whole_tickets_of = [*wanted.whole_tickets_of, *removed]
        return dict(sorted(noted.items()))

    async def _take(self, ticket_pks: Collection[int], condition: str = "") -> dict[int, Follower]:
        """Their assets are locked; what is taken is not noted any more."""
        keys = [(pk,) for pk in ticket_pks]
        rows = await self._session.match(followers, FOLLOWER.columns, ("ticket_pk",), keys, condition=condition)
        await self._session.run_each("delete from followers where ticket_pk = ?", [(row[0],) for row in rows])
        return {row[0]: FOLLOWER.decode(row) for row in rows}
