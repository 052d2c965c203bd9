"""An asset with many open tickets is registered anew: they follow page by page (rules A-2, A-3, A-10, A-13, A-14)."""

from __future__ import annotations

import asyncio
from collections import Counter
from typing import Any

import pytest

from streams.ledger import Ledger
from streams.rules.state.snapshot import FOLLOWING
from tests.support.processors import ProcessorOnLedger
from tests.support.world import TOPICS

MANY = 2 * FOLLOWING + 50  # three pages
AT = "2026-03-02 10:00"


def contacts(name: str) -> list[dict[str, str]]:
    """One person of a unit."""
    return [{"name": name, "email": f"{name}@a.gov.cn"}]


async def asset(processor: ProcessorOnLedger, unit_id: str | None, **fields: Any) -> None:
    """The site's record, with this owner."""
    owner = {"unit_id": unit_id} if unit_id else {}
    await processor.register("asset:site", asset_id="site", name="site", kind="website", **owner, **fields)


async def owned(ledger: Ledger, unit_id: str | None = "old", number: int = MANY) -> ProcessorOnLedger:
    """A site with many tickets, of this unit; its due watch takes a page a round."""
    processor = ProcessorOnLedger(ledger, AT)
    for name in ("old", "new", "other"):
        await processor.register(f"unit:{name}", unit_id=name, name=name, contacts=contacts(name))
    if unit_id is not None:
        await asset(processor, unit_id)
    found = {"asset_id": "site", "check": "text.typo", "source": "crawler", "observed_at": "2026-03-02T10:00:00+08:00"}
    await processor.send(*({**found, "locator": f"/{place}"} for place in range(number)))
    processor.published(TOPICS.events)
    processor.watch.stop()
    return processor


async def page(processor: ProcessorOnLedger) -> bool:
    """One round of the due watch; whether there is more."""
    more = await processor.watch.once()
    processor.published(TOPICS.events)
    return more


async def to_the_end(processor: ProcessorOnLedger) -> None:
    """All rounds."""
    while await page(processor):
        pass


async def owners(ledger: Ledger) -> dict[str | None, int]:
    """How many open tickets each unit has."""
    async with ledger.transaction() as tx:
        rows = await tx._session.rows("select unit_id, count(*) from tickets where closed_at is null group by unit_id")
    return {unit_id: int(count) for unit_id, count in rows}


async def noted(ledger: Ledger) -> int:
    """How many tickets are still to follow."""
    async with ledger.transaction() as tx:
        ((count,),) = await tx._session.rows("select count(*) from followers")
    return int(count)


def times(processor: ProcessorOnLedger, kind: str) -> dict[int, int]:
    """How many tickets have had an event of this kind how often."""
    return dict(Counter(Counter(event["ticket_id"] for event in processor.events(kind)).values()))


async def test_another_owner(ledger: Ledger) -> None:
    """The registry's message hands nothing over; page by page each ticket follows once, and its deadline stays."""
    processor = await owned(ledger)
    before = {ticket_id: ticket["due_at"] for ticket_id, ticket in processor.tickets().items()}
    await asset(processor, "new")
    assert await owners(ledger) == {"old": MANY}
    await page(processor)
    assert await owners(ledger) == {"old": MANY - FOLLOWING, "new": FOLLOWING}
    await to_the_end(processor)
    assert await owners(ledger) == {"new": MANY}
    assert times(processor, "reassigned") == {1: MANY}
    assert {event["rule"] for event in processor.events("reassigned")} == {"A-3"}
    assert {ticket_id: ticket["due_at"] for ticket_id, ticket in processor.tickets().items()} == before


async def test_as_many_as_a_page_follow_at_once(ledger: Ledger) -> None:
    """Nothing is left to the due watch."""
    processor = await owned(ledger, number=FOLLOWING)
    await asset(processor, "new")
    assert await owners(ledger) == {"new": FOLLOWING}
    assert await noted(ledger) == 0


