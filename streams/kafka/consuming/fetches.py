"""A Faust consumer for which everything that one poll found in a topic is one stream event.

Faust's cost is per event (100-150 us: tasks, sensors, acks) and a transaction's per commit, so all fetches of a topic
are handed over together. While a batch is at work no other is read from its topic: what arrives meanwhile makes the
next one larger, so batches are small when it is quiet and large under load. What is overridden here are private
methods of faust-streaming and aiokafka: both are pinned exactly, and tests/integration/kafka/test_fetches.py fails on
the real broker when an upgrade changes them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import faust
from faust.transport.drivers import aiokafka as driver
from faust.types import TP, ConsumerMessage, Message

from streams.kafka.consuming.fetch_thread import FetchThread
from streams.kafka.fetch import Batch, Fetch
from streams.kafka.records import tolerant

if TYPE_CHECKING:
    from streams.kafka.consuming.group_view import GroupApp

__all__ = ["Batch", "Fetch", "FetchConsumer", "Untouched", "install"]


class Untouched(faust.Schema[Any, Any]):
    """Hands the batch over as it is: a value that Faust cannot decode would kill the agent in silence."""

    def loads_key(self, _app: object, _message: Message, **_: object) -> None:  # type: ignore[override]
        """Return nothing: a batch has no key."""

    def loads_value(self, _app: object, message: Message, **_: object) -> Any:  # type: ignore[override]
        """Return the batch."""
        return message.value


class _NeverRead(dict[TP, int | None]):
    """Faust's memory of what it has read, switched off.

    With it Faust drops in silence what lies below the last offset that it saw, which loses records after a seek
    back. A record handed over twice is harmless, the handler slices by its own offset.
    """

    def __missing__(self, tp: TP) -> None:
        return None

    def __setitem__(self, tp: TP, offset: int | None) -> None:
        pass

    def update(self, *_: object, **__: object) -> None:
        pass


class FetchConsumer(driver.Consumer):
    """Faust's consumer with fetches for messages, and with the handler's own mark for the offset to commit."""

    app: GroupApp  # type: ignore[assignment]
    _thread: FetchThread

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._read_offset = _NeverRead()
        self._resumed = asyncio.Event()
        self._handled: dict[TP, int] = {}
        self._marked: dict[TP, int] = {}

    def _new_consumer_thread(self) -> FetchThread:
        return FetchThread(self, loop=self.loop, beacon=self.beacon)

    def _to_message(self, tp: TP, record: Batch) -> ConsumerMessage:
        last = record.fetches[0].records[-1]
        return ConsumerMessage(
            topic=last.topic,
            partition=last.partition,
            offset=last.offset,
            timestamp=(last.timestamp or 0) / 1000,  # a message set of Kafka 0.9 has none
            timestamp_type=last.timestamp_type,
            headers=None,
            key=None,
            value=record,  # type: ignore[arg-type]  # Untouched hands it on
            checksum=None,
            tp=TP(*tp),
            generation_id=self.app.consumer_generation_id,
        )

    def handled(self, fetch: Fetch) -> None:
        """Note that the fetch is done with. Nothing else moves the offset that is committed."""
        self._handled[TP(fetch.topic, fetch.partition)] = fetch.end

    async def seek_back(self, fetch: Fetch, offset: int) -> None:
        """Read the fetch's partition again from ``offset``; what has been read ahead of it becomes stale."""
        tp = TP(fetch.topic, fetch.partition)
        self._handled.pop(tp, None)
        await self._thread.seek_back(tp, offset)

    def current(self, batch: Batch) -> list[Fetch]:
        """The fetches of the batch whose partition was not sought back after they were read."""
        epochs = self._thread.epochs
        return [fetch for fetch, epoch in zip(*batch, strict=True) if epoch == epochs[fetch.place]]

    # Faust leaves aside a partition whose event waits; here the event is the whole topic's. Faust looks for partitions
    # to be taken up again once a second.

    def on_buffer_full(self, tp: TP) -> None:
        """Read no more of the topic until its batch is done."""
        self._resumed.clear()
        for partition in [one for one in self._get_active_partitions() if one.topic == tp.topic]:
            super().on_buffer_full(partition)

    def on_buffer_drop(self, tp: TP) -> None:
        """Read the topic again, now."""
        for partition in [one for one in self._buffered_partitions if one.topic == tp.topic]:
            super().on_buffer_drop(partition)
        self._resumed.set()
        self._thread.look_again()

    async def _wait_next_records(self, timeout: float) -> Any:
        if self._buffered_partitions and not self._get_active_partitions():
            await self.wait(self._resumed, timeout=timeout)  # type: ignore[arg-type]  # as Faust does
        return await super()._wait_next_records(timeout)

    def lag(self) -> dict[tuple[str, int], int]:
        """Per assigned partition: how many offsets the handler is behind the broker, as far as known."""
        lag: dict[tuple[str, int], int] = {}
        for tp, (end, position) in self._thread.progress().items():
            done = self._handled.get(tp, position)
            if end is not None and done is not None:
                lag[tp] = max(0, end - done)
        return lag

    @property
    def has_read_all(self) -> bool:
        """Whether the end of every assigned partition is known, and reached."""
        progress = self._thread.progress().values()
        return all(end is not None and position is not None and position >= end for end, position in progress)

    @property
    def last_poll_at(self) -> float:
        """Monotonic time of the consumer thread's last look for records (at least one a second when all is well)."""
        return self._thread.last_poll_at

    # Faust acknowledges also what an exception left undone, and takes a failed commit for done: so neither its acks
    # nor its memory of commits are used.

    def _filter_tps_with_pending_acks(self, _topics: object = None) -> Iterator[TP]:
        self._acked.clear()
        self._acked_index.clear()
        return (tp for tp, offset in self._handled.items() if self._marked.get(tp) != offset)

    def _new_offset(self, tp: TP) -> int | None:
        return self._handled.get(tp)

    def _should_commit(self, _tp: TP, _offset: int) -> bool:
        return True

    async def _commit(self, offsets: Mapping[TP, int]) -> bool:
        committed = await super()._commit(offsets)
        if committed:
            self._marked.update(offsets)
        return committed

    async def _add_gap(self, tp: TP, offset_from: int, offset_to: int) -> None:
        """Do nothing: offsets are committed by fetch, holes do not matter."""

    async def verify_all_partitions_active(self) -> None:
        """Do nothing: Faust's guesses about slow partitions count messages, which here are fetches."""

    async def on_partitions_assigned(self, assigned: set[TP], generation_id: int = 0) -> None:
        """Tell the view, when Faust has finished, that this worker is in the group."""
        self._handled.clear()
        self._marked.clear()
        self._buffered_partitions.clear()
        self._resumed.set()
        self._thread.term += 1
        await super().on_partitions_assigned(assigned, generation_id)
        self.app.group.assigned(assigned)

    async def on_partitions_revoked(self, revoked: set[TP]) -> None:
        """Let the batches in hand finish, then forget the partitions."""
        self.app.group.revoked(revoked)
        await super().on_partitions_revoked(revoked)
        for tp in revoked:
            self._handled.pop(tp, None)
            self._marked.pop(tp, None)


class NoProducer(driver.Producer):
    """Faust wants a producer to flush; this project publishes with its own, so this one never connects."""

    async def on_start(self) -> None:
        """Do nothing."""


def install(app: GroupApp) -> None:
    """Make the app's consumer hand over whole fetches. Before the app starts."""
    tolerant.install()
    # On this app's transport only, not on Faust's class.
    app.transport.Consumer = FetchConsumer
    app.transport.Producer = NoProducer
