"""The relay on a real ledger, with a broker that can be away: nothing leaves the outbox before it is published.

What may have come out of order, because two workers have published it, is published once more as it stands (T-2).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, cast

from structlog.testing import capture_logs

from schemas.topics import Topics
from streams.clock import steady_seconds
from streams.kafka.publisher import PublishError, StaleError
from streams.ledger import Conflict, Ledger, open_ledger
from streams.rules.state.records import OutMessage
from streams.rules.state.snapshot import ChangeSet
from streams.worker.relay import ABANDONED, FRESH_SECONDS, SURELY_OVER, Hold, Outgoing, Relay
from tests.support.fetching import until
from tests.support.ledger import NOW, REGISTRY, asset_pk, open_ticket, save
from tests.support.processors import StillClock

TOPICS = Topics()
TICKET = open_ticket(1, "AAA", 0)
SAID = [
    OutMessage(TOPICS.events, b"site", b'{"type":"opened"}'),
    OutMessage(TOPICS.tickets, TICKET.ticket_id.encode(), b'{"version":%d}' % TICKET.version),
]


class Broker:
    """Takes messages while it is there; `publish` waits for it."""

    def __init__(self) -> None:
        self.there = asyncio.Event()
        self.there.set()
        self.messages: list[OutMessage] = []

    async def publish(self, messages: Sequence[OutMessage], ours: Callable[[], Awaitable[bool]]) -> list[PublishError]:
        """Acknowledges all of them."""
        await self.there.wait()
        if not await ours():
            raise StaleError
        self.messages += messages
        return []


class Busy:
    """A ledger in which another transaction is in the way, once."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.conflicts = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Fails at the first commit."""
        async with self._ledger.transaction() as tx:
            yield tx
            if not self.conflicts:
                self.conflicts += 1
                raise Conflict


class Slow:
    """A ledger that takes half a second to commit, and says when it begins to."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.commits = 0

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """Breaks off if it is cancelled meanwhile."""
        async with self._ledger.transaction() as tx:
            yield tx
            self.commits += 1
            await asyncio.sleep(0.5)


class Worker:
    """A relay at work; its clock stands `later` than everything was written."""

    def __init__(self, ledger: Ledger | Busy | Slow, *, later: timedelta = timedelta()) -> None:
        self.clock = StillClock("2026-03-02 09:00")
        self.clock.real = NOW.real + later
        self.broker = Broker()
        self.relay = Relay(cast("Ledger", ledger), cast("Any", self.broker), self.clock, TOPICS)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Publishes and deletes until the end."""
        task = asyncio.create_task(self.relay.run())
        yield
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def committed(ledger: Ledger) -> list[int]:
    """A ticket, and the chunk that tells of it."""
    ticket = TICKET._replace(asset_pk=await asset_pk(ledger))
    return await save(ledger, ChangeSet(new_tickets=[ticket], outbox=SAID))


async def waiting(ledger: Ledger) -> int:
    """How many chunks are in the outbox."""
    async with ledger.transaction() as tx:
        return await tx.outbox.count()


async def published_again(ledger: Ledger, after: timedelta = timedelta(minutes=5)) -> list[int]:
    """The tickets that are to be published once more as they stand, so long after they were written; taken."""
    async with ledger.transaction() as tx:
        pks, _ = await tx.due.refreshes(NOW.real + after, 100, REGISTRY)
        return pks


async def gone(ledger: Ledger) -> None:
    """Returns once the outbox is empty."""
    async with asyncio.timeout(10):
        while await waiting(ledger):  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)


async def test_nothing_is_deleted_before_it_is_published(ledger: Ledger) -> None:
    """While the broker is away the chunk stays, whoever asks what may be deleted; published, it goes."""
    worker = Worker(ledger)
    worker.broker.there.clear()
    async with worker.running():
        await worker.relay.offer(Outgoing(await committed(ledger), SAID))
        await asyncio.sleep(0.3)
        assert worker.relay.acknowledged() == []
        assert await waiting(ledger) == 1
        worker.broker.there.set()
        await gone(ledger)
    assert worker.broker.messages == SAID
    assert await published_again(ledger) == []  # an own chunk comes in order: no second message about each ticket