async def test_registered_late(ledger: Ledger) -> None:
    """Tickets of nobody get their owner."""
    processor = await owned(ledger, None)
    await asset(processor, "new")
    await to_the_end(processor)
    assert await owners(ledger) == {"new": MANY}
    assert {event["rule"] for event in processor.events("reassigned")} == {"A-2"}


async def test_what_a_person_has_reassigned_stays(ledger: Ledger) -> None:
    """Before the registration, and between it and the page."""
    processor = await owned(ledger)
    first, *_, last = sorted(processor.tickets())
    await processor.command(action="reassign", asset_id="site", ticket_id=first, unit_id="other")
    await asset(processor, "new")
    await processor.command(action="reassign", asset_id="site", ticket_id=last, unit_id="other")
    await to_the_end(processor)
    assert await owners(ledger) == {"new": MANY - 2, "other": 2}


@pytest.mark.parametrize("after", [0, 1])
async def test_another_owner_again(ledger: Ledger, after: int) -> None:
    """A registrar's slip that is put right before all have followed: all are where they belong in the end."""
    processor = await owned(ledger)
    await asset(processor, "other")
    for _ in range(after):
        await page(processor)
    await asset(processor, "new")
    await to_the_end(processor)
    assert await owners(ledger) == {"new": MANY}
    assert times(processor, "reassigned") == ({1: MANY - FOLLOWING, 2: FOLLOWING} if after else {1: MANY})


async def test_deleted_and_registered_again(ledger: Ledger) -> None:
    """Deleted by mistake: supervisors hear of the page that has passed, and of no other."""
    processor = await owned(ledger)
    await processor.delete("asset:site")
    await page(processor)
    assert times(processor, "orphaned") == {1: FOLLOWING}
    await asset(processor, "old")
    await to_the_end(processor)
    assert times(processor, "orphaned") == {1: FOLLOWING}
    assert await owners(ledger) == {"old": MANY}


@pytest.mark.parametrize("owner_alone", [False, True])
async def test_nobody_owns_it_any_more(ledger: Ledger, owner_alone: bool) -> None:  # noqa: FBT001 - a case
    """Its record, or only its owner, is taken away: supervisors hear of each ticket once."""
    processor = await owned(ledger)
    await (asset(processor, None) if owner_alone else processor.delete("asset:site"))
    await to_the_end(processor)
    assert times(processor, "orphaned") == {1: MANY}
    assert {event["reason"] for event in processor.events("orphaned")} == {
        "owner_removed" if owner_alone else "asset_deleted"
    }


async def test_moved(ledger: Ledger) -> None:
    """Its tickets stay as they are; supervisors are told of each once, also when its record comes twice."""
    processor = await owned(ledger)
    await asset(processor, "old", replaced_by="https://b.gov.cn/")
    await asset(processor, "old", replaced_by="https://b.gov.cn/")
    await to_the_end(processor)
    assert times(processor, "asset_moved") == {1: MANY}
    assert await owners(ledger) == {"old": MANY}


async def test_removed(ledger: Ledger) -> None:
    """Whoever has verified it closes them all."""
    processor = await owned(ledger)
    await asset(processor, "old", removed_at="2026-03-01", removed_by="市政府办")
    assert processor.events("closed") == []
    await to_the_end(processor)
    assert times(processor, "closed") == {1: MANY}
    assert await owners(ledger) == {}


async def test_nothing_that_concerns_them(ledger: Ledger) -> None:
    """Another name: no ticket is looked at."""
    processor = await owned(ledger)
    await processor.register("asset:site", asset_id="site", name="another", kind="website", unit_id="old")
    assert await noted(ledger) == 0


async def test_two_workers_share(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Each ticket follows once."""
    first = await owned(postgres_ledgers[0])
    second = ProcessorOnLedger(postgres_ledgers[1], AT)
    await asset(first, "new")
    second.watch.stop()
    await asyncio.gather(to_the_end(first), to_the_end(second))
    await to_the_end(first)
    assert await owners(postgres_ledgers[0]) == {"new": MANY}
    both = Counter(times(first, "reassigned")) + Counter(times(second, "reassigned"))
    assert both == {1: MANY}
