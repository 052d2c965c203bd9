"""A unit with many tickets is merged, deleted, or known late: they follow page by page (rules A-4, A-11, A-12)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import pytest

from streams.ledger import Ledger
from streams.ledger.reading.listing.filter import TicketFilter
from streams.ledger.reading.listing.listing import list_tickets
from streams.ledger.reading.queries import notices_of
from streams.rules.state.inputs import Input, UnitChanged
from streams.worker.due_watch import HANDED_OVER
from tests.support.processors import TOPICS, ProcessorOnLedger

MANY = 2 * HANDED_OVER + 50  # three pages
AT = "2026-03-02 10:00"


def finding(place: int, asset: str = "site") -> dict[str, Any]:
    """A typing error, by no run: each is a ticket of its own."""
    found = {"asset_id": asset, "check": "text.typo", "locator": f"/{place}", "source": "crawler"}
    return {**found, "observed_at": "2026-03-02T10:00:00+08:00"}


def contacts(name: str) -> list[dict[str, str]]:
    """One person of a unit."""
    return [{"name": name, "email": f"{name}@a.gov.cn"}]


async def unit(processor: ProcessorOnLedger, unit_id: str, **fields: Any) -> None:
    """Registers a unit with a contact of its name."""
    await processor.register(f"unit:{unit_id}", unit_id=unit_id, name=unit_id, contacts=contacts(unit_id), **fields)


async def owned(ledger: Ledger, *, known: bool = True, at: str = AT) -> ProcessorOnLedger:
    """The unit `old` with many tickets of two sites, and two other units; its due watch takes a page a round."""
    processor = ProcessorOnLedger(ledger, at)
    for unit_id in ("new", "other", *(["old"] if known else [])):
        await unit(processor, unit_id)
    for asset in ("site", "app"):
        await processor.register(f"asset:{asset}", asset_id=asset, name=asset, kind="website", unit_id="old")
    await processor.send(*(finding(place, ("site", "app")[place % 2]) for place in range(MANY)))
    processor.published(TOPICS.events)
    processor.watch.stop()
    return processor


async def owners(ledger: Ledger) -> dict[str | None, int]:
    """How many tickets each unit has."""
    rows = await list_tickets(ledger, TicketFilter(), limit=10_000)
    return dict(Counter(row[0].unit_id for row in rows))


async def page(processor: ProcessorOnLedger) -> bool:
    """One round of the due watch; whether there is more."""
    more = await processor.watch.once()
    processor.published(TOPICS.events)
    return more


async def to_the_end(processor: ProcessorOnLedger) -> None:
    """All rounds."""
    while await page(processor):
        pass


def times(processor: ProcessorOnLedger, kind: str) -> dict[int, int]:
    """How many tickets have had an event of this kind how often."""
    return dict(Counter(Counter(event["ticket_id"] for event in processor.events(kind)).values()))


async def told(ledger: Ledger, kind: str, pks: Sequence[int] = range(1, MANY + 1)) -> dict[str, int]:
    """How many tickets each contact is, or will be, told of under this kind; what was withdrawn counts for nobody."""
    found: Counter[str] = Counter()
    for pk in pks:
        found.update({one.name for one in await notices_of(ledger, pk) if one.kind == kind and one.code is None})
    return dict(found)


async def test_a_merged_unit_hands_over_page_by_page(ledger: Ledger) -> None:
    """The registry's message costs nothing; each ticket is handed over once, and its new owner is told once."""
    processor = await owned(ledger)
    before = {ticket_id: ticket["due_at"] for ticket_id, ticket in processor.tickets().items()}
    await unit(processor, "old", replaced_by="new")
    assert await owners(ledger) == {"old": MANY}
    await page(processor)  # the assets
    await page(processor)
    assert await owners(ledger) == {"old": MANY - HANDED_OVER, "new": HANDED_OVER}
    await to_the_end(processor)
    assert await owners(ledger) == {"new": MANY}
    assert times(processor, "reassigned") == {1: MANY}
    assert {ticket_id: ticket["due_at"] for ticket_id, ticket in processor.tickets().items()} == before
    assert await told(ledger, "opened") == {"new": MANY}  # nobody of the old one had been told
    assert await told(ledger, "reassigned") == {}


async def test_what_comes_meanwhile_goes_to_the_successor(ledger: Ledger) -> None:
    """A new place and a command before their page comes: the successor's at once, and not once more later."""
    processor = await owned(ledger)
    ticket_id = min(processor.tickets())
    await unit(processor, "old", replaced_by="new")
    await processor.send(finding(10_000))
    asset = processor.tickets()[ticket_id]["asset_id"]
    await processor.command(action="acknowledge", asset_id=asset, ticket_id=ticket_id)
    processor.published(TOPICS.events)
    opened = processor.events("opened")[-1]
    (acknowledged,) = processor.events("acknowledged")
    assert (opened["unit_id"], acknowledged["unit_id"]) == ("new", "new")
    await to_the_end(processor)
    assert await owners(ledger) == {"new": MANY + 1}
    assert times(processor, "reassigned") == {1: MANY}


