"""Long lists, part by part: each begins behind the last row of the one before, whatever has come meanwhile."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import select, tuple_

from streams.ledger.ledger import Ledger
from streams.ledger.rows import ASSET, PROBLEM, PROBLEM_ROW
from streams.ledger.tables import assets, history, problems
from streams.rules.state.records import AssetRecord, Problem


class HistoryRow(NamedTuple):
    """An event as published, and its place in the history."""

    pk: int
    body_json: str


async def history_behind(ledger: Ledger, ticket_pk: int, last: int, limit: int) -> list[HistoryRow]:
    """Events of a ticket, the oldest first."""
    query = select(history.c.pk, history.c.body_json).where(history.c.ticket_pk == ticket_pk, history.c.pk > last)
    return [HistoryRow(*row) for row in await ledger.read(query.order_by(history.c.pk).limit(limit))]


async def problems_behind(ledger: Ledger, ticket_pk: int, last: tuple[int, int], limit: int) -> list[Problem]:
    """Problems of a ticket by ordinal; `last`: ordinal and row number."""
    query = select(*PROBLEM_ROW).where(
        problems.c.ticket_pk == ticket_pk, tuple_(problems.c.ordinal, problems.c.pk) > tuple_(*last)
    )
    rows = await ledger.read(query.order_by(problems.c.ordinal, problems.c.pk).limit(limit))
    return [PROBLEM.decode(row) for row in rows]


async def assets_behind(
    ledger: Ledger, last: str, limit: int, units: Collection[str] | None = None
) -> list[AssetRecord]:
    """Assets by id, of these units, or of all and of nobody."""
    query = select(assets).where(assets.c.asset_id > last)
    if units is not None:
        query = query.where(assets.c.unit_id.in_(units))
    return [ASSET.decode(row) for row in await ledger.read(query.order_by(assets.c.asset_id).limit(limit))]
