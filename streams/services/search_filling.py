"""Filling the pages' search (W-46): which tickets have changed, `rectify.tickets` says.

What stands in them is read from the ledger, which knows all of their problems and is never behind the topic.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta
from secrets import token_hex
from typing import Any, Final

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError, UnknownTopicOrPartitionError

from streams.clock import system_time
from streams.kafka.admin import end_offsets
from streams.kafka.config import KafkaConfig
from streams.kafka.identity import log_ids
from streams.ledger import Ledger, LedgerError
from streams.log_events import event_log
from streams.services.searched_texts import search_texts
from streams.store.search import Search, TopicPlace

AT_ONCE: Final = 200  # tickets of a transaction
POLL_MS: Final = 1_000
_NOTED: Final = timedelta(seconds=5)  # how exactly it is kept when nothing was left
_PAUSE: Final = 5.0  # seconds until it is tried again, or until it is asked again whose turn it is

log = event_log(__name__)


class SearchFilling:
    """One of the web processes, which take turns."""

    def __init__(self, config: KafkaConfig, topic: str, ledger: Ledger, search: Search) -> None:
        self._config, self._topic, self._ledger, self._search = config, topic, ledger, search
        self._owner = token_hex(8)

    async def run(self) -> None:
        """Without end; what is in the way is waited for, and logged when it changes."""
        logged = ""
        while True:
            try:
                if await self._search.take_turn(self._owner, system_time()):
                    await self._as_long_as_it_is_ours()
                logged = ""
            except (KafkaError, LedgerError, OSError) as error:
                if logged != (logged := str(error) or type(error).__name__):
                    log.warning("search_waits", error=logged)
            await asyncio.sleep(_PAUSE)

    async def leave(self) -> None:
        """Another process may go on; one that cannot be told waits for half a minute."""
        with suppress(LedgerError):
            await self._search.leave(self._owner)

    async def take(self, places: Mapping[int, TopicPlace], ticket_ids: Iterable[str]) -> bool:
        """Indexes these tickets as the ledger has them now, and moves on; False: it is not our turn any more."""
        wanted = dict.fromkeys(ticket_ids)
        texts = await search_texts(self._ledger, wanted)
        return await self._search.fill(self._owner, places, texts, wanted.keys() - {one.ticket_id for one in texts})

    async def _as_long_as_it_is_ours(self) -> None:
        log_id = (await log_ids(self._config, [self._topic])).get(self._topic, "")
        async with self._reading(log_id) as consumer:
            noted: datetime | None = None
            while await self._search.take_turn(self._owner, now := system_time()):
                fetched = await consumer.getmany(timeout_ms=POLL_MS, max_records=AT_ONCE)
                if fetched:
                    places = {
                        tp.partition: TopicPlace(log_id, records[-1].offset + 1) for tp, records in fetched.items()
                    }
                    keys = (record.key for records in fetched.values() for record in records)
                    if not await self.take(places, (key.decode("utf-8", "replace") for key in keys if key)):
                        return
                elif consumer.partitions_for_topic(self._topic) != {one.partition for one in consumer.assignment()}:
                    return  # there are more by now
                elif (noted is None or now - noted > _NOTED) and await self._is_at_the_end(consumer):
                    await self._search.catch_up(self._owner, now)
                    noted = now

    @asynccontextmanager
    async def _reading(self, log_id: str) -> AsyncIterator[Any]:
        """The topic, from where it was read up to; from its beginning if it is another log by now, or was cut off."""
        reached = await self._search.reached()
        if any(place.log_id != log_id for place in reached.values()):
            await self._search.clear()
            reached = {}
            await self._search.take_turn(self._owner, system_time())
        partitions = [TopicPartition(*place) for place in await end_offsets(self._config, [self._topic])]
        if not partitions:
            raise UnknownTopicOrPartitionError
        consumer = AIOKafkaConsumer(
            **self._config.aiokafka_options(), enable_auto_commit=False, auto_offset_reset="earliest"
        )
        try:
            await consumer.start()
            consumer.assign(partitions)
            for one in partitions:
                if one.partition in reached:
                    consumer.seek(one, reached[one.partition].next_offset)
            yield consumer
        finally:
            await consumer.stop()

    @staticmethod
    async def _is_at_the_end(consumer: AIOKafkaConsumer) -> bool:
        """What was compacted away at the end is behind us, too: a position is where the broker goes on."""
        ends = await consumer.end_offsets(list(consumer.assignment()))
        return all([await consumer.position(one) >= end for one, end in ends.items()])


@asynccontextmanager
async def filling_beside(filling: SearchFilling) -> AsyncIterator[None]:
    """Fills as long as it lasts."""
    task = asyncio.create_task(filling.run())
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        await filling.leave()
