"""Figures stand still (rule S-5): of any period, as of any moment, they are what they were when that moment was now."""

from __future__ import annotations

import os
from datetime import date, timedelta
from typing import Any

import pytest

from schemas.bulletin_rules import BulletinRules
from streams.files.calendar.builtin import builtin_calendar
from streams.ledger import Ledger
from streams.ledger.upkeep.retention import prune
from streams.services.bulletins.figures import WantedFigures, figures
from tests.support.loop import QUICK_BRAKE
from tests.support.loop_on_ledger import OnLedger, forget
from tests.support.office import Office
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


async def test_a_calendar_that_came_later(ledger: Ledger) -> None:
    """Asked on Friday and answered on Monday is 即时; a Saturday worked by a later decree changes only later."""
    office = Office(ledger, "2023-03-03 09:00")
    await office.register([{"asset_id": "site", "kind": "website"}])
    await office.find("site", "message.zhaocuo", "找错1", received_at="2023-03-03T09:00:00+08:00")
    await office.set("2023-03-06 16:00")
    await office.answer("site", "message.zhaocuo", "找错1")
    await office.set("2023-03-31 09:00")
    as_of = "2023-03-31T09:00:00+08:00"
    known = await office.figures("2023-03-01", "2023-03-31", as_of)
    await office.set("2023-04-03 09:00")
    days = {**builtin_calendar().arrangements[2023], date(2023, 3, 4): False}
    decree = [{"date": day.isoformat(), "off": off} for day, off in days.items()]
    await office.processor.register("calendar:2023", year=2023, days=decree)
    await office.set("2023-04-04 09:00")
    assert await office.figures("2023-03-01", "2023-03-31", as_of) == known
    now = await office.figures("2023-03-01", "2023-03-31")
    assert (known["messages"]["zhaocuo"]["at_once"], now["messages"]["zhaocuo"]["at_once"]) == (1, 0)
