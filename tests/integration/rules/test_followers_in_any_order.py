"""What happens to an asset with many open tickets happens as to one with few, in whatever order it comes (A-3, A-11).

Two sites of one unit, one with three tickets and one with more than a page: everything is said of both. On each a
person reassigns the first ticket.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from itertools import permutations
from typing import Final

import pytest

from streams.ledger import Ledger
from streams.rules.state.snapshot import FOLLOWING
from tests.support.processors import ProcessorOnLedger, StillClock
from tests.support.world import TOPICS

MANY: Final = FOLLOWING + 10
SITES: Final = {"small": 3, "large": MANY}
UNITS: Final = ("old", "new", "heir", "other")


class Town:
    """Both sites."""

    def __init__(self, ledger: Ledger) -> None:
        self.ledger = ledger
        self.clock = StillClock("2026-03-02 10:00")
        self.processor = ProcessorOnLedger(ledger, self.clock)
        self.processor.watch.stop()  # a round takes one page
        self.first: dict[str, str] = {}

    async def open(self) -> Town:
        """Everything belongs to `old`."""
        for name in UNITS:
            await self.unit(name)
        await self.moved("old")
        for site, number in SITES.items():
            finding = {"asset_id": site, "check": "text.typo", "observed_at": "2026-03-02T10:00:00+08:00"}
            await self.processor.send(
                *({**finding, "source": "crawler", "locator": f"/{place}"} for place in range(number))
            )
        for ticket in sorted(
            self.processor.tickets().values(), key=lambda ticket: str(ticket["ticket_id"]), reverse=True
        ):
            self.first[ticket["asset_id"]] = ticket["ticket_id"]
        return self

    async def unit(self, name: str, **fields: str) -> None:
        """A unit's record."""
        contacts = [{"name": name, "email": f"{name}@a.gov.cn"}]
        await self.processor.register(f"unit:{name}", unit_id=name, name=name, contacts=contacts, **fields)

    async def moved(self, unit_id: str, **fields: str) -> None:
        """The sites' records name this owner."""
        for site in SITES:
            await self.processor.register(
                f"asset:{site}", asset_id=site, name=site, kind="website", unit_id=unit_id, **fields
            )

    async def deleted(self) -> None:
        """The sites' records are deleted."""
        for site in SITES:
            await self.processor.delete(f"asset:{site}")

    async def reassigned(self, unit_id: str = "other") -> None:
        """A person gives the first ticket of each to another unit."""
        for site, ticket_id in self.first.items():
            await self.processor.command(action="reassign", asset_id=site, ticket_id=ticket_id, unit_id=unit_id)

    async def page(self) -> None:
        """One round of the due watch."""
        await self.processor.watch.once()
        self.processor.published(TOPICS.events)

    async def to_the_end(self) -> None:
        """All rounds."""
        while await self.processor.watch.once():
            self.processor.published(TOPICS.events)

    async def owners(self, site: str) -> set[tuple[object, ...]]:
        """Whether it is the first ticket, whose it is, and how it stands; once for all that are alike."""
        async with self.ledger.transaction() as tx:
            rows = await tx._session.rows(
                "select ticket_id = ?, tickets.unit_id, status from tickets join assets on assets.pk = asset_pk "
                "where asset_id = ?",
                self.first[site],
                site,
            )
        return {(bool(first), *row) for first, *row in rows}

    def told(self, site: str) -> set[tuple[object, ...]]:
        """Whether it is the first ticket, and what supervisors were told of it; once for all that are alike."""
        told: dict[str, list[str]] = {self.first[site]: []}
        for event in self.processor.published(TOPICS.events):
            if event["asset_id"] == site and "ticket_id" in event:
                supervisors = event["type"] in ("orphaned", "asset_moved")
                told.setdefault(event["ticket_id"], []).extend([event["reason"]] if supervisors else [])
        return {(ticket_id == self.first[site], *sorted(reasons)) for ticket_id, reasons in told.items()}


MOVED_AWAY: Final = {"replaced_by": "https://b.gov.cn/"}
STEPS: Final[dict[str, Callable[[Town], Awaitable[None]]]] = {
    "new": lambda town: town.moved("new"),
    "heir": lambda town: town.moved("heir"),
    "old": lambda town: town.moved("old"),
    "new-away": lambda town: town.moved("new", **MOVED_AWAY),
    "heir-away": lambda town: town.moved("heir", **MOVED_AWAY),
    "merged": lambda town: town.unit("old", replaced_by="heir"),
    "unmerged": lambda town: town.unit("old"),
    "unit-deleted": lambda town: town.processor.delete("unit:old"),
    "deleted": lambda town: town.deleted(),
    "reassigned": lambda town: town.reassigned(),
    "page": lambda town: town.page(),
}
STORIES: Final = (
    ("new", "merged", "reassigned", "page"),
    ("new", "heir", "reassigned"),
    ("new", "old", "merged"),
    ("new-away", "heir-away", "reassigned"),
    ("new", "unit-deleted", "unmerged"),
    ("new", "deleted", "reassigned"),
)
ORDERS: Final = [order for story in STORIES for order in permutations(story)]
OTHER: Final = pytest.mark.long("every other order of the six stories; each story is told in half of them before")


@pytest.mark.on_sqlite("every order of six stories; pages of followers on both databases are in test_followers")
@pytest.mark.parametrize(
    "order",
    [
        pytest.param(order, id="-".join(order), marks=[OTHER] if number % 2 else [])
        for number, order in enumerate(ORDERS)
    ],
)
async def test_many_end_as_few(ledger: Ledger, order: tuple[str, ...]) -> None:
    """What the registry says, what a person says and a page, in every order; a page comes after the second of them.

    Only of what was deleted for a while supervisors hear of some, or of none: whose page had come (A-3).
    """
    town = await Town(ledger).open()
    for number, step in enumerate(order):
        await STEPS[step](town)
        if number == 1:
            await town.page()
    await town.to_the_end()
    assert await town.owners("large") == await town.owners("small")
    if not {"deleted", "unit-deleted"} & set(order):
        assert town.told("large") == town.told("small")


@pytest.mark.parametrize("unit_id", ["old", "other"])
async def test_a_persons_word_comes_after_the_registrys(ledger: Ledger, unit_id: str) -> None:
    """A ticket that was to follow is given to another unit, or back to its former one, before its page: there it stays.

    Another record changes nothing about that.
    """
    town = await Town(ledger).open()
    await town.moved("new")
    await town.reassigned(unit_id)
    await town.moved("new", **MOVED_AWAY)
    await town.to_the_end()
    assert await town.owners("large") == {(True, unit_id, "open"), (False, "new", "open")}
    assert await town.owners("small") == {(True, unit_id, "open"), (False, "new", "open")}


async def test_what_falls_due_before_its_page(ledger: Ledger) -> None:
    """Whoever has the site now is warned and escalated, not its former owner."""
    town = await Town(ledger).open()
    await town.moved("new")
    town.clock.at += timedelta(days=60)
    await town.to_the_end()
    escalated = [
        event for event in town.processor.published(TOPICS.events) if event["type"] in ("reminded", "escalated")
    ]
    assert {event["asset_id"] for event in escalated} == set(SITES)
    assert {event["unit_id"] for event in escalated} == {"new"}
