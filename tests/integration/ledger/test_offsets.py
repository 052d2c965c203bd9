"""Offsets move by compare-and-set, and belong to one cluster."""

import asyncio

import pytest

from streams.ledger import Ledger, LedgerError, Move, Superseded
from tests.support.ledger import next_offsets


async def test_an_offset_moves_from_where_it_stands(ledger: Ledger) -> None:
    """First set, then moved, each partition for itself."""
    async with ledger.transaction() as tx:
        assert await next_offsets(tx, "findings", [0]) == {}
        await tx.offsets.move("findings", {1: Move(None, 7), 0: Move(None, 10)})
    async with ledger.transaction() as tx:
        assert await next_offsets(tx, "findings", [0]) == {0: 10}
        await tx.offsets.move("findings", {0: Move(10, 25)})
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {("findings", 0): 25, ("findings", 1): 7}
        assert await next_offsets(tx, "findings", [2, 1, 0]) == {0: 25, 1: 7}
        await tx.offsets.move("findings", {0: Move(25, 26), 1: Move(7, 9), 2: Move(None, 3)})
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {("findings", 0): 26, ("findings", 1): 9, ("findings", 2): 3}


async def test_partitions_move_together_or_not_at_all(ledger: Ledger) -> None:
    """One of three does not stand where it is expected: none moves."""
    async with ledger.transaction() as tx:
        await tx.offsets.move("findings", {0: Move(None, 10), 1: Move(None, 7)})

    async def zombie() -> None:
        async with ledger.transaction() as tx:
            await tx.offsets.move("findings", {0: Move(10, 11), 1: Move(8, 9), 2: Move(None, 1)})

    with pytest.raises(Superseded):
        await zombie()
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {("findings", 0): 10, ("findings", 1): 7}


@pytest.mark.parametrize("expected", [None, 9, 11])
async def test_a_zombie_is_superseded(ledger: Ledger, expected: int | None) -> None:
    """Whoever expects anything but the stored offset saves nothing."""
    async with ledger.transaction() as tx:
        await tx.offsets.move("findings", {0: Move(None, 10)})

    async def zombie() -> None:
        async with ledger.transaction() as tx:
            await tx.logs.bind_cluster("never saved")
            await tx.offsets.move("findings", {0: Move(expected, 99)})

    with pytest.raises(Superseded):
        await zombie()
    async with ledger.transaction() as tx:
        assert await tx.offsets.all() == {("findings", 0): 10}
        await tx.logs.bind_cluster("another")


async def test_of_two_workers_one_moves_the_offset(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Both read the same offset; the row lock lets one through, the other finds it moved."""
    first, second = postgres_ledgers
    async with first.transaction() as tx:
        await tx.offsets.move("findings", {0: Move(None, 10)})
    read = asyncio.Event()

    async def late() -> dict[int, int]:
        await read.wait()
        async with second.transaction() as tx:
            return await next_offsets(tx, "findings", [0])

    waiting = asyncio.create_task(late())
    async with first.transaction() as tx:
        assert await next_offsets(tx, "findings", [0]) == {0: 10}
        read.set()
        await tx.offsets.move("findings", {0: Move(10, 20)})
    assert await waiting == {0: 20}


async def test_two_workers_that_both_see_no_offset(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """The first row ever is a compare-and-set too."""
    first, second = postgres_ledgers

    async def zombie() -> None:
        async with first.transaction() as tx:
            assert await next_offsets(tx, "findings", [0]) == {}
            async with second.transaction() as owner:
                await owner.offsets.move("findings", {0: Move(None, 10)})
            await tx.offsets.move("findings", {0: Move(None, 4)})

    with pytest.raises(Superseded):
        await zombie()


async def test_a_database_belongs_to_one_cluster(ledger: Ledger) -> None:
    """The same cluster is welcome again; another is refused with both names."""
    async with ledger.transaction() as tx:
        await tx.logs.bind_cluster("cluster-a")
        await tx.logs.bind_cluster("cluster-a")
    with pytest.raises(LedgerError, match=r"cluster-a.*cluster-b"):
        async with ledger.transaction() as tx:
            await tx.logs.bind_cluster("cluster-b")
