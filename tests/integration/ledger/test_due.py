"""Due work is picked once, in order, and only what is still due under the lock."""

import asyncio
from contextlib import AsyncExitStack, suppress
from datetime import timedelta
from itertools import islice

from streams.ledger import Ledger
from streams.ledger.batch.due import SPARE
from streams.ledger.batch.recount import LANES, REACH
from streams.ledger.batch.seen_after import GROUPS
from streams.ledger.engines import statements
from streams.ledger.reading.polling import Due, due_work
from streams.rules.state.snapshot import ChangeSet, Needs, SeenAfter
from tests.support.ledger import NOW, REGISTRY, asset_pk, at, open_ticket, problem, run, save


async def test_tickets_whose_time_has_come(ledger: Ledger) -> None:
    """The most overdue first, at most as many as asked for, with their problems and assets."""
    asset = await asset_pk(ledger)
    times = [at(hours=-1), at(hours=-3), at(hours=1), None, at(), at(hours=-2)]
    tickets = [open_ticket(pk, str(pk), asset)._replace(next_review_at=moment) for pk, moment in enumerate(times, 1)]
    await save(ledger, ChangeSet(problems=[problem("p", asset, 2, 1)], new_tickets=tickets))
    async with ledger.transaction() as tx:
        pks, snapshot = await tx.due.tickets(at(), 3, REGISTRY)
    assert pks == [2, 6, 1]
    assert set(snapshot.tickets) == {2, 6, 1}
    assert [p.ticket_pk for p in snapshot.problems.values()] == [2]
    assert set(snapshot.assets) == {"asset-1"}
    assert len(set(islice(snapshot.ticket_pks, SPARE))) == SPARE
    async with ledger.transaction() as tx:
        assert (await tx.due.tickets(at(), 10, REGISTRY))[0] == [2, 6, 1, 5]


async def test_counters_to_publish(ledger: Ledger) -> None:
    """By the wall clock, and again when somebody asks for it; it is known which are due for nothing else."""
    asset = await asset_pk(ledger)
    tickets = [open_ticket(pk, name, asset) for pk, name in ((1, "a"), (2, "b"), (3, "c"))]
    day = timedelta(days=1)
    await save(ledger, ChangeSet(new_tickets=tickets, recounts=[1, 3], recounts_wait=day))
    await save(ledger, ChangeSet(recounts=[1], recounts_wait=day, unpublished=[3]))
    noted = NOW.real
    async with ledger.transaction() as tx:
        assert (await tx.due.refreshes(noted + timedelta(seconds=29), 10, REGISTRY))[0] == []
        pks, snapshot = await tx.due.refreshes(noted + timedelta(seconds=30), 10, REGISTRY)
        assert (pks, snapshot.counted) == ([3], frozenset())
        pks, snapshot = await tx.due.refreshes(noted + day, 1, REGISTRY)
        assert (pks, snapshot.counted) == ([1], frozenset({1}))
    async with ledger.transaction() as tx:
        assert await tx.refreshes.note_named(["ZG20260302-b", "ZG20260302-a", "unknown"], noted) == 2
    async with ledger.transaction() as tx:
        pks, snapshot = await tx.due.refreshes(noted + day, 10, REGISTRY)
        assert (sorted(pks), snapshot.counted) == ([1, 2, 3], frozenset({3}))
        assert set(snapshot.tickets) == {1, 2, 3}
    async with ledger.transaction() as tx:
        assert (await tx.due.refreshes(noted + 2 * day, 10, REGISTRY))[0] == []