async def test_what_is_taken_over_is_published_once_more_as_it_stands(database: str, ledger: Ledger) -> None:
    """A chunk that a dead worker left is published late: of its ticket something newer may have been said meanwhile."""
    await committed(ledger)
    heir = await open_ledger(database, owner="worker-2")
    worker = Worker(heir, later=ABANDONED + timedelta(seconds=1))
    async with worker.running():
        await gone(ledger)
    await heir.close()
    assert worker.broker.messages == SAID
    assert await published_again(ledger) == [TICKET.pk]


async def test_an_owner_that_was_thought_dead_says_its_tickets_again(database: str, ledger: Ledger) -> None:
    """Its chunk was taken over, published and deleted while it waited: what it says then comes too late."""
    owner = Worker(ledger)
    owner.broker.there.clear()
    async with owner.running():
        await owner.relay.offer(Outgoing(await committed(ledger), SAID))
        heir = await open_ledger(database, owner="worker-2")
        async with heir.transaction() as tx:
            (chunk,) = await tx.outbox.take_over(NOW.real + ABANDONED, NOW.real + 2 * ABANDONED)
            assert await tx.outbox.delete([chunk.pk]) == 1
        await heir.close()
        owner.broker.there.set()
        await owner.relay.drain(10)
    assert owner.broker.messages == SAID
    assert await published_again(ledger) == [TICKET.pk]


async def test_who_took_over_says_it_once_more_when_the_owner_is_surely_gone(
    postgres_ledgers: tuple[Ledger, Ledger],
) -> None:
    """A worker wakes up, publishes what another has published long ago, and is killed before it deletes it.

    Nobody can see that; so who took it over has the tickets published again at once, and once more after ten minutes.
    """
    first, second = postgres_ledgers
    chunks = await committed(first)
    zombie, other = Worker(first), Worker(second, later=ABANDONED + timedelta(seconds=1))
    zombie.broker.there.clear()
    async with zombie.running():
        await zombie.relay.offer(Outgoing(chunks, SAID))
        async with other.running():
            await gone(second)
        assert other.broker.messages == SAID
        assert await published_again(second) == [TICKET.pk]
        zombie.broker.there.set()
        await until(lambda: zombie.broker.messages == SAID)
    assert await published_again(second) == []
    assert await published_again(second, SURELY_OVER + timedelta(minutes=1)) == [TICKET.pk]


async def test_what_waited_is_published_only_if_it_is_still_ours() -> None:
    """While it is fresh nobody is asked; then the ledger is; once some of it is another's, nothing more goes out."""
    asked: list[list[int]] = []
    gone: set[int] = set()

    async def held(pks: Sequence[int]) -> set[int]:
        asked.append(list(pks))
        return set(pks) - gone

    fresh, old = steady_seconds(), steady_seconds() - FRESH_SECONDS - 1
    assert await Hold([Outgoing([1], SAID, since=fresh)], held).is_ours()
    assert asked == []
    parts = [Outgoing([1, 2], SAID, since=old), Outgoing([3], SAID, since=fresh)]
    hold = Hold(parts, held)
    assert (await hold.is_ours(), await hold.is_ours(), asked) == (True, True, [[1, 2, 3]])
    gone.add(2)
    hold = Hold(parts, held)
    assert (await hold.is_ours(), await hold.is_ours()) == (False, False)
    assert [part.chunks for part in hold.parts] == [[3]]


