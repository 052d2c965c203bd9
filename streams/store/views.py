"""Saved views of the list of tickets, in the store: a name for a query string, of a person or of an office."""

from __future__ import annotations

from datetime import datetime
from typing import Final, NamedTuple

from streams.ledger.engines.port import Connector
from streams.ledger.engines.weights import Row
from streams.ledger.moments import from_micros, to_micros

_COLUMNS: Final = "view_id, holder, name, query, made_by, made_at"


class SavedView(NamedTuple):
    """One view."""

    view_id: str
    holder: str  # whose: `account:<name>`, or the accounts of a unit: `unit:<id>`
    name: str  # one of its holder's has it alone
    query: str
    made_by: str
    made_at: datetime  # real time


class Views:
    """A part of `Store`."""

    def __init__(self, connector: Connector) -> None:
        self._connector = connector

    async def of(self, *holders: str) -> list[SavedView]:
        """Those of each of these, in this order, by name."""
        found: list[SavedView] = []
        async with self._connector.session() as session:
            for holder in holders:
                query = f"select {_COLUMNS} from views where holder = ? order by name"  # noqa: S608
                found += map(_view, await session.rows(query, holder))
        return found

    async def save(self, view: SavedView, most: int) -> str | None:
        """Its id, which is that of the view of the same name if its holder has one; None: there are `most` already."""
        async with self._connector.session() as session:
            ((many,),) = await session.rows(
                "select count(*) from views where holder = ? and name <> ?", view.holder, view.name
            )
            if many >= most:
                return None
            await session.run(
                f"insert into views ({_COLUMNS}) values (?, ?, ?, ?, ?, ?) on conflict (holder, name) do update "  # noqa: S608
                "set query = excluded.query, made_by = excluded.made_by, made_at = excluded.made_at",
                *view[:-1],
                to_micros(view.made_at),
            )
            ((view_id,),) = await session.rows(
                "select view_id from views where holder = ? and name = ?", view.holder, view.name
            )
        return str(view_id)

    async def named(self, view_id: str) -> SavedView | None:
        """The view of this id."""
        async with self._connector.session() as session:
            rows = await session.rows(f"select {_COLUMNS} from views where view_id = ?", view_id)  # noqa: S608
        return _view(rows[0]) if rows else None

    async def delete(self, view_id: str) -> None:
        """It is nobody's first view any more, either."""
        async with self._connector.session() as session:
            await session.run("delete from first_views where view_id = ?", view_id)
            await session.run("delete from views where view_id = ?", view_id)

    async def firsts(self) -> dict[str, str]:
        """The ids of first views, by whose they are."""
        async with self._connector.session() as session:
            return {row[0]: row[1] for row in await session.rows("select holder, view_id from first_views")}

    async def set_first(self, holder: str, view_id: str | None) -> None:
        """With which view the list begins for this holder; None: with none."""
        async with self._connector.session() as session:
            if view_id is None:
                await session.run("delete from first_views where holder = ?", holder)
            else:
                await session.run(
                    "insert into first_views (holder, view_id) values (?, ?) "
                    "on conflict (holder) do update set view_id = excluded.view_id",
                    holder,
                    view_id,
                )


def _view(row: Row) -> SavedView:
    return SavedView._make((*row[:-1], from_micros(row[-1])))
