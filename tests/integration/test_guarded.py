"""The begin of a guarded period on a real ledger: once, whatever the number of workers (rule L-11)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.policy import Policy
from streams.files.policy.loading import load_policy
from streams.ledger import Conflict, Ledger
from streams.rules.deadlines.guarded import begun
from tests.support.desks import DeskOnLedger

BEFORE, BEGUN = "2026-09-29 15:00", "2026-10-01 00:00"


@pytest.fixture
def policy(tmp_path: Path) -> Policy:
    """A pack that shortens."""
    path = tmp_path / "province.yaml"
    path.write_text("pack: province\nversion: 1\ntitle: 某省\nextends: default\nguarded: {shorten: true}\n", "utf-8")
    return load_policy(path)


async def filled(worker: DeskOnLedger) -> None:
    """Four dark links on sites in 咸宁市, one elsewhere."""
    for number in range(5):
        region = "咸宁市" if number < 4 else "黄石市"
        await worker.register(
            f"asset:a{number}", asset_id=f"a{number}", name=f"网站{number}", kind="website", region=region
        )
        await worker.send(finding(f"a{number}", "link.dark"), finding(f"a{number}", "column.blank"))


def finding(asset: str, check: str) -> dict[str, Any]:
    """A finding with a deadline set by a notice."""
    return {
        "asset_id": asset,
        "check": check,
        "observed_at": "2026-09-29T15:00:00+08:00",
        "due_by": "2026-10-10",
    }


async def until_idle(worker: DeskOnLedger) -> None:
    """Rounds of the due watch, as its loop makes them, until one after another has nothing to do."""
    for _ in range(5):
        try:
            await worker.watch.once()
        except Conflict:
            continue


async def test_a_period_registered_after_its_begin(ledger: Ledger, policy: Policy) -> None:
    """What is open in its regions and has a guarded amount is shortened, once; nothing else is touched."""
    worker = DeskOnLedger(ledger, BEFORE, policy)
    await filled(worker)
    worker.clock.set(worker.clock.now().at.replace(day=30, hour=18))
    await until_idle(worker)
    assert worker.events("deadline_changed") == []
    record = {"name": "国庆", "from": "2026-10-01", "to": "2026-10-08", "regions": ["咸宁市"]}
    await worker.register("guarded:gq", **record)
    await until_idle(worker)
    assert {event["asset_id"] for event in worker.events("deadline_changed")} == {"a0", "a1", "a2", "a3"}
    assert {event["due_at"] for event in worker.events("deadline_changed")} == {"2026-10-01T02:00:00+08:00"}
    another = DeskOnLedger(ledger, "2026-10-01 03:00", policy)
    await until_idle(another)
    assert another.events("deadline_changed") == []
    assert {t["asset_id"] for t in worker.tickets().values() if t["guarded"]} == {"a0", "a1", "a2", "a3"}
    async with ledger.transaction() as tx:
        assert await tx.review_guarded(another.clock.now().at, another.clock.now().at, (), None) == 6


async def test_a_command_that_is_called_like_a_mark(ledger: Ledger, policy: Policy) -> None:
    """A unit's command under the id that the system gives a period, or a day's alarm: neither is switched off by it."""
    worker = DeskOnLedger(ledger, BEFORE, policy)
    await filled(worker)
    await worker.register("guarded:gq", **{"name": "国庆", "from": "2026-10-01", "to": "2026-10-08"})
    worker.clock.set(worker.clock.now().at.replace(day=30, hour=18))
    (period,) = begun(policy, worker.desk.registry, worker.clock.now().at)
    ticket = next(iter(worker.tickets().values()))
    for mark in (period.mark, "calendar_missing:2027:2026-12-20"):
        await worker.command(
            action="acknowledge", asset_id=ticket["asset_id"], ticket_id=ticket["ticket_id"], command_id=mark
        )
    await until_idle(worker)
    assert len({event["asset_id"] for event in worker.events("deadline_changed")}) == 5
    worker.clock.set(datetime(2026, 12, 20, 4, tzinfo=UTC))
    await until_idle(worker)
    await until_idle(DeskOnLedger(ledger, worker.clock, policy))
    assert [event["year"] for event in worker.events("calendar_missing")] == [2027]


async def test_two_workers_at_its_begin(postgres_ledgers: tuple[Ledger, Ledger], policy: Policy) -> None:
    """Both look at the same moment: each ticket is shortened once."""
    first, second = (DeskOnLedger(ledger, BEFORE, policy) for ledger in postgres_ledgers)
    await filled(first)
    await first.register("guarded:gq", **{"name": "国庆", "from": "2026-10-01", "to": "2026-10-08"})
    for worker in (first, second):
        worker.clock.set(worker.clock.now().at.replace(day=30, hour=16, minute=1))
    await asyncio.gather(until_idle(first), until_idle(second))
    changed = [*first.events("deadline_changed"), *second.events("deadline_changed")]
    assert sorted(event["asset_id"] for event in changed) == ["a0", "a1", "a2", "a3", "a4"]
