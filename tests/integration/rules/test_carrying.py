"""Problems of an earlier recipe are carried over on both databases: one by one, by workers, by `rectify db rekey`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from sqlalchemy import func, select

from streams.ledger import Ledger
from streams.ledger.reading.queries import former_keys_of
from streams.ledger.request_tables import recheck_requests
from streams.ledger.rows import PROBLEM, PROBLEM_ROW, REQUEST, TICKET
from streams.ledger.tables import former_keys, problems, tickets
from streams.rules.intake.recipe_one import former_key
from streams.rules.state.identity import FORMER
from streams.rules.state.recipe import keyed_by
from streams.rules.state.records import OpenRequest, Problem, Ticket
from streams.worker.rekeying import foreseen, page
from tests.support.command_line import CommandLine
from tests.support.processors import ProcessorOnLedger
from tests.support.world import POLICY, ZONE

AT = "2026-03-02 12:00"
SPELLINGS = ("https://kjj.example/%e9%80%9a%e7%9f%a5/", "https://kjj.example/通知/")


def seen(number: int, at: str = "10:00", **fields: Any) -> dict[str, Any]:
    """A stale column; of every column there are two spellings."""
    place = SPELLINGS[number % 2] + str(number // 2)
    return {
        "asset_id": f"site-{number // 2 % 3}", "check": "column.stale", "locator": place,
        "observed_at": f"2026-03-02T{at}:00+08:00", "source": "ab"[number % 2], **fields,
    }  # fmt: skip


async def current(ledger: Ledger) -> list[Problem]:
    """The problems that there are."""
    rows = await ledger.read(select(*PROBLEM_ROW).where(problems.c.current).order_by(problems.c.pk))
    return [PROBLEM.decode(tuple(row)) for row in rows]


async def all_tickets(ledger: Ledger) -> list[Ticket]:
    """Every ticket, in order."""
    return [TICKET.decode(tuple(row)) for row in await ledger.read(select(tickets).order_by(tickets.c.pk))]


async def made_before(
    ledger: Ledger, *findings: dict[str, Any], processor: ProcessorOnLedger | None = None
) -> ProcessorOnLedger:
    """A worker's desk on a ledger in which each finding has a problem of its own, as recipe 1 had it."""
    processor = processor or ProcessorOnLedger(ledger, AT)
    await processor.send(*({**finding, "fingerprint": f"own-{n}"} for n, finding in enumerate(findings)))
    assets = {finding["locator"]: finding["asset_id"] for finding in findings}
    async with ledger.transaction() as tx:
        for one in await current(ledger):
            evidence = one.facts["evidence"]
            key = former_key(
                assets[one.locator], one.check, one.locator, POLICY.rule(one.check).discriminator, evidence
            )
            sql = "update problems set key = ?, fingerprint = ? where pk = ?"
            await tx._session.run(sql, key, FORMER + key.hex(), one.pk)
            await tx._session.run("update recheck_requests set key = ? where key = ?", key, one.key)
            sql = "update notices set subject_json = replace(subject_json, ?, ?)"
            await tx._session.run(sql, one.key.hex(), key.hex())
        processor.processor.registry = await tx.registry.load(ZONE)
    return processor


async def carry(processor: ProcessorOnLedger) -> int:
    """What a due watch does, page after page; how many it took."""
    pages = 1
    while await processor.watch._rekey():
        pages += 1
    return pages


async def two(processor: ProcessorOnLedger, after: int = 0, *, fails: bool = False) -> int | None:
    """One page of two problems, in a transaction that may fail behind it; where the next page begins."""
    async with processor.ledger.transaction() as tx:
        registry = await tx.registry.load(ZONE)
        done = await page(tx, after, registry, POLICY, processor.processor.topics, processor.clock.now(), most=2)
        if fails:
            raise ZeroDivisionError
    return done.after


async def test_a_finding_is_known_by_its_former_key(ledger: Ledger) -> None:
    """D-14: on the way of a fetch; its ticket, its count and what is asked about it come along, nothing opens."""
    processor = await made_before(ledger, seen(0), seen(2), seen(4))
    (ticket, *_) = await all_tickets(ledger)
    await processor.command(action="claim_fix", asset_id="site-0", ticket_id=ticket.ticket_id, measures="已更新")
    assert processor.processor.registry.keyed_by == ""
    old = (await current(ledger))[0]
    await processor.send(seen(0, "11:00"), seen(1, "11:10"), seen(2, "11:20"))
    first, second, third = await current(ledger)
    assert [(one.count, one.fingerprint[:2]) for one in (first, second, third)] == [(3, "2-"), (2, "2-"), (1, "1-")]
    assert len(await all_tickets(ledger)) == 3
    (one,) = [REQUEST.decode(tuple(row)) for row in await ledger.read(select(recheck_requests))]
    assert isinstance(one, OpenRequest)
    assert one.key == first.key
    assert await former_keys_of(ledger, [first, third]) == {first.key: [old.key]}
    await processor.send(
        {
            "type": "recheck", "asset_id": "site-0", "fingerprint": old.fingerprint, "source": "a",
            "request_id": one.request_id, "outcome": "absent", "observed_at": "2026-03-02T11:30:00+08:00",
        }
    )  # fmt: skip
    assert (await all_tickets(ledger))[0].status == "closed"
    assert not await ledger.read(select(recheck_requests))


