"""`rectify db prune` on both databases: what is forgotten when, what stays, and that a worker is not held up."""

from __future__ import annotations

import asyncio
from datetime import datetime
from time import monotonic
from typing import Any

from sqlalchemy import select

from streams.ledger import HandedOver, Ledger
from streams.ledger.batch.pruning import STEP, Pruned
from streams.ledger.notice_tables import notices, provider_refs
from streams.ledger.reading.counts import counts
from streams.ledger.reading.standings import standings
from streams.ledger.tables import history, problems
from streams.ledger.upkeep.retention import prune
from streams.rules.scoring.stood import Period
from streams.rules.state.records import Problem, Ticket
from streams.rules.state.snapshot import ChangeSet
from tests.support.ledger import ZONE, asset_pk, at, event, notice, open_ticket, problem, save

LONG_AGO, LATER = at(days=-400), at(days=-40)
FACTS = '{"received_at":"2026-03-02T09:00:00+08:00","evidence":{"text":"电话 13800000001","days":7},"title":"王某"}'


def closed(pk: int, asset: int, check: str, when: datetime | None) -> tuple[Ticket, Problem]:
    """A ticket of this check, closed then or open, and its problem."""
    made = open_ticket(pk, f"T{pk}", asset)._replace(
        check=check, status="open" if when is None else "closed", closed_at=when
    )
    found = problem(f"p{pk}", asset, pk, 1, status="open" if when is None else "gone")
    return made, found._replace(check=check, facts_json=FACTS, gone_at=when)


async def filled(ledger: Ledger, *kinds: tuple[str, datetime | None]) -> None:
    """A ticket of each kind, numbered from 1, each with a notice that has arrived and an event."""
    asset = await asset_pk(ledger)
    change_set = ChangeSet()
    for pk, (check, when) in enumerate(kinds, 1):
        ticket, found = closed(pk, asset, check, when)
        change_set.new_tickets.append(ticket)
        change_set.problems.append(found)
        change_set.notices.append(notice(f"n{pk}", pk, asset)._replace(state="delivered", provider="smtp"))
        change_set.history.append(event(asset, pk, f"opened{pk}"))
    await save(ledger, change_set)


async def left(ledger: Ledger) -> dict[int, tuple[str, str, int]]:
    """By ticket: whom its notice went to, its problem's facts, how many events it has."""
    told = {
        row[0]: row[1] + row[2]
        for row in await ledger.read(select(notices.c.ticket_pk, notices.c.name, notices.c.address))
    }
    facts = {row[0]: row[1] for row in await ledger.read(select(problems.c.ticket_pk, problems.c.facts_json))}
    events = [row[0] for row in await ledger.read(select(history.c.ticket_pk))]
    return {pk: (told[pk], facts[pk], events.count(pk)) for pk in told}


async def statistics(ledger: Ledger) -> list[Any]:
    """What scores and metrics say."""
    period = Period(at(days=-500), at(days=1), at(days=1))
    stood = [
        (found.asset.asset_id, [(s.check, s.gone_at, s.ticket_id, s.evidence.get("days")) for s in one])
        async for found in standings(ledger, period, ZONE)
        if (one := found.standings(period))
    ]
    return [await counts(ledger, at(days=10)), stood]


async def test_what_is_forgotten_and_what_stays(ledger: Ledger) -> None:
    """O-1 after the shorter term, O-2 after the longer; scores and counts are what they were; once more is nothing."""
    await filled(
        ledger,
        ("message.unanswered", LONG_AGO),
        ("link.dead", LONG_AGO),
        ("message.unanswered", LATER),
        ("link.dead", None),
    )
    before, figures = await left(ledger), await statistics(ledger)
    assert await prune(ledger, at(days=-100), at(days=-1_000)) == Pruned(tickets=2, problems=1, notices=2, history=1)
    after = await left(ledger)
    assert after[1][0] == after[2][0] == ""
    assert "13800000001" not in after[1][1]
    assert "王某" not in after[1][1]
    assert (after[1][2], after[2][1:]) == (0, before[2][1:])
    assert (after[3], after[4]) == (before[3], before[4])
    assert await prune(ledger, at(days=-100), at(days=-300)) == Pruned(tickets=2, history=1)
    assert (await left(ledger))[2][2] == 0
    assert await prune(ledger, at(days=-100), at(days=-300)) == Pruned(tickets=2)
    assert await statistics(ledger) == figures


async def test_an_open_ticket_is_never_touched(ledger: Ledger) -> None:
    """O-3: however old; the same when its time of closing is in the term."""
    await filled(ledger, ("message.unanswered", None), ("message.late", LATER))
    before = await left(ledger)
    assert await prune(ledger, at(days=-100), at(days=-100)) == Pruned()
    assert await left(ledger) == before


async def test_what_has_no_ticket(ledger: Ledger) -> None:
    """O-10: a suspicion's words, a number without a report, a refused command; what is younger stays, and counts."""
    asset = await asset_pk(ledger)
    change_set = ChangeSet()
    for name, check, seen in (
        ("a", "message.late", LONG_AGO),
        ("b", "message.late", LATER),
        ("c", "link.dead", LONG_AGO),
    ):
        found = problem(name, asset, 0, 0, status="warned")
        change_set.problems.append(found._replace(check=check, facts_json=FACTS, last_seen_at=seen))
    change_set.history.append(event(asset, None, "command_refused")._replace(at=LONG_AGO))
    change_set.history.append(event(asset, None, "run_held")._replace(at=LATER))
    await save(ledger, change_set)
    async with ledger.transaction() as tx:
        for ref, sent in (("old", LONG_AGO), ("new", LATER)):
            await tx.provider_refs.remember(HandedOver("aliyun", ref, ref, "13800000001", sent, sent))
    await filled(ledger, ("link.dead", None))
    before = await statistics(ledger)
    assert await prune(ledger, at(days=-100), at(days=-100)) == Pruned(problems=1, history=1, numbers=1)
    facts = {row[0]: row[1] for row in await ledger.read(select(problems.c.fingerprint, problems.c.facts_json))}
    assert {name: "13800000001" in text for name, text in facts.items() if name in ("fp-a", "fp-b", "fp-c")} == {
        "fp-a": False, "fp-b": True, "fp-c": True,
    }  # fmt: skip
    assert [row[0] for row in await ledger.read(select(provider_refs.c.ref))] == ["new"]
    assert {row[0] for row in await ledger.read(select(history.c.type))} == {"run_held", "opened1"}
    assert await prune(ledger, at(days=-100), at(days=-100)) == Pruned()
    assert await statistics(ledger) == before


async def test_a_worker_is_not_held_up(ledger: Ledger) -> None:
    """While many steps are taken, transactions beside them wait for one step at most."""
    await filled(ledger, *[("message.unanswered", LONG_AGO)] * (STEP * 8))
    pruning = asyncio.create_task(prune(ledger, at(days=-100), at(days=-100)))
    longest = 0.0
    while not pruning.done():
        began = monotonic()
        async with ledger.transaction() as tx:
            await tx.offsets.all()
        longest = max(longest, monotonic() - began)
        await asyncio.sleep(0.005)
    assert (await pruning).problems == STEP * 8
    assert longest < 2.0
