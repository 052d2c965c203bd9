"""The relay: what a transaction has put into the outbox goes to Kafka, and leaves the outbox when it is acknowledged.

A crash between the two publishes again, with the same ids. Acknowledged chunks are deleted by the next transaction
of the batch processor, or by the relay itself when that is quiet, which saves a disk flush for each batch.
"""

from __future__ import annotations

import asyncio
import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, NamedTuple

from schemas.topics import Topics
from streams.clock import Clock, steady_seconds
from streams.kafka.publisher import NOT_AUTHORIZED, UNKNOWN_TOPIC, Ours, Publisher, StaleError
from streams.ledger import Conflict, Ledger, LedgerError, LedgerUnavailable, Transaction
from streams.log_events import event_log
from streams.patience import Patience
from streams.rules.state.records import OutMessage
from streams.worker.waiting import Outgoing, WaitingMessages

TRUNCATED_BYTES: Final = 64 * 1024  # what is kept of a dead letter that the broker refuses for its size


WAITING: Final = 6  # batches that may wait for the broker before the batch processor waits too ...
WAITING_BYTES: Final = 16 * 1024 * 1024  # ... or so much of their messages, and the last of them
IDLE_SECONDS: Final = 0.2  # a quiet batch processor leaves the deleting to the relay after so long
SWEEP_SECONDS: Final = 5.0
FRESH_SECONDS: Final = 10.0  # that a chunk may wait until the ledger is asked whether it is still ours
SURELY_OVER: Final = timedelta(minutes=10)  # real time; then nobody publishes what was taken over from him before
ABANDONED: Final = timedelta(seconds=20)  # real time; another worker's chunk that nobody moved for so long
COMPLAIN_SECONDS: Final = 5.0
TICKET_VERSION: Final = re.compile(
    rb'"version":(\d+)'
)  # the second field of a ticket: reading all of it would cost more

__all__ = ["Outgoing", "Relay", "delete"]

log = event_log(__name__)


def truncated(letter: OutMessage) -> OutMessage:
    """A dead letter that the broker refuses for its size: cut, and it says so."""
    value = (letter.value or b"")[:TRUNCATED_BYTES]
    return letter._replace(value=value, headers=(*letter.headers, ("rectify-truncated", b"true")))


class Done(NamedTuple):
    """Acknowledged chunks that are still in the outbox, and the tickets that they published."""

    chunks: list[int]
    tickets: list[tuple[str, int]]  # id and version
    taken_over: bool


async def delete(tx: Transaction, done: Sequence[Done], real: datetime) -> None:
    """Deletes acknowledged chunks in a transaction.

    A chunk that is gone already was taken over by another worker, and one that we took over may have been published
    by its owner too: the two may have come out of order, so their tickets are published once more as they stand; and
    once more later, for its owner may have slept, wake up, and die before it can see that the chunk is gone. So is a
    ticket that has changed since: another worker may have told of that while this one waited for the broker.
    """
    said: dict[str, int] = {}
    for part in done:
        deleted = await tx.outbox.delete(part.chunks)
        if part.taken_over or deleted < len(part.chunks):
            tickets = [ticket_id for ticket_id, _ in part.tickets]
            await tx.refreshes.note_named(tickets, real)
            if part.taken_over:
                await tx.refreshes.note_later(tickets, real + SURELY_OVER)
        else:
            said.update(part.tickets)
    await tx.refreshes.note_overtaken(list(said.items()), real)


class Hold:
    """What a worker publishes while it is its own: after a while (no broker, a machine that slept) it asks again."""

    def __init__(self, parts: Sequence[Outgoing], held: Callable[[Sequence[int]], Awaitable[set[int]]]) -> None:
        """`held` tells which of these chunks are still ours."""
        self.parts = list(parts)
        self._held = held
        self._until = min(part.since for part in parts) + FRESH_SECONDS
        self._asking = asyncio.Lock()
        self._lost = False

    async def is_ours(self) -> bool:
        """Whether all of it still is; `parts` are those that are."""
        async with self._asking:
            since = steady_seconds()
            if since > self._until and not self._lost:
                held = await self._held([pk for part in self.parts for pk in part.chunks])
                ours = [part._replace(since=since) for part in self.parts if held.issuperset(part.chunks)]
                self._lost, self.parts, self._until = len(ours) < len(self.parts), ours, since + FRESH_SECONDS
            return not self._lost


