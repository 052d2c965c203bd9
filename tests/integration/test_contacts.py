"""A contact changes while a notice waits: what goes out goes to the new address (rule N-49), on both databases."""

from __future__ import annotations

import pytest

from streams.ledger import Ledger
from streams.ledger.queries import notices_of
from streams.rules.records import Notice
from tests.support.desks import DeskOnLedger

WANG = {"name": "王芳", "email": "wang@a.gov.cn"}
LI = {"name": "李强", "email": "li@a.gov.cn"}
FINDING = {"asset_id": "site", "check": "column.blank", "locator": "公示", "observed_at": "2026-03-02T10:00:00+08:00"}


async def waiting(ledger: Ledger) -> list[tuple[str, str, str | None]]:
    """Name, address and code of the notices of the first ticket."""
    notices: list[Notice] = await notices_of(ledger, 1)
    return sorted((one.name, one.address, one.code) for one in notices)


@pytest.fixture
async def desk(ledger: Ledger) -> DeskOnLedger:
    """A site of a unit with one contact, and a ticket of which she is to be told in ten minutes."""
    desk = DeskOnLedger(ledger, "2026-03-02 10:00")
    await desk.register("unit:owner", unit_id="owner", name="市科技局", contacts=[WANG])
    await desk.register("asset:site", asset_id="site", name="市科技局网站", kind="website", unit_id="owner")
    await desk.send(FINDING)
    assert await waiting(ledger) == [("王芳", "wang@a.gov.cn", None)]
    return desk


async def test_a_new_address_is_used(desk: DeskOnLedger, ledger: Ledger) -> None:
    """She has a new mailbox."""
    await desk.register("unit:owner", unit_id="owner", name="市科技局", contacts=[{**WANG, "email": "new@a.gov.cn"}])
    assert await waiting(ledger) == [("王芳", "new@a.gov.cn", None)]


async def test_a_successor_is_told(desk: DeskOnLedger, ledger: Ledger) -> None:
    """She has left; the record that comes again changes nothing more."""
    for _ in range(2):
        await desk.register("unit:owner", unit_id="owner", name="市科技局", contacts=[LI])
        assert await waiting(ledger) == [("李强", "li@a.gov.cn", None)]


async def test_what_was_sent_stays(desk: DeskOnLedger, ledger: Ledger) -> None:
    """The past keeps its addresses."""
    (notice,) = await notices_of(ledger, 1)
    async with ledger.transaction() as tx:
        now = desk.clock.now()
        await tx.mark_sending([(notice.notice_id, None)], now.real, now.at)
        await tx.finish([notice.notice_id], "accepted", "smtp", "accepted", now.at)
    await desk.register("unit:owner", unit_id="owner", name="市科技局", contacts=[LI])
    assert await waiting(ledger) == [("王芳", "wang@a.gov.cn", "accepted")]


async def test_a_wrong_contact_changes_nothing(desk: DeskOnLedger, ledger: Ledger) -> None:
    """It is a dead letter, and what was registered before stays."""
    await desk.register(
        "unit:owner", unit_id="owner", name="市科技局", contacts=[{**LI, "email": "li@a.gov.cn NOTIFY=NEVER"}]
    )
    assert await waiting(ledger) == [("王芳", "wang@a.gov.cn", None)]
    assert len(desk.published("rectify.dead-letters")) == 1
