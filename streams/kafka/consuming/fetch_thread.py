"""The thread in which a worker talks to the broker; see streams/kafka/consuming/fetches.py."""

# ruff: noqa: SLF001 - aiokafka shows neither its waiting fetch results nor its positions

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

from aiokafka import AIOKafkaConsumer, OffsetAndMetadata, TopicPartition
from aiokafka.consumer.fetcher import FetchResult
from aiokafka.coordinator.assignors.roundrobin import RoundRobinPartitionAssignor
from aiokafka.errors import IllegalStateError, KafkaError
from faust.transport.drivers import aiokafka as driver
from faust.types import TP

from streams.kafka.fetch import Batch, Fetch
from streams.kafka.identity import Log, logs_of
from streams.kafka.records.polled import PollRoom
from streams.patience import AWAY_SECONDS

if TYPE_CHECKING:
    from streams.kafka.consuming.group_view import GroupApp

PARTITION_FETCH_BYTES = (
    1024 * 1024
)  # each partition holds as much until it is read; a larger single message still comes, alone (Kafka >= 0.10.1)
FETCH_BYTES = 16 * 1024 * 1024  # one response, all partitions of a broker
IDLE_WAIT_MS = 500  # how long the broker may hold an empty fetch; bounds how late a seek takes effect
LINGER_BYTES = 128 * 1024  # under a trickle the broker gathers this much ...
LINGER_MS = 30  # ... or waits this long, or a batch would be one or two records
TRICKLE_SECONDS = 0.05  # polls that find something closer together than this are a trickle
COMMIT_SECONDS = 3.0  # longest wait for a commit, which without a broker would never end
LEAVE_SECONDS = 3.0  # longest wait to leave the group in order


