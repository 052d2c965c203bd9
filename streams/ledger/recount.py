"""Provisional deadlines counted again (L-7): all open tickets, page by page, when a calendar has come.

A million tickets in one transaction would hold every asset for minutes and intake with them. So the calendar's own
transaction only notes that there is something to do, in one row of `meta` that says how far it is done; a page and
its place are saved together. One worker at a time takes a page, the others go on with what comes in.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from streams.ledger.due import SPARE
from streams.ledger.load import Loading, _Wanted
from streams.ledger.port import Row
from streams.rules.docket import Docket, Registry

REACH: Final = 20_000  # row numbers that one page looks through at most: some 20 ms where few are provisional
RECOUNT: Final = "recount_provisional"  # the row of `meta`: the number of the last ticket that was looked at
_FIND: Final = (
    "select pk, asset_pk from tickets where pk > ? and pk <= ? and status in ('open', 'acknowledged', 'claimed') "
    "and deadline_json like '%\"provisional\":true%' order by pk limit ?"
)


class Recounting(Loading):
    """Beginning, and taking the next page."""

    async def recount_provisional(self) -> None:
        """A calendar has come: begins with the first ticket, also when an earlier one is not through yet.

        To be called before any asset is locked, in the order in which a page takes its locks.
        """
        await self._session.run(
            f"insert into meta (key, value) values ('{RECOUNT}', '0') "  # noqa: S608 - our own name
            "on conflict (key) do update set value = excluded.value"
        )

    async def due_recount(self, at: datetime, limit: int, registry: Registry) -> tuple[list[int], Docket] | None:
        """The next tickets with a provisional deadline, at most so many, as due at `at`; their assets are locked.

        None when no recount is under way, or another worker has the page. An empty page is followed by others.
        """
        lock = "for update skip locked" if self._session.dialect == "postgresql" else ""
        row = await self._session.rows(f"select value from meta where key = '{RECOUNT}' {lock}")  # noqa: S608
        if not row:
            return None
        after = int(row[0][0])
        ((last,),) = await self._session.rows("select coalesce(max(pk), 0) from tickets")
        found = await self._session.rows(_FIND, after, after + REACH, limit)
        reached = found[-1][0] if len(found) == limit else after + REACH
        await self._note(reached, last)
        return await self._page(found, at, registry)

    async def _note(self, reached: int, last: int) -> None:
        if reached < last:
            await self._session.run(f"update meta set value = ? where key = '{RECOUNT}'", str(reached))  # noqa: S608
        else:
            await self._session.run(f"delete from meta where key = '{RECOUNT}'")  # noqa: S608

    async def _page(self, found: Sequence[Row], at: datetime, registry: Registry) -> tuple[list[int], Docket]:
        assets = await self._lock_assets_by_pk({row[1] for row in found}, skip_locked=False)
        pks = [row[0] for row in found]
        docket = await self._docket(registry, _Wanted(assets=assets, ticket_pks=pks, new_tickets=SPARE))
        docket.tickets = {pk: ticket._replace(next_review_at=at) for pk, ticket in docket.tickets.items()}
        return pks, docket
