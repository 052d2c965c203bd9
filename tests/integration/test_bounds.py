"""What is loaded at once has an end (O-16): more is done in smaller parts, and everything is done."""

from __future__ import annotations

from typing import Any

import pytest
from structlog.testing import capture_logs

from streams.ledger import Ledger
from streams.ledger.rows import PROBLEM
from streams.rules.state.bounds import TooMuch
from tests.support.desks import DeskOnLedger

NUMBER = 400
SEEN = "2026-03-02T09:00:00+08:00"


def finding(number: int, **fields: Any) -> dict[str, Any]:
    """One of so many problems, each with a ticket of its own."""
    return {"asset_id": f"site-{number % 20}", "check": "wording.serious", "locator": f"{number}", **fields}


async def test_large_problems_are_seen_again_in_parts(ledger: Ledger) -> None:
    """400 problems of 146 KB each are more than a transaction loads: small repeats of them are decided in halves."""
    desk = DeskOnLedger(ledger, "2026-03-02 10:00")
    large = {"evidence": {"pad": "a" * 65_000}, "detail": "字" * 8_192}
    for begin in range(0, NUMBER, 100):
        await desk.send(*(finding(number, observed_at=SEEN, **large) for number in range(begin, begin + 100)))
        desk.published("")
    with capture_logs() as logs:
        await desk.send(*(finding(number, observed_at=SEEN) for number in range(NUMBER)))
    assert "batch_halved" in {line["event"] for line in logs}
    async with ledger.transaction() as tx:
        ((count, most),) = await tx._session.rows("select sum(count), max(count) from problems where current")
    assert (count, most) == (2 * NUMBER, 2)


async def test_one_alone_is_loaded_whatever_it_weighs(ledger: Ledger) -> None:
    """The bound is for what can be done in smaller parts; a single ticket is not refused for its weight."""
    async with ledger.transaction() as tx:
        tx.load_in_bounds(divisible=True)
        with pytest.raises(TooMuch):
            tx._session.room.take([tuple("x" * 1_000_000 for _ in PROBLEM.columns)] * 60, (0,))
        tx.load_in_bounds(divisible=False)
        tx._session.room.take([tuple("x" * 1_000_000 for _ in PROBLEM.columns)] * 60, (0,))
