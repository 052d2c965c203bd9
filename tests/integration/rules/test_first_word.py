"""The first word on both databases: which units have been told of a ticket that changes hands (rules A-4, A-16)."""

from __future__ import annotations

from typing import Any

import pytest

from streams.ledger import Ledger
from streams.ledger.reading.listing.filter import TicketFilter
from streams.ledger.reading.listing.listing import list_tickets
from streams.ledger.reading.queries import notices_of
from streams.rules.state.snapshot import FOLLOWING
from tests.support.processors import ProcessorOnLedger


async def unit(processor: ProcessorOnLedger, unit_id: str, *, mute: bool = False, **fields: Any) -> None:
    """Registers a unit, with a contact of its name unless it is mute."""
    contacts = [] if mute else [{"name": unit_id, "email": f"{unit_id}@a.gov.cn"}]
    await processor.register(f"unit:{unit_id}", unit_id=unit_id, name=unit_id, contacts=contacts, **fields)


async def city(ledger: Ledger, owner: str | None) -> ProcessorOnLedger:
    """A site with one ticket, of this unit; `mute` has no contacts, and a supervising unit."""
    processor = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    for unit_id in ("office", "first", "second"):
        await unit(processor, unit_id)
    await unit(processor, "mute", mute=True, supervisor_id="office")
    await register(processor, owner)
    seen = {"asset_id": "site", "check": "column.stale", "observed_at": "2026-03-02T09:00:00+08:00"}
    await processor.send({**seen, "source": "crawler"})
    processor.published("")
    return processor


async def register(processor: ProcessorOnLedger, owner: str | None) -> None:
    """The site is this unit's from now on."""
    if owner is not None:
        await processor.register("asset:site", asset_id="site", name="门户", kind="website", unit_id=owner)


async def sent(ledger: Ledger, state: str = "accepted") -> None:
    """What waits has had this end."""
    async with ledger.transaction() as tx:
        await tx._session.run("update notices set state = ? where state = 'pending' and code is null", state)


async def reassign(processor: ProcessorOnLedger, ledger: Ledger, unit_id: str) -> None:
    """By a person."""
    ((ticket, *_),) = await list_tickets(ledger, TicketFilter(), limit=10)
    await processor.command(
        action="reassign", asset_id="site", ticket_id=ticket.ticket_id, unit_id=unit_id, reason="分工调整"
    )
    await processor.due()


async def heard(ledger: Ledger) -> list[tuple[str, str]]:
    """Who has heard what, or will."""
    ((ticket, *_),) = await list_tickets(ledger, TicketFilter(), limit=10)
    notices = sorted(await notices_of(ledger, ticket.pk), key=lambda one: (one.created_at, one.name))
    return [(one.name, one.kind) for one in notices if one.code is None]


@pytest.mark.parametrize(
    ("state", "kind"),
    [
        ("pending", "opened"), ("suppressed", "opened"), ("expired", "opened"), ("dead", "opened"),
        ("undelivered", "opened"), ("sending", "reassigned"), ("accepted", "reassigned"), ("delivered", "reassigned"),
        ("uncertain", "reassigned"),
    ],
)  # fmt: skip
async def test_on_a_real_ledger(ledger: Ledger, state: str, kind: str) -> None:
    """A-16: told is who has been sent a notice, or may have been."""
    processor = await city(ledger, "first")
    await sent(ledger, state)
    await reassign(processor, ledger, "second")
    assert ("second", kind) in await heard(ledger)


async def test_every_way_to_a_first_owner(ledger: Ledger) -> None:
    """A-2, A-16: registered late, then with another owner, told or not."""
    processor = await city(ledger, None)
    await register(processor, "first")
    assert await heard(ledger) == [("first", "opened")]
    await register(processor, "second")
    assert await heard(ledger) == [("second", "opened")]
    await sent(ledger)
    await register(processor, "first")
    assert sorted(await heard(ledger)) == [("first", "reassigned"), ("second", "opened")]


async def test_merged(ledger: Ledger) -> None:
    """A-11, A-16: before anybody was told."""
    processor = await city(ledger, "first")
    await unit(processor, "first", replaced_by="second")
    await processor.due()
    assert await heard(ledger) == [("second", "opened")]


async def test_somebody_can_be_reached_now(ledger: Ledger) -> None:
    """A-4: its contacts are told once, whatever the registry says later; who was told in their place is not again."""
    processor = await city(ledger, "mute")
    assert await heard(ledger) == [("office", "opened")]
    await sent(ledger)
    await unit(processor, "mute", supervisor_id="office")
    await processor.due()
    assert sorted(await heard(ledger)) == [("mute", "opened"), ("office", "opened")]
    await sent(ledger)
    ((ticket, *_),) = await list_tickets(ledger, TicketFilter(), limit=10)
    await processor.command(
        action="extend", asset_id="site", ticket_id=ticket.ticket_id, working_days=1, reason="系统升级"
    )
    for mute in (True, False):
        await unit(processor, "mute", mute=mute, supervisor_id="office")
        await processor.due()
    assert sorted(await heard(ledger)) == [("mute", "opened"), ("office", "opened")]


async def test_nobodys_that_is_given_on_before_its_page(ledger: Ledger) -> None:
    """A-3, A-16: of many, one that a person names follows first; who has it then is told of it as new."""
    processor = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    processor.watch.stop()  # no page yet
    for unit_id in ("first", "second"):
        await unit(processor, unit_id)
    seen = {"asset_id": "site", "check": "text.typo", "observed_at": "2026-03-02T09:00:00+08:00", "source": "crawler"}
    await processor.send(*({**seen, "locator": f"/{place}"} for place in range(FOLLOWING + 1)))
    await register(processor, "first")
    ((ticket, *_),) = await list_tickets(ledger, TicketFilter(), limit=1)
    assert ticket.unit_id is None
    await processor.command(action="reassign", asset_id="site", ticket_id=ticket.ticket_id, unit_id="second")
    assert ("second", "opened") in [(one.name, one.kind) for one in await notices_of(ledger, ticket.pk)]
