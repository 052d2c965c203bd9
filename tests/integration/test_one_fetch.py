"""Messages about the same problem that arrive in one fetch, on both engines: each is decided, none set aside."""

from __future__ import annotations

import pytest

from streams.ledger import Ledger
from tests.support.desks import TOPICS, DeskOnLedger

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
    desk = DeskOnLedger(ledger, "2026-03-02 10:00")
    await desk.send(FOUND)
    await desk.send(*[ABSENT, FOUND][::order])
    (ticket,) = desk.tickets().values()
    assert (ticket["status"], len(desk.events("closed"))) == ("closed", 1)
    assert desk.published(TOPICS.dead_letters) == []
