"""The producer's brake on the real ledgers: what its runs said adds up over transactions, workers and restarts."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from streams.ledger import Ledger, open_ledger
from streams.ledger.upkeep.retention import prune
from streams.rules.state.records import ProducerStanding
from streams.rules.state.snapshot import ChangeSet
from tests.support.command_line import CommandLine
from tests.support.ledger import REGISTRY, asset_pk, at, run, save
from tests.support.pipeline import Pipeline

CHECKS = ["link.dead", "column.blank", "text.typo"]
PACK = """
pack: ours
version: 1
title: 本市规则包
limits:
  producer_brake: {hours: 48, problems: 6, share: 0.8, sampled: 1}
"""


def said(source: str, slot_at: datetime, *counts: int) -> ChangeSet:
    """What one batch adds."""
    return ChangeSet(standings=[ProducerStanding(source, slot_at, *counts)])


async def standings(ledger: Ledger, since: datetime) -> list[ProducerStanding]:
    """As they are loaded with runs to judge, of the producers of these runs."""
    async with ledger.transaction() as tx:
        _, snapshot = await tx.due.runs(at(), 10, REGISTRY, brake=20, since=since)
    return list(snapshot.standings)


async def due(ledger: Ledger, *sources: str) -> None:
    """A run of each producer waits to be judged."""
    asset = await asset_pk(ledger)
    runs = [run(asset)._replace(source=source, settle_at=at(seconds=-1)) for source in sources]
    await save(ledger, ChangeSet(runs=runs))


async def test_counts_add_up_and_are_there_after_a_restart(ledger: Ledger, database: str) -> None:
    """C-45: each batch adds; another slot and another producer are rows of their own, older ones are not read."""
    await due(ledger, "crawler")
    for _ in range(3):
        await save(ledger, said("crawler", at(), 10, 4, 1))
    await save(ledger, said("crawler", at(minutes=5), 1, 1, 0))
    await save(ledger, said("crawler", at(days=-3), 100, 100, 0))
    await save(ledger, said("probe", at(), 7, 7, 7))
    again = await open_ledger(database, owner="worker-1")
    try:
        assert await standings(again, at(days=-2)) == [
            ProducerStanding("crawler", at(), 30, 12, 3),
            ProducerStanding("crawler", at(minutes=5), 1, 1, 0),
        ]
        assert await prune(again, at(days=-100), at(days=-100)) == await prune(
            again, at(days=-100), at(days=-100), standings=at(days=-2)
        )
        assert [one.slot_at for one in await standings(again, at(days=-100))] == [at(), at(minutes=5)]
    finally:
        await again.close()


async def test_a_cleared_producer_begins_anew(ledger: Ledger) -> None:
    """C-47: what it said is gone, what the same batch adds stays, and others' stays."""
    await due(ledger, "crawler", "probe")
    for source in ("crawler", "probe"):
        await save(ledger, said(source, at(), 10, 10, 1))
        await save(ledger, said(source, at(minutes=5), 10, 10, 1))
    change_set = said("crawler", at(minutes=5), 3, 1, 0)
    change_set.cleared.append("crawler")
    await save(ledger, change_set)
    assert [(one.source, one.staked) for one in await standings(ledger, at(days=-2))] == [
        ("crawler", 3), ("probe", 10), ("probe", 10),
    ]  # fmt: skip


async def test_two_workers_lose_nothing(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """C-45: both judge runs of the same producers at once, 50 batches each, and a clearing goes in between."""
    both = [ProducerStanding(source, at(), 2, 1, 0) for source in ("crawler", "probe")]
    await due(postgres_ledgers[0], "crawler", "other", "probe")
    batches = [save(ledger, ChangeSet(standings=both)) for ledger in postgres_ledgers for _ in range(50)]
    clearing = [save(postgres_ledgers[1], ChangeSet(cleared=["other", "zzz"])) for _ in range(10)]
    await asyncio.gather(*batches, *clearing)
    found = await standings(postgres_ledgers[0], at(days=-2))
    assert [(one.source, one.staked, one.absent) for one in found] == [("crawler", 200, 100), ("probe", 200, 100)]


def patrol(site: int, name: str, minute: int, *, seen: int) -> list[dict[str, Any]]:
    """A run over one site and what it finds, at ten past nine or so."""
    moment = f"2026-03-02T09:{minute:02}:00+08:00"
    known = {"asset_id": f"site{site}", "source": "crawler", "run_id": f"{name}-{site}"}
    findings = [
        {**known, "check": check, "locator": f"https://{site}.gov.cn/{check}", "observed_at": moment}
        for check in CHECKS[:seen]
    ]
    end = {"type": "run", "status": "complete", "started_at": moment, "finished_at": moment, "found": seen}
    return [*findings, {**known, **end, "checks": CHECKS}]


async def test_held_over_a_restart_and_answered_with_one_command(pipeline: Pipeline, tmp_path: Path) -> None:
    """C-45, C-47: two sites close, the others wait; so does one after a restart; one command closes them all."""
    (tmp_path / "ours.yaml").write_text(PACK, encoding="utf-8")
    pack = {"policy": str(tmp_path / "ours.yaml")}
    async with pipeline.working(**pack):
        for site in range(6):
            await pipeline.send(*patrol(site, "r1", 10, seen=3))
        await pipeline.settled()
        for site in range(4):
            await pipeline.send(*patrol(site, "r2", 30, seen=0))
            await pipeline.settled()
    assert await pipeline.by_status() == {"closed": 6, "open": 12}
    async with pipeline.working(**pack):
        await pipeline.send(*patrol(4, "r2", 30, seen=0))
        await pipeline.until(lambda: len(pipeline.seen.events("run_held")) == 3)
        given = {name.upper(): value for name, value in pipeline.given.items()}
        rectify = CommandLine(tmp_path, CLOCK=pipeline.clock.setting, **given)
        assert {held["held_by"] for held in (await rectify.run("run", "list", "--json")).json} == {"C-45"}
        sent = await rectify.run("run", "accept", "--source", "crawler", "--all-held", "--reason", "已核实", "--json")
        assert (sent.code, len(sent.json)) == (0, 3), sent.err
        await pipeline.until(lambda: len(pipeline.seen.events("run_accepted")) == 3)
        await pipeline.settled()
        assert await pipeline.by_status() == {"closed": 15, "open": 3}
        await pipeline.send(*patrol(5, "r3", 40, seen=0))
        await pipeline.settled()
        none = await rectify.run("run", "reject", "--source", "crawler", "--all-held")
        assert (none.code, "没有这样的待核巡检" in none.err) == (1, True)
    assert {event["reason"] for event in pipeline.seen.events("run_held")} == {"producer_closes_too_many"}
    assert await pipeline.by_status() == {"closed": 18}
    assert len(await standings_of(pipeline)) == 1


async def standings_of(pipeline: Pipeline) -> list[ProducerStanding]:
    """What is left of the cleared producer: its last run."""
    await due(pipeline.ledger, "crawler")
    return await standings(pipeline.ledger, at() - timedelta(days=2))
