"""Publishing in batches, acknowledged by the broker: slower than firing and forgetting, and nothing gets lost."""

from __future__ import annotations

import asyncio
import itertools
import zlib
from collections import defaultdict
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from contextlib import suppress
from time import monotonic
from typing import Any, NamedTuple, TypeVar

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, ProducerClosed

from schemas.topics import DEAD_LETTER_BYTES
from streams.kafka.batches import MessagePlace, Slot, fill, size_of
from streams.kafka.config import KafkaConfig
from streams.kafka.refusals import NOT_AUTHORIZED, REFUSED, TOO_LARGE, UNKNOWN_TOPIC, PublishError, verdict_on
from streams.log_events import event_log
from streams.patience import Patience
from streams.rules.state.records import OutMessage

__all__ = [
    "NOT_AUTHORIZED",
    "REFUSED",
    "TOO_LARGE",
    "UNKNOWN_TOPIC",
    "MessagePlace",
    "OutMessage",
    "PublishError",
    "Publisher",
    "PublisherStoppedError",
]

BATCH_BYTES = 512 * 1024  # half of the broker's default limit for a batch, whatever the topic allows
REQUEST_BYTES = DEAD_LETTER_BYTES + 64 * 1024  # the largest message that is tried at all
RETRY_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0)  # between attempts; the last one repeats
TOPIC_SECONDS = 10.0  # a topic that answering brokers do not know for this long does not exist
QUIET_SECONDS = 5.0  # a publication slower than this is worth one line in the log
STOP_SECONDS = 5.0
REQUEST_MS = 30_000

T = TypeVar("T")
Ours = Callable[[], Awaitable[bool]]  # asked before each batch

log = event_log(__name__)


class PublisherStoppedError(Exception):
    """Published after the stop, or abandoned by it."""


class StaleError(Exception):
    """What was to be published is somebody else's by now."""


class _Outcome(NamedTuple):
    """What becomes of a publication; `places`, if anybody wants to know, by the place in the caller's list."""

    refused: list[PublishError]
    places: dict[int, MessagePlace] | None

    def refuse(self, slot: Slot, code: str, detail: str) -> None:
        """It is never taken."""
        self.refused.append(PublishError(slot.place, code, detail))

    def written(self, slots: list[Slot], topic: str, partition: int, first: int) -> None:
        """They lie there; `first` is the offset of the first of them, -1 where it was taken before by another try."""
        if self.places is not None and first >= 0:
            for number, slot in enumerate(slots):
                self.places[slot.place] = MessagePlace(topic, partition, first + number)


