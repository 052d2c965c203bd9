"""An asset is found by its number in the national register 网站标识码 as by its id, on both databases."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from streams.ledger import Ledger
from streams.ledger.reading.listing.filter import TicketFilter
from streams.ledger.reading.listing.listing import list_tickets
from streams.ledger.reading.queries import suspected_problems
from streams.ledger.reading.standings import standings
from streams.rules.scoring.stood import Period
from tests.support.processors import ProcessorOnLedger
from tests.support.world import ZONE

CODE = "4212000001"


@pytest.mark.parametrize("name", ["site", CODE])
async def test_found_by_either(ledger: Ledger, name: str) -> None:
    """Tickets, suspicions and scores; by another number nothing, and a new number is followed."""
    processor = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    record = {"asset_id": "site", "name": "门户", "kind": "website"}
    await processor.register("asset:site", **record, code=CODE)
    await processor.register("asset:other", asset_id="other", name="另一个", kind="website", code="4212000002")
    seen = {"observed_at": "2026-03-02T09:00:00+08:00", "source": "crawler"}
    for asset_id in ("site", "other"):
        await processor.send(
            {**seen, "asset_id": asset_id, "check": "column.stale"},
            {**seen, "asset_id": asset_id, "check": "site.unreachable"},
        )
    found = await list_tickets(ledger, TicketFilter(asset_id=name))
    assert [asset.asset_id for _, asset in found] == ["site"]
    assert [asset.asset_id for _, asset in await suspected_problems(ledger, asset_id=name)] == ["site"]
    end = datetime(2026, 4, 1, tzinfo=UTC)
    period = Period(datetime(2026, 1, 1, tzinfo=UTC), end, end)
    assert [stood.asset.asset_id async for stood in standings(ledger, period, ZONE, name)] == ["site"]
    await processor.register("asset:site", **record, code="4212000003")
    assert len(await list_tickets(ledger, TicketFilter(asset_id=CODE))) == 0
    assert len(await list_tickets(ledger, TicketFilter(asset_id="4212000003"))) == 1