async def test_workers_carry_over_what_nobody_finds(ledger: Ledger) -> None:
    """D-14: page after page; two that are one join, and afterwards no former key is looked for any more."""
    processor = await made_before(ledger, *(seen(number) for number in range(10)))
    assert await foreseen(ledger, POLICY) == {"carried": 5, "merged": 5}
    after: int | None = 0
    for _ in range(3):
        after = await two(processor, after or 0)
    assert sum(one.fingerprint.startswith("1-") for one in await current(ledger)) == 4
    assert await carry(processor) == 2
    found = await current(ledger)
    assert [(one.count, one.fingerprint) for one in found] == [(2, f"2-{one.key.hex()}") for one in found]
    assert len(found) == 5
    assert sorted(ticket.close_reason or "" for ticket in await all_tickets(ledger)) == [""] * 5 + ["merged"] * 5
    async with ledger.transaction() as tx:
        assert (await tx.registry.load(ZONE)).keyed_by == keyed_by(POLICY)
    assert await foreseen(ledger, POLICY) == {}
    ((former,),) = await ledger.read(select(func.count()).select_from(former_keys))
    assert former == 10
    before = await all_tickets(ledger)
    await processor.send(seen(3, "11:00"))
    assert [ticket.ticket_id for ticket in await all_tickets(ledger)] == [ticket.ticket_id for ticket in before]


async def test_long_evidence_is_carried_over_in_parts(ledger: Ledger) -> None:
    """D-14, O-16: a page reads no more than has room, and loads half of it where that is still too much."""
    processor = await made_before(ledger, *(seen(number) for number in range(0, 12, 2)))
    long = "😀" + "x" * 3_900_000  # one such sign, and each takes 4 bytes
    async with ledger.transaction() as tx:
        for one in await current(ledger):
            facts = orjson.dumps({**one.facts, "evidence": {"snippet": long}}).decode()
            await tx._session.run("update problems set facts_json = ? where pk = ?", facts, one.pk)
        assert len(await tx.rekeying.problems_after(0, 2_000)) == 4
    assert await carry(processor) > 3
    found = await current(ledger)
    assert [one.fingerprint[:2] for one in found] == ["2-"] * 6
    assert all(one.facts["evidence"]["snippet"] == long for one in found)


async def test_a_crash_in_the_middle_repeats_nothing_and_loses_nothing(ledger: Ledger) -> None:
    """D-14: a page is all or nothing; whoever comes next begins again and ends with the same."""
    processor = await made_before(ledger, *(seen(number) for number in range(10)))
    await two(processor)
    half = await current(ledger)
    with pytest.raises(ZeroDivisionError):
        await two(processor, fails=True)
    assert await current(ledger) == half
    another = ProcessorOnLedger(ledger, AT)
    async with ledger.transaction() as tx:
        another.processor.registry = await tx.registry.load(ZONE)
    await carry(another)
    assert [one.count for one in await current(ledger)] == [2] * 5


async def test_a_warning_that_waits_is_still_sent(ledger: Ledger) -> None:
    """D-14, N-14: the notice names the former key, and finds its problem under the one of today."""
    people = [{"name": "李", "email": "li@kjj.example"}]
    processor = ProcessorOnLedger(ledger, AT)
    await processor.register("unit:kjj", unit_id="kjj", name="市科技局", contacts=people)
    await processor.register("asset:site-0", asset_id="site-0", name="市科技局网站", kind="website", unit_id="kjj")
    processor = await made_before(ledger, seen(0, level="warning"), processor=processor)
    await carry(processor)
    async with ledger.transaction() as tx:
        due = await tx.notices.due(processor.clock.now().at + timedelta(days=2), processor.clock.now().real, 10)
    (found,) = due.warned.values()
    assert (found.status, found.fingerprint[:2]) == ("warned", "2-")


async def test_a_new_ledger_has_nothing_to_carry_over(ledger: Ledger) -> None:
    """D-14: the first worker says so at once."""
    processor = ProcessorOnLedger(ledger, AT)
    async with ledger.transaction() as tx:
        processor.processor.registry = await tx.registry.load(ZONE)
    assert await carry(processor) == 1
    async with ledger.transaction() as tx:
        assert (await tx.registry.load(ZONE)).keyed_by == keyed_by(POLICY)


async def test_the_command(ledger: Ledger, database: str, tmp_path: Path) -> None:
    """`rectify db rekey`: counts first, then does it, then has nothing to do; `ticket show` says what was."""
    await made_before(ledger, *(seen(number) for number in range(4)))
    old = (await current(ledger))[0].fingerprint
    rectify = CommandLine(tmp_path, DATABASE_URL=database)
    said = await rectify.run("db", "rekey", "--dry-run", "--json")
    assert said.json == {"dry_run": True, "carried": 2, "merged": 2}
    assert (await current(ledger))[0].fingerprint == old
    done = await rectify.run("db", "rekey", "--json")
    assert done.json == {"dry_run": False, "carried": 2, "merged": 2}
    assert (await rectify.run("db", "rekey", "--json")).json == {"dry_run": False, "carried": 0, "merged": 0}
    ticket = (await all_tickets(ledger))[0]
    shown = await rectify.run("ticket", "show", ticket.ticket_id, "--json")
    assert old.removeprefix("1-") in shown.json["fingerprints"][0]["formerly"]