async def test_what_a_run_may_close_is_loaded_and_the_rest_is_counted(ledger: Ledger) -> None:
    """Open and not seen since it began, or waiting; of the others what was there before, a claim's and causes apart."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    later = at(minutes=5)
    problems = [
        problem("absent", asset, 1, 1),
        problem("its-mate", asset, 1, 2)._replace(last_seen_at=later),
        problem("gone", asset, 2, 1, "gone")._replace(suspicion_json=None),
        problem("suspected", asset, status="suspected"),
        problem("elsewhere", other, 3, 1),
        problem("again", asset, 4, 1)._replace(last_seen_at=later),
        problem("new", asset, 5, 1)._replace(first_seen_at=later, last_seen_at=later),
        problem("claimed", asset, 6, 1)._replace(last_seen_at=later),
        *(problem(f"of-a-cause-{n}", asset, 7, n)._replace(last_seen_at=later) for n in (1, 2)),
        *(problem(f"of-a-run-{n}", asset, 8, n)._replace(last_seen_at=later) for n in (1, 2)),
    ]
    tickets = [
        open_ticket(1, "a", asset, problems=2),
        *(open_ticket(pk, str(pk), asset) for pk in (2, 4, 5)),
        open_ticket(3, "e", other),
        open_ticket(6, "f", asset)._replace(status="claimed"),
        open_ticket(7, "g", asset, problems=2)._replace(cause="template:footer"),
        open_ticket(8, "h", asset, problems=2)._replace(cause="run:crawler"),
    ]
    runs = [run(asset, "run-1")._replace(settle_at=at(seconds=-1), evidence_at=at())]
    await save(ledger, ChangeSet(problems=problems, new_tickets=tickets, runs=runs))
    async with ledger.transaction() as tx:
        (key,), snapshot = await tx.due.runs(at(), 10, REGISTRY, brake=20)
        memory = problems[0].seen_by_json
        assert set(snapshot.tickets) == {1}
        assert {p.fingerprint for p in snapshot.problems.values()} == {"fp-absent", "fp-its-mate", "fp-suspected"}
        assert sorted(snapshot.after[key], key=str) == [
            SeenAfter(memory, 1, 1, 6, is_claimed=True),
            SeenAfter(memory, 2, 2, 7),
            SeenAfter(memory, 5, 4),
        ]
        _, whole = await tx.due.runs(at(), 10, REGISTRY, brake=0)
    assert set(whole.tickets) == {1, 4, 5, 6, 7, 8}
    assert whole.after == {}


async def test_of_too_many_memories_nothing_is_counted(ledger: Ledger) -> None:
    """What producers have written into each problem is not read beside the bounds: the asset is loaded within them."""
    asset = await asset_pk(ledger)
    known = [problem(f"p{n}", asset, 1, n)._replace(seen_by_json=f'{{"crawler":["r{n}"]}}') for n in range(GROUPS + 1)]
    ticket = open_ticket(1, "a", asset, problems=len(known))
    runs = [run(asset)._replace(settle_at=at(), evidence_at=at(hours=-1))]
    for problems, number in ((known[:-1], 0), (known[-1:], len(known))):
        await save(ledger, ChangeSet(problems=problems, new_tickets=[] if number else [ticket], runs=runs))
        async with ledger.transaction() as tx:
            _, snapshot = await tx.due.runs(at(), 10, REGISTRY, brake=20)
        assert (len(snapshot.problems), len(snapshot.after)) == (number, 0 if number else 1)


async def test_no_moment_stands_in_a_statement(ledger: Ledger) -> None:
    """The texts of statements are kept: whatever the time, they are the same few."""
    asset = await asset_pk(ledger)
    texts: list[list[int]] = []
    for minute in range(3):
        needs = Needs(asset_ids={"asset-1"})
        needs.look_since("asset-1", at(minutes=minute))
        judged = run(asset, f"run-{minute}")._replace(settle_at=at(minutes=minute), evidence_at=at(minutes=minute))
        await save(ledger, ChangeSet(runs=[judged]))
        async with ledger.transaction() as tx:
            await tx.load(needs, REGISTRY)
            await tx.due.runs(at(minutes=minute), 1, REGISTRY, brake=20)
            await tx.notices.due(at(), at(minutes=minute), 1, only=["00"])
        kept = statements.sqlite_match, statements.postgres_match
        texts.append([one.cache_info().currsize for one in kept])
    assert texts[1] == texts[2]


async def test_runs_to_settle(ledger: Ledger) -> None:
    """By the wall clock, with the problems of their assets that they may close."""
    asset, other = await asset_pk(ledger), await asset_pk(ledger, "asset-2")
    runs = [
        run(asset, "run-1")._replace(settle_at=at(seconds=-1)),
        run(asset, "run-2")._replace(settle_at=at(seconds=1)),
        run(asset, "run-3")._replace(settle_at=None),
        run(other, "run-1")._replace(settle_at=at(seconds=-2)),
    ]
    problems = [one._replace(last_seen_at=at(hours=-2)) for one in (problem("a", asset, 1, 1), problem("b", other))]
    await save(ledger, ChangeSet(problems=problems, new_tickets=[open_ticket(1, "a", asset)], runs=runs))
    async with ledger.transaction() as tx:
        keys, snapshot = await tx.due.runs(at(), 10, REGISTRY, brake=20)
    assert keys == [(other, "crawler", "run-1"), (asset, "crawler", "run-1")]
    assert set(snapshot.runs) == set(keys)
    assert {p.fingerprint for p in snapshot.problems.values()} == {"fp-a", "fp-b"}
    assert set(snapshot.tickets) == {1}


async def test_a_look_tells_of_which_kinds_there_is_work(ledger: Ledger) -> None:
    """Tickets and counts by the domain's clock, runs and counters by the wall clock."""
    kinds = len(Due._fields) - 1
    assert await due_work(ledger, at(), NOW.real) == Due(0, *[False] * kinds)
    asset = await asset_pk(ledger)
    await save(
        ledger,
        ChangeSet(
            new_tickets=[open_ticket(1, "a", asset)._replace(next_review_at=at(seconds=5))],
            runs=[run(asset)._replace(settle_at=NOW.real + timedelta(seconds=10))],
            recounts=[1],
            recounts_wait=timedelta(seconds=30),
        ),
    )
    async with ledger.transaction() as tx:
        version = await tx.registry.save("unit", "u1", '{"unit_id": "u1", "name": "一"}')
    nothing = Due(version, *[False] * kinds)
    assert await due_work(ledger, at(seconds=4), NOW.real) == nothing
    assert await due_work(ledger, at(seconds=5), NOW.real) == nothing._replace(tickets=True, tickets_soon=True)
    assert await due_work(ledger, at(), NOW.real, at(seconds=5)) == nothing._replace(tickets_soon=True)
    assert await due_work(ledger, at(), NOW.real + timedelta(seconds=10)) == nothing._replace(runs=True)
    assert (await due_work(ledger, at(), NOW.real + timedelta(seconds=30))).refreshes


