"""The batch processor: from the fetches of a poll to a committed decision.

    fetches -> read -> ONE transaction (lock the offsets, load, decide, save, move them) -> hand over to the relay

Fetches are acknowledged to Kafka only after their transaction; records below a partition's stored offset are sliced
away, so a replay changes nothing. A jump forward means that something was lost on the way here: read again once from
where the ledger stands; if the same jump comes again it is real (retention, compaction), and is recorded as a gap.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import perf_counter
from typing import Final

from schemas.policy import Policy
from schemas.topics import Topics
from streams.clock import Clock
from streams.kafka.consuming.faust_app import SeekBack
from streams.kafka.consuming.fetches import Fetch
from streams.kafka.fetch import batches
from streams.ledger import AlreadyThere, Conflict, Ledger, LedgerUnavailable, Superseded, Transaction, TransactionEnded
from streams.log_events import event_log
from streams.rules.decide import Result, Undecidable, decide
from streams.rules.intake.keying import sought
from streams.rules.needs import facts_needed, more_needs, needs_of
from streams.rules.state.inputs import Input
from streams.rules.state.numbering import LogPlace
from streams.rules.state.snapshot import ChangeSet, Now, Registry, Snapshot
from streams.worker.faults import ENDED, TAKEN
from streams.worker.intake.bisecting import BatchBisector, BatchPart, PoisonRecord
from streams.worker.intake.dead_letters import RefusedMessages, refuse
from streams.worker.intake.origins import Positions, lock
from streams.worker.intake.reading import Read, Reader, Sorted, read_all, sort
from streams.worker.intake.registrar import RegistryEntry, ended_units, introduced_units, last_of_each, loaded
from streams.worker.metrics import LATE_MESSAGE, Metrics
from streams.worker.outage import Outage
from streams.worker.relay import Done, Outgoing, Relay, delete
from streams.worker.subscribers import Subscribers

PAUSES: Final = (0.2, 0.5, 1.0, 2.0, 5.0)  # real seconds between attempts to reach the database
CONFLICT_PAUSES: Final = (0.0, *(number * 0.005 for number in range(1, 21)))  # at once, then let the other finish

BESIDE_DUE_WORK: Final = 500  # records a transaction while tickets are due or nearly: it may hold the locks of theirs
TURNS: Final = 5  # of the event loop between two batches: on SQLite nothing else gives the relay's sends a chance

log = event_log(__name__)


class BatchProcessor:
    """Decides what comes from Kafka; one per worker, shared by its agents."""

    def __init__(
        self,
        ledger: Ledger,
        relay: Relay,
        clock: Clock,
        policy: Policy,
        topics: Topics,
        registry: Registry,
        metrics: Metrics,
        subscribers: Subscribers | None = None,
    ) -> None:
        self.ledger = ledger
        self.relay = relay
        self.clock = clock
        self.policy = policy
        self.topics = topics
        self.registry = registry
        self.metrics = metrics
        self._subscribers = subscribers or Subscribers()
        self.something_due = asyncio.Event()
        self.something_to_send = asyncio.Event()
        self.tickets_are_due = False  # or will be in a moment
        self.outage = Outage()
        self._jumps: dict[tuple[str, int], int] = {}
        self._in_a_row: dict[str, list[str]] = {}  # by topic: the sources of what has failed last, as the ledger has it

    async def take(self, fetches: Sequence[Fetch], reader: Reader) -> None:
        """Handles fetches of one topic to their commit; in parts beside due work.

        Raises SeekBack to have some of them read again.
        """
        for part in batches(fetches, BESIDE_DUE_WORK) if self.tickets_are_due else [fetches]:
            await self._take(part, reader)

    async def _take(self, fetches: Sequence[Fetch], reader: Reader) -> None:
        started = perf_counter()
        now = self.clock.now()
        topic = fetches[0].topic
        reads, unreadable = read_all([record for fetch in fetches for record in fetch.records], reader, now.at)
        bisector = BatchBisector(fetches, reads, await self._before(fetches))
        bisector.unreadable(unreadable)
        outcomes: Counter[str] = Counter()
        while bisector:
            part = bisector.next_part()
            try:
                outcomes.update(await self._persist(part))
            except SeekBack:
                raise
            except Exception as error:  # noqa: BLE001 - the bisector raises it again if it is no single record's
                bisector.failed(error)
            else:
                bisector.passed()
        self.metrics.batch(topic, len(reads), perf_counter() - started, _late(fetches, self.clock.now().real))
        self.metrics.outcomes(outcomes)
        for _ in range(TURNS):
            await asyncio.sleep(0)

    async def _before(self, fetches: Sequence[Fetch]) -> list[str]:
        """What had failed last in this topic, in a row, also in an earlier life of this worker (O-14)."""
        topic = fetches[0].topic
        patience = self.relay.patience(*PAUSES)
        while topic not in self._in_a_row:
            try:
                async with self.ledger.transaction() as tx:
                    self._in_a_row[topic] = await tx.set_aside.in_a_row(topic)
            except (Conflict, LedgerUnavailable):
                if not await patience.pause():
                    raise _all_again(fetches) from None
        return self._in_a_row[topic]

    async def _persist(self, part: BatchPart) -> Counter[str]:
        """Tries the transaction until it holds; nothing else makes sense without the database.

        Raises what a single record may be to blame for.
        """
        fetches = part.fetches
        taken = ended = 0
        for_others, for_database = self.relay.patience(*CONFLICT_PAUSES), self.relay.patience(*PAUSES)
        while True:
            done, registry = self.relay.acknowledged(), self.registry
            try:
                async with self.ledger.transaction() as tx:
                    tx.load_in_bounds(divisible=part.divisible)
                    await delete(tx, done, self.clock.now().real)
                    result, chunks, refused = await self._transact(tx, fetches, part.reads)
                    await self._note(tx, part)
            except Conflict as error:
                self._undo(done, registry)
                self.metrics.conflicts.inc()
                taken += isinstance(error, AlreadyThere)
                if taken >= TAKEN:
                    raise
                if not await for_others.pause():  # a conflict that never ends is for whoever stops us
                    raise _all_again(fetches) from None
            except LedgerUnavailable as error:
                self._undo(done, registry)
                ended += isinstance(error, TransactionEnded)
                if ended and (len(part.reads) > 1 or ended >= ENDED):
                    raise
                self.outage.lost("batches", error)
                if not await for_database.pause():
                    raise _all_again(fetches) from None  # not acknowledged: the next worker reads them again
            except BaseException:
                self._undo(done, registry)
                raise
            else:
                self.relay.deleted(done)
                self.outage.found("batches")
                self._in_a_row[fetches[0].topic] = part.in_a_row
                refused.account(fetches[0].topic, self.metrics)
                await self.hand_over(result, chunks)
                return result.outcomes

    def _undo(self, done: Sequence[Done], registry: Registry) -> None:
        """After a transaction that did not hold: what it had registered, others may register under its version."""
        self.relay.restore(done)
        self.registry = registry

    async def _note(self, tx: Transaction, part: BatchPart) -> None:
        topic = part.fetches[0].topic
        if part.in_a_row != self._in_a_row[topic]:
            await tx.set_aside.note_in_a_row(topic, part.in_a_row)

    async def hand_over(self, result: Result, chunks: list[int]) -> None:
        """Wakes whoever has something to do now that the decision is committed."""
        if any(run.settle_at is not None for run in result.change_set.runs):
            self.something_due.set()
        if result.change_set.notices:
            self.something_to_send.set()
        await self.relay.offer(Outgoing(chunks, result.change_set.outbox))

    async def _transact(
        self, tx: Transaction, fetches: Sequence[Fetch], reads: list[Read]
    ) -> tuple[Result, list[int], RefusedMessages]:
        topic = fetches[0].topic
        positions = await lock(tx, fetches)
        stored = positions.next_offsets
        moves = positions.moves(fetches)
        self._check_jumps(fetches, stored)
        if not moves:
            return Result(ChangeSet(), Counter(replayed=len(reads))), [], RefusedMessages()
        fresh = [read for read in reads if read.record.offset >= stored.get(read.record.partition, 0)]
        sorted_ = sort(fresh)
        entries = last_of_each(sorted_.entries)
        await self._keep(tx, entries)
        if sorted_.bulletins:
            await tx.bulletins.add(sorted_.bulletins, self.clock.now().at)
        result = await self._decide(tx, sorted_, positions)
        result.outcomes["registered"] += len(entries)
        result.outcomes["issued"] += len(sorted_.bulletins)
        refused = RefusedMessages()
        if sorted_.refused or positions.somebody_is_watched:
            refused = await refuse(tx, self.topics, fresh, moves, self.clock.now(), self.registry.zone)
            result.change_set.outbox.extend((*refused.letters, *refused.events))
            result.outcomes["refused"] += len(refused.letters)
        chunks = await self._subscribers.save(
            tx, result.change_set, self.registry, self.clock.now(), sorted_.bulletins
        )  # fmt: skip
        try:
            await tx.offsets.move(topic, moves)
        except Superseded as error:
            log.warning("partition_taken_over", topic=topic, error=str(error))
            raise Conflict("another worker moved the offset") from None
        for partition in moves:
            self._jumps.pop((topic, partition), None)
        return result, chunks, refused

    async def _keep(self, tx: Transaction, entries: Sequence[RegistryEntry]) -> None:
        """Stores registry records that nothing is decided about, and notes what has to follow them."""
        units = {entry.record_id for entry in entries if entry.kind == "unit"}
        if units:
            await self.refresh_registry(tx)
        strangers = introduced_units(entries, self.registry)
        for entry in entries:
            await tx.past.record(entry.kind, entry.record_id, self.clock.now().at)
            await tx.registry.save(entry.kind, entry.record_id, entry.document)
        if units and await tx.handovers.begin(ended_units(entries), strangers):
            self.something_due.set()
        if any(entry.kind == "calendar" for entry in entries):
            await tx.recount.begin()
            self.something_due.set()
        await self.refresh_registry(tx)

    def _check_jumps(self, fetches: Sequence[Fetch], stored: Mapping[int, int]) -> None:
        known = [(fetch, stored[fetch.partition]) for fetch in fetches if fetch.partition in stored]
        jumps = [(fetch, first) for fetch, first in known if fetch.begin > first]
        new = {fetch.place: first for fetch, first in jumps if self._jumps.get(fetch.place) != fetch.begin}
        if new:
            self._jumps.update({fetch.place: fetch.begin for fetch, _ in jumps})
            raise SeekBack(new)
        for fetch, first in jumps:
            self.metrics.gaps.inc(fetch.begin - first)
            log.error(
                "offsets_missing", topic=fetch.topic, partition=fetch.partition, first=first, before=fetch.begin,
                hint="the broker no longer has them: retention",
            )  # fmt: skip

    async def refresh_registry(self, tx: Transaction) -> None:
        """Follows the registry: a batch is decided by what is registered when its transaction reads it."""
        if await tx.registry.version() != self.registry.version:
            self.registry = await loaded(tx, self.registry.zone, self.registry, self.clock.now())

    async def _decide(self, tx: Transaction, reads: Sorted, positions: Positions) -> Result:
        """Decides what is to be decided."""
        snapshot = await self._load(tx, reads.inputs)

        def place_of(index: int) -> LogPlace:
            return positions.place_of(reads.records[index])

        try:
            return decide(snapshot, reads.inputs, self.clock.now(), self.policy, self.topics, place_of)
        except Undecidable as error:
            raise PoisonRecord(reads.records[error.index]) from error

    async def _load(self, tx: Transaction, inputs: Sequence[Input]) -> Snapshot:
        needs = needs_of(inputs)
        needs.standings_since = self.clock.now().at - timedelta(hours=self.policy.limits.producer_brake.hours)
        snapshot = await tx.load(needs, self.registry)
        former = sought(snapshot, inputs, self.policy)
        if former is not None:
            snapshot = snapshot.with_more(await tx.load(former, self.registry, snapshot))
        facts = facts_needed(snapshot, inputs, self.policy)
        if facts is not None:
            snapshot = snapshot.with_more(await tx.load(facts, self.registry, snapshot))
        more = more_needs(snapshot, inputs, self.policy)
        return snapshot if more is None else snapshot.with_more(await tx.load(more, self.registry, snapshot))

    async def decide_due(
        self, tx: Transaction, snapshot: Snapshot, inputs: list[Input], now: Now
    ) -> tuple[Result, list[int]]:
        """Decides due work in a transaction of its own; Undecidable says which of the inputs is to blame."""
        result = decide(snapshot, inputs, now, self.policy, self.topics)
        return result, await self._subscribers.save(tx, result.change_set, self.registry, now)


def _late(fetches: Sequence[Fetch], real: datetime) -> int:
    """How many of the messages were written so long ago that their decision is late."""
    before = (real - LATE_MESSAGE).timestamp() * 1_000
    return sum(0 < (record.timestamp or 0) <= before for fetch in fetches for record in fetch.records)


def _all_again(fetches: Sequence[Fetch]) -> SeekBack:
    return SeekBack({fetch.place: fetch.begin for fetch in fetches})
