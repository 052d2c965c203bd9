"""Reconciliation: after a restore, readers of the topic of tickets learn what is no longer so (rule O-15).

O-15 When the replay after a restore has caught up, the topic of tickets is read once to where it ended at the restore:
     a number that no ticket has any more gets its end there (a record without a value), and a ticket of which a higher
     version was told than the ledger has goes on from that version and is published as it stands.
Page by page, each in a transaction with the place that it has reached, so a crash repeats a page at most.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, TopicAuthorizationFailedError

from schemas.topics import Topics
from streams.clock import Clock
from streams.kafka.admin import REQUEST_MS
from streams.kafka.config import KafkaConfig
from streams.ledger import Conflict, Ledger, LedgerUnavailable, Restored
from streams.log_events import event_log
from streams.rules.state.records import OutMessage
from streams.worker.relay import TICKET_VERSION, Outgoing

LOOK_SECONDS: Final = 2.0
STILL: Final = (
    30  # looks at which no offset has moved: what is missing is a transaction's marker, or waits for somebody
)
PAGE: Final = 500  # records
POLL_MS: Final = 3_000

log = event_log(__name__)


class Reconciliation:
    """One per worker; most of them have nothing to do."""

    def __init__(
        self,
        ledger: Ledger,
        config: KafkaConfig,
        clock: Clock,
        topics: Topics,
        offer: Callable[[Outgoing], Awaitable[None]],
    ) -> None:
        self._ledger = ledger
        self._config = config
        self._clock = clock
        self._topics = topics
        self._offer = offer

    async def run(self) -> None:
        """Returns when there is nothing left to do."""
        while True:
            try:
                if await self._left() is None:
                    return
                await self._caught_up()
                await self._reconcile()
            except TopicAuthorizationFailedError:
                log.error("tickets_not_readable", topic=self._topics.tickets, hint="grant Read, and start again")  # noqa: TRY400
                return
            except (Conflict, LedgerUnavailable, KafkaError):
                await asyncio.sleep(LOOK_SECONDS)

    async def _left(self) -> Restored | None:
        async with self._ledger.transaction() as tx:
            return await tx.reconciling.left()

    async def _caught_up(self) -> None:
        still, before = 0, None
        while still < STILL:
            async with self._ledger.transaction() as tx:
                restored, offsets = await tx.reconciling.left(), await tx.offsets.all()
            wanted = restored.read_again if restored is not None else {}
            ends = [((topic, int(n)), end) for topic, parts in wanted.items() for n, end in parts.items()]
            if all(offsets.get(place, 0) >= end for place, end in ends):
                return
            still = still + 1 if offsets == before else 0
            before = offsets
            await asyncio.sleep(LOOK_SECONDS)

    async def _reconcile(self) -> None:
        consumer = AIOKafkaConsumer(
            **self._config.aiokafka_options(),
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            request_timeout_ms=REQUEST_MS,
        )
        try:
            await consumer.start()
            while (left := await self._left()) is not None:
                await self._page(consumer, left)
        finally:
            await consumer.stop()

    async def _page(self, consumer: AIOKafkaConsumer, left: Restored) -> None:
        spans = {TopicPartition(self._topics.tickets, int(number)): span for number, span in left.left.items()}
        open_ = {tp: span for tp, span in spans.items() if span[0] < span[1]}
        consumer.assign(list(open_))
        for tp, (start, _) in open_.items():
            consumer.seek(tp, start)
        found = await consumer.getmany(*open_, timeout_ms=POLL_MS, max_records=PAGE) if open_ else {}
        # Nothing more: the rest is markers, or was compacted away.
        reached = {tp: records[-1].offset + 1 for tp, records in found.items()} or {
            tp: end for tp, (_, end) in open_.items()
        }
        after = {str(tp.partition): (reached.get(tp, start), end) for tp, (start, end) in spans.items()}
        real = self._clock.now().real
        async with self._ledger.transaction() as tx:
            unknown = await tx.reconciling.advance(left, replace(left, left=after), _versions(found), real)
            messages = [OutMessage(self._topics.tickets, number.encode(), None) for number in unknown or ()]
            chunks = await tx.outbox.add(messages, real)
        if messages:
            log.warning("tickets_given_up", tickets=len(messages), first=unknown[0] if unknown else None)
        await self._offer(Outgoing(chunks, messages))


def _versions(found: Mapping[Any, Sequence[Any]]) -> dict[str, int]:
    """The highest version of each ticket that these records tell of."""
    versions: dict[str, int] = {}
    for records in found.values():
        for record in records:
            version = TICKET_VERSION.search(record.value or b"")
            if record.key is not None and version is not None:
                number = record.key.decode("utf-8", "replace")
                versions[number] = max(versions.get(number, 0), int(version[1]))
    return versions