class FetchThread(driver.AIOKafkaConsumerThread):
    """The thread that talks to the broker: heartbeats go on while the main loop is busy with a batch."""

    app: GroupApp  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__post_init__()
        self.epochs: dict[tuple[str, int], int] = defaultdict(int)
        self.term = 0  # counts assignments: after each a log is looked at again
        self._again = asyncio.Event()
        self.last_poll_at = monotonic()
        self._last_found_at = 0.0

    async def on_start(self) -> None:
        """Connect; while no broker answers, try again until told to stop."""
        self.time_started = monotonic()
        waiting = False
        while not self.should_stop:
            consumer = self._create_worker_consumer(self.transport)
            try:
                await consumer.start()
            except KafkaError as error:
                await consumer.stop()
                if not waiting:
                    self.log.warning("no broker at %s yet, waiting: %s", self.app.kafka.bootstrap, error)
                    waiting = True
                await self.sleep(AWAY_SECONDS)
            else:
                self._consumer = consumer
                return

    async def on_thread_stop(self) -> None:
        """Leave the group, by force when no broker lets us: an error in here would hold the whole app for a minute."""
        await super(driver.AIOKafkaConsumerThread, self).on_thread_stop()
        if self._consumer is not None:
            leaving = asyncio.create_task(self._consumer.stop())
            await asyncio.wait({leaving}, timeout=LEAVE_SECONDS)
            if not leaving.done() or leaving.cancelled() or leaving.exception() is not None:
                leaving.cancel()
                await self._consumer._client.close()

    def _create_worker_consumer(self, _transport: object) -> AIOKafkaConsumer:
        conf = self.app.conf
        self._assignor = RoundRobinPartitionAssignor
        return AIOKafkaConsumer(
            **self.app.kafka.aiokafka_options(),
            group_id=conf.id,
            group_instance_id=conf.consumer_group_instance_id,
            partition_assignment_strategy=[self._assignor],
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            max_poll_records=conf.broker_max_poll_records,
            max_poll_interval_ms=int(conf.broker_max_poll_interval * 1000),
            max_partition_fetch_bytes=PARTITION_FETCH_BYTES,
            fetch_max_bytes=FETCH_BYTES,
            fetch_max_wait_ms=IDLE_WAIT_MS,
            session_timeout_ms=int(conf.broker_session_timeout * 1000),
            heartbeat_interval_ms=int(conf.broker_heartbeat_interval * 1000),
            rebalance_timeout_ms=int(conf.broker_rebalance_timeout * 1000),
            request_timeout_ms=int(conf.broker_request_timeout * 1000),
            isolation_level="read_committed",
            metadata_max_age_ms=60_000,
        )

    async def _fetch_records(
        self,
        consumer: AIOKafkaConsumer,
        active_partitions: set[TP],
        timeout: float | None = None,
        max_records: int | None = None,
    ) -> Mapping[TP, list[Batch]]:
        deadline = monotonic() + (timeout or 0)
        while True:
            self._again.clear()
            asked = _positions(consumer)
            room = PollRoom(max_records or consumer._max_poll_records)
            found = await super()._fetch_records(consumer, active_partitions, timeout=0, max_records=room)  # type: ignore[arg-type]
            self.last_poll_at = monotonic()
            remaining = deadline - self.last_poll_at
            if found or remaining <= 0 or not self.consumer.flow_active:
                break
            await _arrival(consumer, remaining, self._again)
        self._pace(consumer, found=bool(found))
        logs = await self._logs(consumer, found) if found else {}
        if logs is None:
            return {}
        by_topic: dict[str, list[Fetch]] = defaultdict(list)
        for tp, records in found.items():
            following = consumer._subscription.subscription.assignment.state_value(tp).position
            by_topic[tp.topic].append(Fetch(*tp, records, asked.get(tp), following, logs.get(tp)))
        # Under the name of one partition, for Faust knows no other events.
        return {
            TP(*fetches[0].place): [Batch(fetches, [self.epochs[fetch.place] for fetch in fetches])]
            for fetches in by_topic.values()
        }

    async def _logs(self, consumer: AIOKafkaConsumer, found: Mapping[TP, Sequence[Any]]) -> dict[TP, Log] | None:
        """Of which logs these records are, asked after they came; None: nobody knows, and they are fetched again."""
        try:
            logs = await logs_of(consumer._client, found)
        except (KafkaError, OSError) as error:
            self.log.warning("fetched records set aside, the broker does not tell their log: %r", error)
            for tp, records in found.items():
                with suppress(IllegalStateError):
                    consumer.seek(TopicPartition(*tp), records[0].offset)
            await self.sleep(AWAY_SECONDS)
            return None
        return {tp: log._replace(term=self.term) for tp, log in logs.items()}

    def look_again(self) -> None:
        """Called from the worker's loop: partitions that were left aside may be read again, do not wait for others."""
        with suppress(RuntimeError):  # the thread has ended
            self.thread_loop.call_soon_threadsafe(self._again.set)

    def _pace(self, consumer: AIOKafkaConsumer, *, found: bool) -> None:
        """Let the broker gather a little while records trickle in; answer at once after a pause."""
        trickle = found and self.last_poll_at - self._last_found_at < TRICKLE_SECONDS
        if found:
            self._last_found_at = self.last_poll_at
        fetcher = consumer._fetcher
        fetcher._fetch_min_bytes = LINGER_BYTES if trickle else 1
        fetcher._fetch_max_wait_ms = LINGER_MS if trickle else IDLE_WAIT_MS

    async def seek_back(self, tp: TP, offset: int) -> None:
        """Read the partition again from ``offset``. Nothing happens when it is no longer ours."""
        await self.call_thread(self._seek_back, tp, offset)

    async def _seek_back(self, tp: TP, offset: int) -> None:
        try:
            self._ensure_consumer().seek(TopicPartition(*tp), offset)
        except IllegalStateError:
            return
        self.epochs[tp] += 1

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        """Commit; a failure is logged and no more, for the offset that counts is in the ledger."""
        consumer = self._ensure_consumer()
        mine = consumer.assignment()
        commits = {TopicPartition(*tp): OffsetAndMetadata(offset, "") for tp, offset in offsets.items() if tp in mine}
        try:
            async with asyncio.timeout(COMMIT_SECONDS):
                await consumer.commit(commits)
        except (KafkaError, TimeoutError) as error:
            self.log.warning("offsets not committed, will try again: %r", error)
            return False
        return True

    def progress(self) -> dict[TP, tuple[int | None, int | None]]:
        """Per assigned partition: the broker's end and the position read to, as far as known."""
        consumer = self._consumer
        if consumer is None or consumer._subscription.subscription is None:
            return {}
        assignment = consumer._subscription.subscription.assignment
        if assignment is None:
            return {}
        states = ((TP(*tp), assignment.state_value(tp)) for tp in assignment.tps)
        return {tp: (state.highwater, state._position) for tp, state in states}


def _positions(consumer: AIOKafkaConsumer) -> dict[TP, int]:
    """Where each waiting fetch result starts; nothing during a rebalance, which throws the results away."""
    if consumer._subscription.reassignment_in_progress:
        return {}
    waiting = consumer._fetcher._records.items()
    results = ((tp, result) for tp, result in waiting if isinstance(result, FetchResult) and result.has_more())
    return {tp: result._partition_records.next_fetch_offset for tp, result in results}


async def _arrival(consumer: AIOKafkaConsumer, seconds: float, again: asyncio.Event) -> None:
    """Wait for a fetch result, or for `again`, ``seconds`` at most. Raises what the coordinator cannot mend."""
    waiter = consumer._fetcher._create_fetch_waiter()
    asking = asyncio.ensure_future(again.wait())
    try:
        await asyncio.wait({waiter, asking}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if waiter.done():
            waiter.result()
    finally:
        waiter.cancel()
        asking.cancel()
