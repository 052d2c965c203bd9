"""The outbox keeps messages as they are and in order, until they are deleted."""

from datetime import timedelta

import pytest

from streams.ledger import Ledger, open_ledger
from streams.ledger.batch.outbox import CHUNK_BYTES, CHUNK_MESSAGES
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import ChangeSet
from tests.support.ledger import NOW, at, message, save

OLD = at(days=201)  # real time, after every chunk of these tests was written


async def test_messages_come_back_as_they_were(database: str, ledger: Ledger) -> None:
    """Null keys and values, binary headers, Chinese topics: another worker reads what was written."""
    messages = [
        message("a", "整改".encode()),
        OutMessage("rectify.tickets", None, None),
        OutMessage("t", b"\x00\xff", b"", (("h", b""), ("h", b"2"))),
    ]
    (pk,) = await save(ledger, ChangeSet(outbox=messages))
    heir = await open_ledger(database, owner="worker-2")
    async with heir.transaction() as tx:
        (chunk,) = await tx.outbox.take_over(OLD, OLD)
    await heir.close()
    assert chunk.pk == pk
    assert chunk.messages == messages


async def test_chunks_are_bounded_and_in_order(database: str, ledger: Ledger) -> None:
    """500 messages or a mebibyte a chunk; a message larger than that has its own; numbers grow with time."""
    many = [message(str(number)) for number in range(CHUNK_MESSAGES + 1)]
    large = [message(f"large-{number}", bytes(CHUNK_BYTES // 2)) for number in range(3)]
    huge = [message("huge", bytes(3 * CHUNK_BYTES)), message("after")]
    first = await save(ledger, ChangeSet(outbox=[*many, *large, *huge]))
    second = await save(ledger, ChangeSet(outbox=[message("later")]))
    assert first + second == sorted(first + second)
    heir = await open_ledger(database, owner="worker-2")
    async with heir.transaction() as tx:
        chunks = await tx.outbox.take_over(OLD, OLD)
    await heir.close()
    assert [chunk.pk for chunk in chunks] == first + second
    assert [m for chunk in chunks for m in chunk.messages] == [*many, *large, *huge, message("later")]
    assert max(len(chunk.messages) for chunk in chunks) == CHUNK_MESSAGES
    assert all(
        len(chunk.messages) == 1 or sum(len(m.value or b"") for m in chunk.messages) <= CHUNK_BYTES for chunk in chunks
    )


async def test_no_message_no_chunk(ledger: Ledger) -> None:
    """A decision that says nothing costs no row."""
    assert await save(ledger, ChangeSet()) == []
    async with ledger.transaction() as tx:
        assert await tx.outbox.count() == 0
        assert await tx.outbox.oldest() is None


async def test_deleting_tells_what_was_still_there(ledger: Ledger) -> None:
    """A repeated delete finds nothing, and a number is never used twice."""
    first = await save(ledger, ChangeSet(outbox=[message("a")]))
    second = await save(ledger, ChangeSet(outbox=[message("b")]))
    async with ledger.transaction() as tx:
        assert await tx.outbox.count() == 2
        assert await tx.outbox.oldest() == NOW.real
        assert await tx.outbox.delete([*first, *second]) == 2
        assert await tx.outbox.delete([*first, *second]) == 0
        assert await tx.outbox.delete([]) == 0
    third = await save(ledger, ChangeSet(outbox=[message("c")]))
    assert third > second


async def test_only_what_others_left_is_taken_over(database: str, ledger: Ledger) -> None:
    """Not one's own, not what is fresh, and nothing twice."""
    await save(ledger, ChangeSet(outbox=[message("a")]))
    heir = await open_ledger(database, owner="worker-2")
    async with ledger.transaction() as tx:
        assert await tx.outbox.take_over(OLD, OLD) == []
    async with heir.transaction() as tx:
        assert await tx.outbox.take_over(NOW.real, OLD) == []
        assert len(await tx.outbox.take_over(OLD, OLD)) == 1
    async with ledger.transaction() as tx:
        assert await tx.outbox.take_over(OLD, OLD) == []
    await heir.close()


async def test_what_a_wrong_clock_wrote_is_taken_over(database: str, ledger: Ledger) -> None:
    """A chunk that was written in the future does not wait for it; one that is a little ahead is left alone."""
    await save(ledger, ChangeSet(outbox=[message("a")]))
    heir = await open_ledger(database, owner="worker-2")
    abandoned = timedelta(seconds=20)
    for ahead, taken in ((timedelta(seconds=19), 0), (timedelta(hours=3), 1)):
        real = NOW.real - ahead
        async with heir.transaction() as tx:
            assert len(await tx.outbox.take_over(real - abandoned, real)) == taken
    await heir.close()


async def test_two_heirs_share(postgres_ledgers: tuple[Ledger, Ledger], postgres_database: str) -> None:
    """What one is taking over, the other does not see."""
    dead = await open_ledger(postgres_database, owner="dead")
    for name in "abcd":
        await save(dead, ChangeSet(outbox=[message(name)]))
    await dead.close()
    first, second = postgres_ledgers
    async with first.transaction() as one, second.transaction() as two:
        taken = [await one.outbox.take_over(OLD, OLD, 3), await two.outbox.take_over(OLD, OLD, 3)]
    assert [[chunk.messages[0].key for chunk in part] for part in taken] == [[b"a", b"b", b"c"], [b"d"]]


@pytest.mark.parametrize("size", [0, 1, 100_000])
async def test_any_size(database: str, ledger: Ledger, size: int) -> None:
    """Nothing is compressed or cut on the way."""
    value = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    await save(ledger, ChangeSet(outbox=[message("a", value)]))
    heir = await open_ledger(database, owner="worker-2")
    async with heir.transaction() as tx:
        (chunk,) = await tx.outbox.take_over(OLD, OLD)
        (found,) = chunk.messages
    await heir.close()
    assert found.value == value


async def test_own_chunks_of_an_unanswered_commit_are_found(ledger: Ledger) -> None:
    """A worker whose commit was never answered finds its chunk again; one that it has in hand stays alone."""
    async with ledger.transaction() as tx:
        known, lost = [(await tx.outbox.add([OutMessage("t", b"k", b"%d" % n)], NOW.real))[0] for n in range(2)]
    async with ledger.transaction() as tx:
        assert await tx.outbox.take_over(OLD, OLD) == []
        assert [chunk.pk for chunk in await tx.outbox.take_over(OLD, OLD, in_hand=[known])] == [lost]
