"""Derived vetoes on real servers: whoever sees half of the parts, one veto opens, lists them all, and ends in time."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from streams.kafka.publisher import OutMessage
from streams.ledger.tables import assets, probes, tickets
from tests.support.pipeline import Pipeline

SITES, PARTS = 20, 6
BLANK = "veto.columns_blank"


@pytest.fixture
async def running(pipeline: Pipeline) -> AsyncIterator[Pipeline]:
    """Return a pipeline at work: one worker on SQLite, two at once on PostgreSQL."""
    async with AsyncExitStack() as workers:
        for _ in range(1 if pipeline.ledger.dialect == "sqlite" else 2):
            await workers.enter_async_context(pipeline.working())
        yield pipeline


def blank(site: int, column: int) -> dict[str, Any]:
    """One blank column."""
    place = {"asset_id": f"site-{site}", "check": "column.blank", "locator": f"栏目{column}"}
    return {**place, "observed_at": "2026-03-02T09:00:00+08:00"}


def filled(site: int, column: int) -> dict[str, Any]:
    """The column has something in it now."""
    place = {"asset_id": f"site-{site}", "check": "column.blank", "locator": f"栏目{column}"}
    return {"type": "recheck", **place, "outcome": "absent", "observed_at": "2026-03-02T09:30:00+08:00"}


async def test_blank_columns_become_a_veto_and_end_it(running: Pipeline) -> None:
    """V-1: parts under any key, so that two workers each meet half of a site's; one veto a site, all parts in it."""
    out = [
        OutMessage(running.topics.findings, f"{site}:{column % 4}".encode(), orjson.dumps(blank(site, column)))
        for column in range(PARTS)
        for site in range(SITES)
    ]
    for start in range(0, len(out), 30):
        await running.publish(out[start : start + 30])
    await running.settled()
    assert await running.by_status() == {"open": SITES * (PARTS + 1)}
    vetoes = [ticket for ticket in running.seen.tickets.values() if ticket["check"] == BLANK]
    counts = [ticket["problems"][0]["facts"]["evidence"] for ticket in vetoes]
    assert [count["count"] for count in counts] == [PARTS] * SITES
    numbers = {part["ticket_id"] for count in counts for part in count["parts"]}
    assert numbers == {t["ticket_id"] for t in running.seen.tickets.values() if t["check"] == "column.blank"}
    opened = [event for event in running.seen.events("opened") if event["rule"] == "V-2"]
    assert len({event["id"] for event in opened}) == SITES

    running.clock.set(running.clock.now().at + timedelta(hours=1))
    await running.send(*(filled(site, column) for site in range(SITES) for column in range(2)))
    await running.settled()
    vetoes = [ticket for ticket in running.seen.tickets.values() if ticket["check"] == BLANK]
    assert {(ticket["status"], ticket["close_reason"]) for ticket in vetoes} == {("closed", "below_the_line")}
    assert await running.number(select(func.count()).where(assets.c.derive_at.is_not(None))) == 0


async def test_probes_are_kept_as_days_and_make_a_veto(running: Pipeline) -> None:
    """V-4, V-5: a week of hourly probes with 12 failures; the two days that the week touches at its ends count too."""
    messages = []
    start = running.clock.now().at - timedelta(days=7, minutes=10)
    for number in range(7 * 24):
        at = (start + timedelta(hours=number)).isoformat()
        run: dict[str, Any] = {"asset_id": "site", "source": "probe", "run_id": f"p{number}"}
        if failed := number % 14 == 5:
            messages.append({**run, "check": "site.unreachable", "observed_at": at})
        ended = {"status": "complete", "finished_at": at, "checks": ["site.unreachable"], "found": int(failed)}
        messages.append({"type": "run", **run, **ended})
    await running.send(*messages)
    await running.run_until("2026-03-02 12:00")
    evidence = running.ticket(check="veto.site_unreachable")["problems"][0]["facts"]["evidence"]
    assert evidence["failed"] == 12
    assert await running.number(select(func.count()).select_from(probes)) == 8
    assert await running.number(select(func.count()).where(tickets.c.check_code == "veto.site_unreachable")) == 1
