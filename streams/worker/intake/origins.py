"""Origins: whether what was fetched comes from the log that the ledger has read (rule O-13).

O-13 Another log under a topic's name (made anew, cut short by an election, another cluster) is never taken for a
     replay: at its start, and before it decides or drops anything of it, a worker says which topic and partition, and
     the way on (`rectify db adopt-cluster`), and ends with exit code 1; it has acknowledged nothing of it.
Asked once an assignment, and again whenever the log's id or its leader's epoch changes or the reader goes back: the
topic's id, where it ends, and the last record handled are compared with the ledger. For a batch that is one look into
a dictionary.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from aiokafka.errors import KafkaError

from streams.kafka.config import KafkaConfig
from streams.kafka.consuming.faust_app import SeekBack
from streams.kafka.fetch import Fetch
from streams.kafka.identity import Log, known_by
from streams.ledger import Conflict, Ledger, LedgerUnavailable, Move, Reached, Transaction
from streams.log_events import event_log
from streams.patience import AWAY_SECONDS
from streams.rules.state.numbering import LogPlace
from streams.services.known_logs import compare, made_anew
from streams.worker.relay import Relay

log = event_log(__name__)


class Origins:
    """One per batch processor."""

    def __init__(self, ledger: Ledger, config: KafkaConfig, relay: Relay) -> None:
        self._ledger = ledger
        self._config = config
        self._relay = relay
        self._known: dict[tuple[str, int], Log] = {}
        self._ends: dict[tuple[str, int], int] = {}

    async def verify(self, fetches: Sequence[Fetch]) -> None:
        """Raises AnotherLogError; SeekBack when the worker must end before broker and database have told."""
        strange = [
            fetch
            for fetch in fetches
            if fetch.log is not None
            and (self._known.get(fetch.place) != fetch.log or fetch.begin < self._ends[fetch.place])
        ]
        patience = self._relay.patience(AWAY_SECONDS)
        while strange:
            try:
                await self._look(strange)
                break
            except (LedgerUnavailable, Conflict, KafkaError) as error:
                log.warning("log_not_compared", topic=fetches[0].topic, error=str(error) or type(error).__name__)
                if not await patience.pause():
                    raise SeekBack({fetch.place: fetch.begin for fetch in fetches}) from None
        self._ends.update((fetch.place, fetch.end) for fetch in fetches)

    async def _look(self, fetches: Sequence[Fetch]) -> None:
        topic = fetches[0].topic
        async with self._ledger.transaction() as tx:
            reached = {place: known for place, known in (await tx.offsets.reached()).items() if place[0] == topic}
        ids = {fetch.topic: fetch.log.topic_id for fetch in fetches if fetch.log is not None and fetch.log.topic_id}
        error = await compare(self._config, reached, ids, [fetch.place for fetch in fetches])
        if error is not None:
            raise error
        self._known.update((fetch.place, fetch.log) for fetch in fetches if fetch.log is not None)


class Positions:
    """Where the partitions of some fetches stand, their rows locked."""

    def __init__(self, reached: Mapping[int, Reached], epoch: int) -> None:
        """`epoch`: of those that stand nowhere yet."""
        self._reached = reached
        self._epoch = epoch
        self.somebody_is_watched = any(known.refused_json for known in reached.values())  # rule I-8
        self.next_offsets = {partition: known.next_offset for partition, known in reached.items()}

    def moves(self, fetches: Iterable[Fetch]) -> dict[int, Move]:
        """What these fetches move; raises AnotherLogError when one is of another log (a worker that slept)."""
        moves = {}
        for fetch in fetches:
            known = self._reached.get(fetch.partition)
            log_id = fetch.log.topic_id if fetch.log is not None else None
            if known is not None and log_id is not None and known.log_id not in (None, log_id):
                raise made_anew(fetch.place, known.log_id, log_id)
            if known is None or fetch.end > known.next_offset:
                expected, refused = (None, None) if known is None else (known.next_offset, known.refused_json)
                last = known_by(fetch.records[-1])
                moves[fetch.partition] = Move(expected, fetch.end, log_id, last, refused, self._epoch)
        return moves

    def place_of(self, record: Any) -> LogPlace:
        """Where a record stands, for the number of the ticket that it opens (T-7)."""
        known = self._reached.get(record.partition)
        return LogPlace(record.topic, record.partition, record.offset, self._epoch if known is None else known.epoch)


async def lock(tx: Transaction, fetches: Sequence[Fetch]) -> Positions:
    """Locks the partitions of the fetches, which are of one topic."""
    topic = fetches[0].topic
    reached = await tx.offsets.lock(topic, [fetch.partition for fetch in fetches])
    return Positions(reached, await tx.offsets.epoch(topic) if len(reached) < len(fetches) else 0)