class Publisher:
    """One idempotent producer. `publish` returns when every message is acknowledged or refused for good.

    Whatever may pass (no broker, no leader, time-outs) is tried again for as long as it takes; the broker's own
    sequence numbers keep a retry from being a repeat, except when the producer has to be replaced. Not compressed:
    gzip costs a fifth of the speed, the other codecs are not always installed.
    """

    def __init__(self, config: KafkaConfig, *, topic_seconds: float = TOPIC_SECONDS) -> None:
        self._config = config
        self._topic_seconds = topic_seconds
        self._producer: AIOKafkaProducer | None = None
        self._replacing = asyncio.Lock()
        self._round_robin = itertools.count()
        self._stalled_since: float | None = None
        self._closing: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Connect; while no broker answers, wait for one."""
        await self._patiently(self._replace(None))

    async def stop(self) -> None:
        """Leave. Publications under way are given five seconds and then abandoned."""
        producer, self._producer = self._producer, None
        if producer is not None:
            await _close(producer)
        if self._closing:
            await asyncio.wait(self._closing)

    async def ping(self, seconds: float = 5.0) -> bool:
        """Tell whether a broker answers; on the connection that is there, so it may be asked often."""
        producer = self._producer
        if producer is None:
            return False
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                return bool(await producer.client.force_metadata_update())
        return False

    async def publish(self, messages: Sequence[OutMessage], ours: Ours | None = None) -> list[PublishError]:
        """Publish and wait for the acknowledgements; what was refused for good comes back, by index.

        Raises StaleError when they were not `ours` any more before a batch: some may have been published then.
        """
        outcome = _Outcome([], None)
        await self._publish(messages, outcome, ours)
        return sorted(outcome.refused)

    async def publish_placed(
        self, messages: Sequence[OutMessage]
    ) -> tuple[list[PublishError], dict[int, MessagePlace]]:
        """The same, and where each has come to lie, by index; one that the broker had taken before may be missing."""
        places: dict[int, MessagePlace] = {}
        outcome = _Outcome([], places)
        await self._publish(messages, outcome, None)
        return sorted(outcome.refused), places

    async def _publish(self, messages: Sequence[OutMessage], outcome: _Outcome, ours: Ours | None) -> None:
        by_topic: dict[str, list[Slot]] = defaultdict(list)
        for index, message in enumerate(messages):
            by_topic[message.topic].append(Slot(index, message))
        sending = (self._publish_topic(topic, slots, outcome, ours) for topic, slots in by_topic.items())
        await self._patiently(_all_ended(sending))

    async def _publish_topic(self, topic: str, slots: list[Slot], outcome: _Outcome, ours: Ours | None) -> None:
        missing = await self._missing(topic)
        if missing is not None:
            outcome.refused.extend(missing._replace(index=slot.place) for slot in slots)
            return
        count = len(self._current().client.cluster.partitions_for_topic(topic))
        by_partition: dict[int, list[Slot]] = defaultdict(list)
        for slot in slots:
            size = size_of(slot.message)
            if size > REQUEST_BYTES:
                detail = f"{size} bytes with key and headers, more than {REQUEST_BYTES}"
                outcome.refuse(slot, TOO_LARGE, detail)
                continue
            key = slot.message.key
            number = next(self._round_robin) if key is None else zlib.crc32(key)
            by_partition[number % count].append(slot)
        await _all_ended(
            self._publish_partition(topic, number, part, outcome, ours) for number, part in by_partition.items()
        )

    async def _publish_partition(
        self, topic: str, partition: int, slots: list[Slot], outcome: _Outcome, ours: Ours | None
    ) -> None:
        """Send batch after batch, each acknowledged before the next: that keeps the order through every failure."""
        start, alone_until, failures, patience = 0, 0, 0, Patience(RETRY_SECONDS)
        while start < len(slots):
            producer = self._current()
            limit = start + 1 if start < alone_until else len(slots)
            batch, end = fill(producer, slots, start, limit)
            if ours is not None and not await ours():
                raise StaleError
            try:
                written = await (await producer.send_batch(batch, topic, partition=partition))
            except KafkaError as error:
                failures += 1
                verdict = verdict_on(error, failures)
                if verdict is None:
                    await patience.pause()
                # A refused batch has used up sequence numbers that the broker never saw, and it would refuse all
                # that follow; a new producer starts over. After an outage it knows the new leaders, too.
                await self._replace(producer)
                missing = await self._missing(topic)
                if missing is not None:
                    outcome.refused.extend(missing._replace(index=slot.place) for slot in slots[start:])
                    return
                if verdict is not None and end - start > 1:
                    alone_until = end  # one of them: find out which
                elif verdict is not None:
                    outcome.refused.append(
                        PublishError(slots[start].place, verdict, str(error) or type(error).__name__)
                    )
                    start, failures, patience = end, 0, Patience(RETRY_SECONDS)
            else:
                outcome.written(slots[start:end], topic, partition, written.offset)
                start, failures, patience = end, 0, Patience(RETRY_SECONDS)

    async def _missing(self, topic: str) -> PublishError | None:
        """Tell why a topic cannot be published to; None: it can. Waits while no broker answers."""
        unknown_since: float | None = None
        patience = Patience(RETRY_SECONDS)
        while True:
            client = self._current().client
            if client.cluster.partitions_for_topic(topic):
                break
            client.add_topic(topic)
            answered = await client.force_metadata_update()
            if topic in client.cluster.unauthorized_topics:
                return PublishError(0, NOT_AUTHORIZED, f"no right to write to topic {topic}")
            if not answered:
                unknown_since = None
            elif unknown_since is None:
                unknown_since = monotonic()
            elif monotonic() - unknown_since > self._topic_seconds:
                return PublishError(0, UNKNOWN_TOPIC, f"topic {topic} does not exist")
            if not client.cluster.partitions_for_topic(topic):
                await patience.pause()
        return None

    def _current(self) -> AIOKafkaProducer:
        if self._producer is None:
            msg = "the publisher is not running"
            raise PublisherStoppedError(msg)
        return self._producer

    async def _replace(self, failed: AIOKafkaProducer | None) -> None:
        """Put a new producer in the place of a failed one, unless somebody has."""
        async with self._replacing:
            if self._producer is not failed:
                return
            patience = Patience(RETRY_SECONDS)
            while True:
                producer = AIOKafkaProducer(
                    **self._config.aiokafka_options(),
                    acks="all",
                    enable_idempotence=True,
                    compression_type="zstd",  # a ticket said again is mostly what was said before
                    max_batch_size=BATCH_BYTES,
                    max_request_size=REQUEST_BYTES,
                    request_timeout_ms=REQUEST_MS,
                )
                try:
                    await producer.start()
                except KafkaError:
                    await _close(producer)
                    await patience.pause()
                except BaseException:
                    await _close(producer)
                    raise
                else:
                    break
            self._producer = producer
        if failed is not None:
            closing = asyncio.create_task(_close(failed))
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def _patiently(self, work: Awaitable[T]) -> T:
        """Wait as long as it takes, and say once that it takes long and once that it is over."""
        task = asyncio.ensure_future(work)
        try:
            await asyncio.wait({task}, timeout=QUIET_SECONDS)
            if not task.done() and self._stalled_since is None:
                self._stalled_since = monotonic() - QUIET_SECONDS
                log.warning("kafka_publishing_stalled", servers=self._config.bootstrap)
            result = await task
        finally:
            task.cancel()
        if self._stalled_since is not None:
            log.info("kafka_publishing_resumed", seconds=round(monotonic() - self._stalled_since, 1))
            self._stalled_since = None
        return result


async def _all_ended(sending: Iterable[Coroutine[Any, Any, None]]) -> None:
    """Returns when all have ended, whatever becomes of one; raises what the first of them raised."""
    for outcome in await asyncio.gather(*sending, return_exceptions=True):
        if outcome is not None:
            raise outcome


async def _close(producer: AIOKafkaProducer) -> None:
    """Stop a producer, by force when the broker does not let it finish."""
    with suppress(KafkaError, TimeoutError):
        async with asyncio.timeout(STOP_SECONDS):
            await producer.stop()
            return
    # aiokafka has no stop without a flush, and an idempotent producer's flush without a broker never ends.
    producer._message_accumulator.fail_all(ProducerClosed())  # noqa: SLF001
    sender = producer._sender.sender_task  # noqa: SLF001
    if sender is not None:
        sender.cancel()
    await producer.client.close()
