"""Who has the same problems again: figures for people, never on the hot path.

C-37  Repeat offenders 屡改屡犯 are counted by unit, asset or check: tickets that were reopened in the period, or opened
      in it as a recurrence; those merged away are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final, Literal, NamedTuple

import orjson
from sqlalchemy import ColumnElement, case, func, or_, select

from streams.ledger.ledger import Ledger
from streams.ledger.moments import to_micros
from streams.ledger.reading.queries import registry_documents
from streams.ledger.tables import assets, tickets

By = Literal["unit", "asset", "check"]
_KEYS: Final[dict[By, ColumnElement[Any]]] = {
    "unit": tickets.c.unit_id,
    "asset": assets.c.asset_id,
    "check": tickets.c.check_code,
}


class RepeatScope(NamedTuple):
    """A period, and which assets; None = all."""

    begin: datetime
    end: datetime
    kind: str | None = None
    region: str | None = None

    @property
    def of_assets(self) -> list[ColumnElement[bool]]:
        """The conditions on the assets."""
        conditions = [] if self.kind is None else [assets.c.kind == self.kind]
        return conditions if self.region is None else [*conditions, assets.c.region == self.region]


class Repeat(NamedTuple):
    """How often a unit, an asset or a check had the same again."""

    key: str | None  # unit_id, asset_id or code
    tickets: int
    reopened: int  # times, of these tickets
    recurred: int  # of these tickets, those that name an earlier one


async def repeats(ledger: Ledger, by: By, scope: RepeatScope, limit: int) -> list[Repeat]:
    """Tickets that were reopened, or opened as a recurrence, in the period; most first (rule C-37)."""
    recurred = case((tickets.c.recurrence_of.is_not(None), 1), else_=0)
    key, number = _KEYS[by], func.count()
    query = (
        select(key, number, func.sum(tickets.c.reopen_count), func.sum(recurred))
        .select_from(tickets.join(assets, assets.c.pk == tickets.c.asset_pk))
        .where(
            tickets.c.running_since >= to_micros(scope.begin),
            tickets.c.running_since <= to_micros(scope.end),
            or_(tickets.c.reopen_count > 0, tickets.c.recurrence_of.is_not(None)),
            tickets.c.merged_into.is_(None),
            *scope.of_assets,
        )
        .group_by(key)
        .order_by((func.sum(tickets.c.reopen_count) + func.sum(recurred)).desc(), number.desc(), key)
        .limit(limit)
    )
    return [Repeat(name, *map(int, numbers)) for name, *numbers in await ledger.read(query)]


async def names_of(ledger: Ledger, by: Literal["unit", "asset"], keys: Sequence[str]) -> dict[str, str]:
    """The names of units or assets."""
    if by == "unit":
        documents = await registry_documents(ledger, "unit")
        return {key: orjson.loads(documents[key])["name"] for key in keys if key in documents}
    query = select(assets.c.asset_id, assets.c.name).where(assets.c.asset_id.in_(keys))
    return {str(row[0]): str(row[1]) for row in await ledger.read(query)}