class Relay:
    """One per worker."""

    def __init__(self, ledger: Ledger, publisher: Publisher, clock: Clock, topics: Topics) -> None:
        self._ledger = ledger
        self._publisher = publisher
        self._clock = clock
        self._topics = topics
        self._queue = WaitingMessages(WAITING, WAITING_BYTES)
        self._acknowledged: deque[Done] = deque()
        self._in_hand: set[int] = set()
        self._published = asyncio.Event()
        self._given_up = asyncio.Event()
        self._deleting = asyncio.Lock()

    async def offer(self, outgoing: Outgoing) -> None:
        """Hands over what was committed; waits while too much is under way."""
        if not outgoing.chunks:
            return
        self._in_hand.update(outgoing.chunks)
        putting = asyncio.ensure_future(self._queue.put(outgoing._replace(since=steady_seconds())))
        giving_up = asyncio.ensure_future(self._given_up.wait())
        try:
            await asyncio.wait({putting, giving_up}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            putting.cancel()
            giving_up.cancel()

    def give_up(self) -> None:
        """The worker must end: nobody waits for broker or database any more; the next worker does what is left."""
        self._given_up.set()

    def patience(self, *pauses: float) -> Patience:
        """For a task that needs the database, or the broker, until the worker must end; `pauses`: real seconds."""
        return Patience(pauses, self._given_up)

    def acknowledged(self) -> list[Done]:
        """What the caller's transaction shall `delete`; to be restored if the transaction fails."""
        done = list(self._acknowledged)
        self._acknowledged.clear()
        return done

    def deleted(self, done: Sequence[Done]) -> None:
        """The caller's transaction is committed: these are out of the outbox."""
        for part in done:
            self._in_hand.difference_update(part.chunks)

    def restore(self, done: Sequence[Done]) -> None:
        """Takes back what was not deleted after all."""
        self._acknowledged.extendleft(reversed(done))

    async def run(self) -> None:
        """Publishes until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._publish_all())
            tasks.create_task(self._delete_when_idle())
            tasks.create_task(self._sweep())

    async def drain(self, seconds: float) -> None:
        """Waits until everything offered is acknowledged and deleted, at most so long."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._queue.join()
                await self._delete()

    async def _publish_all(self) -> None:
        while True:
            outgoing = [await self._queue.get()]
            while not self._queue.empty():
                outgoing.append(self._queue.get_nowait())
            await self._publish_ours(outgoing)
            self._acknowledged.extend(map(self._done, outgoing))
            self._published.set()
            for part in outgoing:
                self._queue.acknowledged(part)
            del outgoing, part  # while nothing comes, nothing of it is kept

    async def _publish_ours(self, outgoing: Sequence[Outgoing]) -> None:
        """What is gone meanwhile another worker has published; that some of it may have come late `delete` sees."""
        ours = list(outgoing)
        while ours:
            hold = Hold(ours, self._held)
            try:
                await self._publish([message for part in ours for message in part.messages], hold.is_ours)
                break
            except StaleError:
                ours = hold.parts

    async def _held(self, pks: Sequence[int]) -> set[int]:
        while True:
            try:
                async with self._ledger.transaction() as tx:
                    return await tx.outbox.hold(pks, self._clock.now().real)
            except (Conflict, LedgerUnavailable):
                await asyncio.sleep(IDLE_SECONDS)

    def _done(self, outgoing: Outgoing) -> Done:
        tickets = [
            (message.key.decode(), int(version[1]))
            for message in outgoing.messages
            if message.topic == self._topics.tickets and message.key and message.value
            if (version := TICKET_VERSION.search(message.value))
        ]
        return Done(list(outgoing.chunks), tickets, outgoing.taken_over)

    async def _publish(self, messages: Sequence[OutMessage], ours: Ours) -> None:
        """Every message, or StaleError; one that the broker refuses for good becomes a dead letter."""
        while messages:
            refused = await self._publisher.publish(messages, ours)
            again: list[OutMessage] = []
            for error in refused:
                message = messages[error.index]
                if error.code in (UNKNOWN_TOPIC, NOT_AUTHORIZED):
                    again.append(message)
                else:
                    log.error("message_refused_by_broker", topic=message.topic, code=error.code, detail=error.detail)
                    again.extend(self._instead(message, error.code, error.detail))
            if any(error.code in (UNKNOWN_TOPIC, NOT_AUTHORIZED) for error in refused):
                topics = sorted({messages[error.index].topic for error in refused})
                log.error("topics_not_writable", topics=topics, hint="rectify topics create")
                await asyncio.sleep(COMPLAIN_SECONDS)
            messages = again

    def _instead(self, message: OutMessage, code: str, detail: str) -> list[OutMessage]:
        if message.topic != self._topics.dead_letters:
            origin = (("rectify-error", code.encode()), ("rectify-error-detail", detail.encode()))
            headers = (*message.headers, *origin, ("rectify-origin-topic", message.topic.encode()))
            return [OutMessage(self._topics.dead_letters, message.key, message.value, headers)]
        if any(name == "rectify-truncated" for name, _ in message.headers):
            return []  # even 64 KiB are refused: the log line above is all that can be said
        return [truncated(message)]

    async def _delete_when_idle(self) -> None:
        while True:
            await self._published.wait()
            self._published.clear()
            await asyncio.sleep(IDLE_SECONDS)
            await self._delete()

    async def _delete(self) -> None:
        """Returns when nothing is being deleted any more: who drains must not break off what another has begun."""
        async with self._deleting:
            done = self.acknowledged()
            if not done:
                return
            try:
                async with self._ledger.transaction() as tx:
                    await delete(tx, done, self._clock.now().real)
                self.deleted(done)
            except LedgerError as error:
                self.restore(done)
                if not error.retriable:
                    raise
                self._published.set()

    async def _sweep(self) -> None:
        """Takes over what another worker, an earlier life of this one, or an unanswered commit has left behind."""
        while True:
            await self.take_over()
            await asyncio.sleep(SWEEP_SECONDS)

    async def take_over(self) -> int:
        """Publishes abandoned chunks; how many."""
        now = self._clock.now()
        try:
            async with self._ledger.transaction() as tx:
                left = await tx.outbox.take_over(now.real - ABANDONED, now.real, in_hand=self._in_hand)
                unreadable = tx.outbox.unreadable
        except LedgerError as error:
            if not error.retriable:
                raise
            return 0
        if unreadable:
            log.error("chunks_unreadable", chunks=unreadable[:10], number=len(unreadable))
        count = 0
        for chunk in left:
            messages = chunk.messages
            count += len(messages)
            await self.offer(Outgoing([chunk.pk], messages, taken_over=True))
        if left:
            log.info("outbox_taken_over", chunks=len(left), messages=count)
        return len(left)