async def test_a_calendar_brings_provisional_deadlines_back(ledger: Ledger) -> None:
    """Open tickets whose deadline had to be guessed are reviewed at once; the others are left alone."""
    asset = await asset_pk(ledger)
    said = '{"rule":"L-2","provisional":false,"basis":"he said \\"provisional\\":true"}'
    tickets = [
        open_ticket(1, "a", asset)._replace(provisional=True),
        open_ticket(2, "b", asset)._replace(provisional=True, status="closed"),
        open_ticket(3, "c", asset)._replace(deadline_json=said),
        open_ticket(4, "d", asset)._replace(provisional=True, status="claimed"),
    ]
    await save(ledger, ChangeSet(new_tickets=tickets))
    async with ledger.transaction() as tx:
        assert await tx.recount.due(10, REGISTRY) is None
        await tx.recount.begin()
    assert (await due_work(ledger, at(), NOW.real)).recount
    pks: list[int] = []
    for _ in LANES:
        async with ledger.transaction() as tx:
            page = await tx.recount.due(10, REGISTRY)
            assert page is not None
            assert page[1].tickets.keys() == set(page[0])
            pks += page[0]
    assert pks == [1, 4]
    assert not (await due_work(ledger, at(), NOW.real)).recount
    async with ledger.transaction() as tx:
        assert await tx.recount.due(10, REGISTRY) is None