async def test_a_page_that_is_not_saved_comes_again(ledger: Ledger) -> None:
    """A worker that dies in the middle of a page leaves the ledger as it was before it."""
    processor = await owned(ledger)
    await unit(processor, "old", replaced_by="new")
    await page(processor)
    await page(processor)
    with suppress(RuntimeError):
        async with ledger.transaction() as tx:
            one = await tx.handovers.next()
            assert one is not None
            pks, snapshot = await tx.handovers.due(one, HANDED_OVER, processor.processor.registry)
            assert snapshot is not None
            inputs: list[Input] = [UnitChanged(pk) for pk in pks]
            await processor.processor.decide_due(tx, snapshot, inputs, processor.clock.now())
            raise RuntimeError
    await to_the_end(processor)
    assert await owners(ledger) == {"new": MANY}
    assert times(processor, "reassigned") == {1: MANY}


async def test_merged_elsewhere_in_between(ledger: Ledger) -> None:
    """A registrar's slip that is put right: what is left goes to the right unit; nothing is handed over twice."""
    processor = await owned(ledger)
    await unit(processor, "old", replaced_by="new")
    await page(processor)
    await page(processor)
    await unit(processor, "old", replaced_by="other")
    await to_the_end(processor)
    assert await owners(ledger) == {"new": HANDED_OVER, "other": MANY - HANDED_OVER}
    assert times(processor, "reassigned") == {1: MANY}


@pytest.mark.on_sqlite("orders of the registry; pages of a handover are on both databases before")
async def test_merged_on_and_on(ledger: Ledger) -> None:
    """The successor is merged while its inheritance is still on the way: all of it arrives in the end."""
    processor = await owned(ledger)
    await unit(processor, "old", replaced_by="new")
    await page(processor)
    await page(processor)
    await unit(processor, "new", replaced_by="other")
    await to_the_end(processor)
    assert await owners(ledger) == {"other": MANY}


@pytest.mark.on_sqlite("orders of the registry; pages of a handover are on both databases before")
async def test_the_successor_is_deleted_in_between(ledger: Ledger) -> None:
    """All are orphaned, each once: those that had arrived, and those that came after."""
    processor = await owned(ledger)
    await unit(processor, "old", replaced_by="new")
    await page(processor)
    await page(processor)
    await processor.delete("unit:new")
    await to_the_end(processor)
    assert times(processor, "orphaned") == {1: MANY}
    assert {event["reason"] for event in processor.events("orphaned")} == {"unit_deleted"}


@pytest.mark.on_sqlite("orders of the registry; pages of a handover are on both databases before")
async def test_a_deleted_unit_that_is_registered_again(ledger: Ledger) -> None:
    """Deleted by mistake: the rest is not orphaned any more, and its contacts are told of all that is theirs."""
    processor = await owned(ledger)
    await processor.delete("unit:old")
    await page(processor)
    assert times(processor, "orphaned") == {1: HANDED_OVER}
    await processor.register("unit:old", unit_id="old", name="old", contacts=contacts("back"))
    await to_the_end(processor)
    assert times(processor, "orphaned") == {1: HANDED_OVER}
    assert await owners(ledger) == {"old": MANY}
    assert (await told(ledger, "opened"))["back"] == MANY


@pytest.mark.on_sqlite("orders of the registry; pages of a handover are on both databases before")
async def test_a_unit_that_is_known_late(ledger: Ledger) -> None:
    """Its contacts are told once of each of its tickets, also when its record comes twice (A-4)."""
    processor = await owned(ledger, known=False)
    await unit(processor, "old")
    await page(processor)
    await unit(processor, "old")
    await to_the_end(processor)
    assert await told(ledger, "opened") == {"old": MANY}
    assert times(processor, "reassigned") == times(processor, "orphaned") == {}


async def test_two_workers_share(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """One has the pages of one unit, the other those of another; each ticket is handed over once."""
    first = await owned(postgres_ledgers[0])
    await unit(first, "third")
    await first.register("asset:third", asset_id="third", name="third", kind="website", unit_id="third")
    await first.send(*(finding(place, "third") for place in range(MANY)))
    first.published(TOPICS.events)
    second = ProcessorOnLedger(postgres_ledgers[1], AT)
    for unit_id in ("old", "third"):
        await unit(first, unit_id, replaced_by="new")
    await asyncio.gather(to_the_end(first), to_the_end(second))
    await to_the_end(first)
    assert await owners(postgres_ledgers[0]) == {"new": 2 * MANY}
    both = Counter(times(first, "reassigned")) + Counter(times(second, "reassigned"))
    assert both == {1: 2 * MANY}


@pytest.mark.on_sqlite("orders of the registry; pages of a handover are on both databases before")
@pytest.mark.parametrize("ring", [("old", "new"), ("old", "new", "other"), ("old", "old")])
async def test_units_that_are_merged_in_a_ring(ledger: Ledger, ring: tuple[str, ...]) -> None:
    """A registrar's mistake moves each ticket once at most, and ends."""
    processor = await owned(ledger)
    for unit_id, to in zip(ring, (*ring[1:], ring[0]), strict=True):
        await unit(processor, unit_id, replaced_by=to)
        await to_the_end(processor)
    moved = len(processor.events("reassigned"))
    for place in range(5):
        await processor.send(finding(20_000 + place))
        await to_the_end(processor)
    assert len(processor.events("reassigned")) == moved
