"""Recheck requests as they come, each answered once its time has come, under offsets of their own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, NamedTuple

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from pydantic import ValidationError

from schemas.recheck_request import RecheckRequest
from streams.kafka.admin import end_offsets
from streams.kafka.publisher import OutMessage, Publisher
from streams.services.brokers import publish, publishing
from streams.services.connections import kafka_config, topics_of
from streams.services.listening import POLL_MS
from streams.services.producing.answering import Look, answered, concerns
from streams.settings.model import Settings


class _Waiting(NamedTuple):
    place: TopicPartition
    offset: int
    request: RecheckRequest


class WaitingRequests:
    """Requests that are not answered yet, the newest of each problem; where to read on after a restart."""

    def __init__(self) -> None:
        self._by_problem: dict[str, _Waiting] = {}
        self._read: dict[TopicPartition, int] = {}

    def take(self, look: Look, record: ConsumerRecord, now: datetime) -> None:
        """One record of the topic; what is no request, or not for this tool, is passed over."""
        place = TopicPartition(record.topic, record.partition)
        self._read[place] = record.offset + 1
        try:
            request = RecheckRequest.model_validate_json(record.value or b"")
        except ValidationError:
            return
        if concerns(look, request, now):
            self._by_problem[request.fingerprint] = _Waiting(place, record.offset, request)

    def due(self, look: Look, now: datetime) -> list[RecheckRequest]:
        """Those whose time has come; those that have expired meanwhile are dropped."""
        self._by_problem = {name: one for name, one in self._by_problem.items() if concerns(look, one.request, now)}
        return [one.request for one in self._by_problem.values() if one.request.not_before <= now]

    def done(self, request: RecheckRequest) -> None:
        """It is answered."""
        self._by_problem.pop(request.fingerprint, None)

    @property
    def offsets(self) -> dict[TopicPartition, int]:
        """From where to read on: nothing that waits is passed over."""
        found = dict(self._read)
        for one in self._by_problem.values():
            found[one.place] = min(found[one.place], one.offset)
        return found


async def answer_requests(
    settings: Settings,
    look: Look,
    now: Callable[[], datetime],
    *,
    once: bool,
    on_answer: Callable[[RecheckRequest, dict[str, Any]], None],
) -> int:
    """Answers until it is stopped, or all that wait now; how many. Raises Failure: no broker, or an answer refused."""
    config, topics = kafka_config(settings), topics_of(settings)
    ends = {
        TopicPartition(topic, n): end
        for (topic, n), end in (await end_offsets(config, [topics.recheck_requests])).items()
    }
    consumer = AIOKafkaConsumer(
        **config.aiokafka_options(),
        group_id=f"{settings.group_id}-answer-{look.source}-{look.asset.asset_id}",
        enable_auto_commit=False,
        auto_offset_reset="earliest",
    )
    count, waiting = 0, WaitingRequests()
    async with publishing(config) as publisher:
        await consumer.start()
        try:
            consumer.assign(list(ends))
            while True:
                for records in (await consumer.getmany(timeout_ms=POLL_MS)).values():
                    for record in records:
                        waiting.take(look, record, now())
                for request in waiting.due(look, now()):
                    answer = await answered(settings, look, request, now)
                    await _send(publisher, topics.findings, answer)
                    waiting.done(request)
                    on_answer(request, answer)
                    count += 1
                if waiting.offsets:
                    await consumer.commit(waiting.offsets)
                if once and await _caught_up(consumer, ends) and not waiting.due(look, now()):
                    return count
        finally:
            await consumer.stop()


async def _send(publisher: Publisher, topic: str, answer: dict[str, Any]) -> None:
    await publish(publisher, OutMessage(topic, answer["asset_id"].encode(), orjson.dumps(answer)))


async def _caught_up(consumer: AIOKafkaConsumer, ends: dict[TopicPartition, int]) -> bool:
    for place, end in ends.items():
        if await consumer.position(place) < end:
            return False
    return True
