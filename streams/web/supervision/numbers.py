"""Numbers: each is a query of a list, and how many rows that list has.

W-20  Every number of the desk is a link to a list that has exactly its rows: one query counts and lists. A viewer's
      numbers are about the units that the viewer sees, and what belongs to no unit is counted for whoever sees all.
"""

from __future__ import annotations

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Self
from urllib.parse import urlencode

from streams.ledger import TooSlow
from streams.presentation.ticket_list.row import Around
from streams.rules.state.snapshot import Registry
from streams.services.failure import Failure
from streams.services.ticket_list import open_list, total_words
from streams.services.ticket_query import read_query
from streams.web.desk.visits import Visit


@dataclass(frozen=True, slots=True)
class Number:
    """A number, what it counts, and where its rows are. `count` is None where counting takes too long."""

    label: str
    path: str  # below our root
    count: int | None
    said: str = ""  # what is to be done about them
    is_exact: bool = False  # all are counted, also beyond a thousand

    @property
    def words(self) -> str:
        """`37`, `1000+`."""
        if self.count is None:
            return "?"
        return str(self.count) if self.is_exact else total_words(self.count)

    @property
    def is_none(self) -> bool:
        """Whether there are no such rows."""
        return self.count == 0


@dataclass(frozen=True, slots=True)
class DeskCounting:
    """What all numbers of a page are counted with: one registry, one moment."""

    visit: Visit
    registry: Registry
    around: Around

    @classmethod
    async def of(cls, visit: Visit) -> Self:
        """As of now."""
        registry = await visit.premises.registry()
        return cls(visit, registry, Around(registry, visit.premises.policy, visit.now.at.astimezone(registry.zone)))

    async def tickets(self, label: str, said: str = "", **query: str) -> Number:
        """Of tickets: the list's own query."""
        path = f"tickets?{urlencode(query)}"
        asked = read_query(query.items(), self.visit.premises.policy, self.registry.zone)
        listed = await open_list(self.visit.premises.ledger, asked, self.around, self.visit.viewer.units)
        try:
            return Number(label, path, await listed.count(), said)
        except Failure:  # it takes too long
            return Number(label, path, None, said)

    async def rows(self, label: str, path: str, count: Awaitable[int], said: str = "") -> Number:
        """Of a list of the desk's own."""
        try:
            return Number(label, path, await count, said)
        except TooSlow:
            return Number(label, path, None, said)