async def test_what_another_worker_told_meanwhile_is_told_again(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Two workers change one ticket; the first one's message waits for the broker, and comes last."""
    first, second = (Worker(ledger) for ledger in postgres_ledgers)
    first.broker.there.clear()
    async with first.running(), second.running():
        await first.relay.offer(Outgoing(await committed(postgres_ledgers[0]), SAID))
        newer = OutMessage(TOPICS.tickets, TICKET.ticket_id.encode(), b'{"version":%d}' % (TICKET.version + 1))
        changed = TICKET._replace(asset_pk=await asset_pk(postgres_ledgers[1]), version=TICKET.version + 1)
        chunks = await save(postgres_ledgers[1], ChangeSet(tickets=[changed], outbox=[newer]))
        await second.relay.offer(Outgoing(chunks, [newer]))
        await second.relay.drain(10)
        assert await published_again(postgres_ledgers[1]) == []  # so far the newest came last
        first.broker.there.set()
        await first.relay.drain(10)
    assert await waiting(postgres_ledgers[0]) == 0
    assert await published_again(postgres_ledgers[0]) == [TICKET.pk]


async def test_what_is_in_hand_is_not_taken_for_left_behind(ledger: Ledger) -> None:
    """However long the broker is away: a worker's own chunks are published once."""
    worker = Worker(ledger)
    worker.broker.there.clear()
    async with worker.running():
        await worker.relay.offer(Outgoing(await committed(ledger), SAID))
        worker.clock.real += timedelta(hours=1)
        assert await worker.relay.take_over() == 0
        worker.broker.there.set()
        await gone(ledger)
    assert worker.broker.messages == SAID


async def test_a_chunk_that_cannot_be_read_holds_no_other_up(ledger: Ledger) -> None:
    """Left behind together: it stays in the outbox and is said, the other one is published (O-14)."""
    async with ledger.transaction() as tx:
        await tx._session.run(
            "insert into outbox (created_at, held_at, owner, payload) values (0, 0, 'another', ?)", b"no chunk"
        )
    await committed(ledger)
    worker = Worker(ledger, later=ABANDONED + timedelta(seconds=1))
    with capture_logs() as said:
        async with worker.running():
            while worker.broker.messages != SAID:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.01)
    assert "chunks_unreadable" in {line["event"] for line in said}
    async with ledger.transaction() as tx:
        ((count,),) = await tx._session.rows("select count(*) from outbox where payload = ?", b"no chunk")
    assert count == 1


async def test_a_commit_without_an_answer_is_published_after_all(ledger: Ledger) -> None:
    """The worker's own chunk, of which it does not know: found after a while, not at once."""
    await committed(ledger)
    worker = Worker(ledger, later=ABANDONED - timedelta(seconds=1))
    assert await worker.relay.take_over() == 0
    worker.clock.real += timedelta(seconds=2)
    async with worker.running():
        await gone(ledger)
    assert worker.broker.messages == SAID


async def test_a_deletion_that_failed_is_done_again(ledger: Ledger) -> None:
    """Published, and another transaction was in the way of its deletion: it goes with the next one."""
    busy = Busy(ledger)
    worker = Worker(busy)
    chunks = await committed(ledger)
    busy.conflicts = 1  # the sweep at the start goes well
    async with worker.running():
        await asyncio.sleep(0.1)
        busy.conflicts = 0
        await worker.relay.offer(Outgoing(chunks, SAID))
        await gone(ledger)
    assert (busy.conflicts, worker.broker.messages) == (1, SAID)


async def test_the_end_waits_for_a_deletion_that_has_begun(ledger: Ledger) -> None:
    """Broken off, what was published would stay, and the next worker would publish it a second time."""
    slow = Slow(ledger)
    worker = Worker(slow)
    chunks = await committed(ledger)
    async with worker.running(), asyncio.timeout(10):
        while slow.commits < 1:  # noqa: ASYNC110 - the sweep at the start; nobody tells us
            await asyncio.sleep(0.01)
        await worker.relay.offer(Outgoing(chunks, SAID))
        while slow.commits < 2:  # noqa: ASYNC110 - the deletion has begun
            await asyncio.sleep(0.01)
        await worker.relay.drain(10)
    assert await waiting(ledger) == 0


async def test_what_is_deleted_is_not_in_hand_any_more(ledger: Ledger) -> None:
    """Otherwise the sweep's question would grow with every chunk that was ever published."""
    worker = Worker(ledger)
    async with worker.running(), asyncio.timeout(10):
        await worker.relay.offer(Outgoing(await committed(ledger), SAID))
        assert worker.relay._in_hand
        while worker.relay._in_hand:  # noqa: ASYNC110 - nobody tells us
            await asyncio.sleep(0.01)
    assert (await waiting(ledger), worker.broker.messages) == (0, SAID)