async def test_provisional_deadlines_are_taken_page_by_page(ledger: Ledger) -> None:
    """Each ticket once, however far apart; a page that is not saved comes again, another calendar begins anew."""
    asset = await asset_in_first_lane(ledger)
    pks = [1, 2, 3, 2 * REACH, 2 * REACH + 1, 5 * REACH]
    tickets = [open_ticket(pk, str(pk), asset)._replace(provisional=True) for pk in pks]
    await save(ledger, ChangeSet(new_tickets=tickets))

    async def page() -> list[int] | None:
        async with ledger.transaction() as tx:
            found = await tx.recount.due(2, REGISTRY)
        return None if found is None else found[0]

    async with ledger.transaction() as tx:
        await tx.recount.begin()
    with suppress(RuntimeError):
        async with ledger.transaction() as tx:
            await tx.recount.due(2, REGISTRY)
            raise RuntimeError
    assert await page() == [1, 2]
    async with ledger.transaction() as tx:
        await tx.recount.begin()
    taken: list[int] = []
    while (found := await page()) is not None:
        assert len(found) <= 2
        taken += found
    assert taken == pks


async def asset_in_first_lane(ledger: Ledger) -> int:
    """The number of an asset whose tickets are counted again first."""
    numbers = [await asset_pk(ledger, f"asset-{n}") for n in range(len(LANES))]
    return next(number for number in numbers if number % len(LANES) == 0)


async def test_workers_count_again_side_by_side(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Each takes a lane that nobody has: no ticket twice, none left out, and none waits for another's page."""
    first, second = postgres_ledgers
    assets = [await asset_pk(first, f"asset-{n % 10}") for n in range(100)]
    tickets = [open_ticket(n, str(n), asset)._replace(provisional=True) for n, asset in enumerate(assets, 1)]
    await save(first, ChangeSet(new_tickets=tickets))
    async with first.transaction() as tx:
        await tx.recount.begin()
    taken: list[int] = []
    async with asyncio.timeout(10), AsyncExitStack() as stack:
        for n in range(len(LANES)):
            ledger = (first, second)[n % 2]
            page = await (await stack.enter_async_context(ledger.transaction())).recount.due(100, REGISTRY)
            assert page is not None
            taken += page[0]
        async with second.transaction() as tx:
            assert await tx.recount.due(100, REGISTRY) is None
    assert sorted(taken) == list(range(1, 101))


async def test_what_another_worker_is_busy_with_is_left_out(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """No waiting, no double work: each picks what the other does not hold."""
    first, second = postgres_ledgers
    assets = [await asset_pk(first, f"asset-{number}") for number in range(2)]
    tickets = [open_ticket(pk, str(pk), asset)._replace(next_review_at=at()) for pk, asset in enumerate(assets, 1)]
    runs = [run(asset)._replace(settle_at=at()) for asset in assets]
    await save(first, ChangeSet(new_tickets=tickets, runs=runs))
    async with first.transaction() as busy:
        await busy.load(Needs(asset_ids={"asset-0"}), REGISTRY)
        async with asyncio.timeout(5), second.transaction() as tx:
            assert (await tx.due.tickets(at(), 10, REGISTRY))[0] == [2]
            assert (await tx.due.runs(at(), 10, REGISTRY, brake=20))[0] == [(assets[1], "crawler", "run-1")]
            assert (await tx.due.refreshes(at(days=300), 10, REGISTRY))[0] == []


async def test_what_is_done_meanwhile_is_not_picked(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Two workers review a hundred due tickets of ten assets at once: each ticket is reviewed exactly once."""
    first, second = postgres_ledgers
    assets = [await asset_pk(first, f"asset-{number}") for number in range(10)]
    tickets = [open_ticket(pk, str(pk), assets[pk % 10])._replace(next_review_at=at()) for pk in range(1, 101)]
    await save(first, ChangeSet(new_tickets=tickets))
    reviewed: list[int] = []

    async def review(worker: Ledger) -> None:
        while len(reviewed) < 100:
            async with worker.transaction() as tx:
                pks, snapshot = await tx.due.tickets(at(), 7, REGISTRY)
                await tx.save(
                    ChangeSet(tickets=[snapshot.tickets[pk]._replace(next_review_at=None) for pk in pks]), NOW
                )
            reviewed.extend(pks)

    async with asyncio.timeout(60):
        await asyncio.gather(review(first), review(second))
    assert sorted(reviewed) == list(range(1, 101))
    assert await due_work(first, at(), at()) == Due(0, *[False] * (len(Due._fields) - 1))
