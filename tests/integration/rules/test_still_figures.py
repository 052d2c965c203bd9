"""Figures stand still (rule S-5): of any period, as of any moment, they are what they were when that moment was now."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import pytest

from schemas.bulletin_rules import BulletinRules
from streams.ledger import Ledger
from streams.ledger.upkeep.retention import prune
from streams.services.bulletins.figures import WantedFigures, figures
from tests.support.loop import QUICK_BRAKE
from tests.support.loop_on_ledger import OnLedger, forget
from tests.support.story import story
from tests.support.world import ZONE

HISTORIES = int(os.environ.get("RECTIFY_TEST_HISTORIES", "2"))
SEED = int(os.environ.get("RECTIFY_TEST_SEED", "1"))
STRICT = QUICK_BRAKE.model_copy(update={"bulletin": BulletinRules(vetoes=("check.a",))})


async def asked(ledger: Ledger, as_of: str) -> dict[tuple[date, date], dict[str, Any]]:
    """The figures of three periods: long, one that ends early, and the days before the moment."""
    day = date.fromisoformat(as_of[:10])
    periods = {(date(2026, 3, 1), day), (date(2026, 3, 1), date(2026, 3, 8)), (day - timedelta(days=3), day)}
    return {
        (begin, end): await figures(ledger, WantedFigures(begin, end, as_of), STRICT, ZONE) for begin, end in periods
    }


@pytest.mark.timeout(36_000)
async def test_whatever_comes_later(ledger: Ledger) -> None:
    """Asked again after all that has come later, and after people and history were forgotten, nothing has moved."""
    compared = counted = 0
    for seed in range(SEED, SEED + HISTORIES):
        told = story(seed, steps=60)
        await forget(ledger)
        loop = OnLedger(ledger)
        known: dict[str, dict[tuple[date, date], dict[str, Any]]] = {}
        rest = list(told.fetched)
        for step in told.loop.steps:
            if step[0] == "pass_time":
                before_now = loop.clock.at - timedelta(microseconds=1)  # more may be recorded at this very moment
                as_of = before_now.astimezone(ZONE).isoformat()
                known[as_of] = await asked(ledger, as_of)
            fetched = [rest.pop(0)] if step[0] == "deliver" else []
            await loop.replay([step], fetched)
        end = loop.clock.at + timedelta(days=1)
        await prune(ledger, end, end)
        for as_of, before in known.items():
            assert await asked(ledger, as_of) == before, f"history {seed}, as of {as_of}"
            compared += len(before)
            counted += sum(row["unqualified"] for made in before.values() for row in made["totals"])
    assert compared > 5 * HISTORIES
    assert counted > HISTORIES, "the stories have figures that could move"
