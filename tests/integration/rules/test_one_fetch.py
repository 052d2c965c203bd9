"""Messages about the same problem that arrive in one fetch, on both engines: each is decided, none set aside."""

from __future__ import annotations

from datetime import timedelta

import pytest

from streams.ledger import Ledger
from streams.rules.intake.fingerprint import identify
from tests.support.processors import TOPICS, ProcessorOnLedger, StillClock
from tests.support.world import local

FOUND = {
    "asset_id": "site",
    "check": "text.typo",
    "locator": "https://a.gov.cn/x",
    "observed_at": "2026-03-02T09:00:00+08:00",
}
ABSENT = {
    "type": "recheck", "asset_id": "site", "check": "text.typo", "locator": "https://a.gov.cn/x", "outcome": "absent",
    "observed_at": "2026-03-02T09:30:00+08:00",
}  # fmt: skip


@pytest.mark.parametrize("order", [1, -1])
async def test_a_recheck_by_place_beside_a_repeat(ledger: Ledger, order: int) -> None:
    """The recheck closes the ticket, whichever of the two comes first; the repeat was seen before it."""
    processor = ProcessorOnLedger(ledger, "2026-03-02 10:00")
    await processor.send(FOUND)
    await processor.send(*[ABSENT, FOUND][::order])
    (ticket,) = processor.tickets().values()
    assert (ticket["status"], len(processor.events("closed"))) == ("closed", 1)
    assert processor.published(TOPICS.dead_letters) == []


@pytest.mark.parametrize("computed", [True, False], ids=["one of ours", "looks like ours"])
async def test_one_fingerprint_on_two_assets(ledger: Ledger, computed: bool) -> None:  # noqa: FBT001
    """D-2: one of ours, or what looks like one, names a problem of its own asset, whatever shares a fetch."""
    name = identify("site", FOUND["check"], FOUND["locator"]).fingerprint if computed else "1-" + "ab" * 16
    here, there = FOUND | {"fingerprint": name}, FOUND | {"asset_id": "other", "fingerprint": name}
    clock = StillClock("2026-03-02 10:00")
    processor = ProcessorOnLedger(ledger, clock)
    await processor.send(here)
    await processor.send(there)
    await processor.send(there, here, there)
    clock.set(local("2026-04-20 10:00"))
    clock.real += timedelta(seconds=31)
    await processor.watch.once()
    counted = {one["asset_id"]: (one["occurrences"], len(one["problems"])) for one in processor.tickets().values()}
    assert counted == {"site": (2, 1), "other": (3, 1)}
    for asset_id in ("site", "other"):
        gone = {"type": "recheck", "asset_id": asset_id, "fingerprint": name, "outcome": "absent"}
        await processor.send(gone | {"observed_at": "2026-04-20T09:30:00+08:00"})
    assert {ticket["status"] for ticket in processor.tickets().values()} == {"closed"}
    assert processor.published(TOPICS.dead_letters) == []
