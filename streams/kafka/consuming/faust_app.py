"""The Faust app of a worker: groups, rebalances and agents are Faust's, the batches are ours."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import monotonic
from typing import NoReturn, cast

import faust
from faust.types import StreamT

from streams.kafka.config import KafkaConfig
from streams.kafka.consuming.fetches import Batch, Fetch, FetchConsumer, Untouched, install
from streams.kafka.consuming.group_view import GroupView
from streams.kafka.identity import AnotherLogError
from streams.log_events import event_log

Handler = Callable[[Sequence[Fetch]], Awaitable[None]]
FatalHook = Callable[[BaseException], NoReturn]

EXIT_FATAL = 70  # EX_SOFTWARE; the supervisor restarts the worker
EXIT_REFUSED = 1  # as of a worker that does not start
BATCH_RECORDS = 3_000  # at most; with 4,000 new tickets are 1 % cheaper, and a worker takes 50 MiB more
BUFFERED_BATCHES = 1  # per agent: the one at work; see fetches.py
NEVER = 1e7  # seconds

log = event_log(__name__)


class SeekBack(Exception):
    """Raised by a handler: read these partitions again from these offsets, and do not acknowledge their fetches."""

    def __init__(self, offsets: Mapping[tuple[str, int], int]) -> None:
        super().__init__(f"read again from {offsets}")
        self.offsets = offsets


class FetchApp(faust.App):
    """A Faust app that knows its brokers and shows its group; it leaves no directories behind."""

    kafka: KafkaConfig
    group: GroupView
    failure: BaseException | None = None
    _stopping: asyncio.Task[None] | None = None

    async def stop(self) -> None:
        """Finish the batches in hand, commit, leave the group. Whoever calls second waits for the first."""
        if self._stopping is None:
            self.group.revoked(self.group.partitions)
            self._stopping = asyncio.create_task(super().stop())
        await asyncio.shield(self._stopping)

    @property
    def fetches(self) -> FetchConsumer:
        """The consumer, which is ours."""
        return cast("FetchConsumer", self.consumer)

    def lag(self) -> dict[tuple[str, int], int]:
        """Per assigned partition: offsets not yet handled, as far as known. Cheap, asks no broker."""
        return self.fetches.lag() if self.started else {}

    @property
    def has_read_all(self) -> bool:
        """Whether every assigned partition has been read to its end, as far as known, and nothing of it is in hand."""
        return self.started and not self.group.busy_since and self.fetches.has_read_all

    @property
    def last_poll_at(self) -> float | None:
        """Monotonic time of the last look for records; None before the start."""
        return self.fetches.last_poll_at if self.started else None

    def _create_directories(self) -> None:
        """Make none: there are no tables to keep in them."""


def exit_at_once(error: BaseException) -> NoReturn:
    """Leave without stopping anything, so that nothing unfinished can be acknowledged."""
    if isinstance(error, AnotherLogError):
        print(error, file=sys.stderr, flush=True)  # noqa: T201 - one sentence, as at a start
        logging.shutdown()
        os._exit(EXIT_REFUSED)
    log.critical("fatal", exc_info=error)
    logging.shutdown()
    os._exit(EXIT_FATAL)


def build_app(
    config: KafkaConfig,
    group: str,
    handlers: Mapping[str, Handler],
    *,
    max_poll_records: int = BATCH_RECORDS,
    instance_id: str | None = None,
    on_fatal: FatalHook = exit_at_once,
    view: GroupView | None = None,
) -> FetchApp:
    """Make the app that reads each topic of ``handlers`` in whole fetches. Needs a running event loop.

    A handler gets what a poll found in the topic, a fetch for each partition; one that returns acknowledges them all;
    one that raises ``SeekBack`` gets those partitions again from there, and at once the other fetches once more; any
    other exception goes to ``on_fatal`` and nothing is acknowledged any more. Topics must exist.
    """
    app = FetchApp(
        group,
        broker=";".join(f"kafka://{server}" for server in config.servers),
        broker_client_id=config.client_id,
        broker_max_poll_records=max_poll_records,
        broker_session_timeout=12.0,
        broker_heartbeat_interval=3.0,
        broker_rebalance_timeout=30.0,
        broker_request_timeout=40.0,  # a join may take the rebalance's; a connection that fell silent costs as much
        broker_max_poll_interval=NEVER,  # or an idle spare worker leaves the group for good
        broker_commit_interval=2.0,
        consumer_auto_offset_reset="earliest",
        consumer_group_instance_id=instance_id,
        env={},  # or Faust lets the environment override all of this
        stream_buffer_maxsize=BUFFERED_BATCHES,
        topic_allow_declare=False,
        topic_disable_leader=True,
        table_standby_replicas=0,
        web_enabled=False,
        autodiscover=False,
    )
    app.kafka = config
    app.group = view or GroupView()
    install(app)
    for topic, handler in handlers.items():
        _read(app, topic, handler, on_fatal)
    return app


def _read(app: FetchApp, topic: str, handler: Handler, on_fatal: FatalHook) -> None:
    async def read(stream: StreamT[Batch]) -> None:
        async for batch in stream:
            await _hand_over(app, batch, handler, on_fatal)

    app.agent(app.topic(topic, schema=Untouched()), name=f"reader of {topic}", concurrency=1)(read)


async def _hand_over(app: FetchApp, batch: Batch, handler: Handler, on_fatal: FatalHook) -> None:
    if app.failure is not None:
        return
    fetches = app.fetches.current(batch)
    app.group.busy_since.update(dict.fromkeys((fetch.place for fetch in fetches), monotonic()))
    try:
        while fetches:
            fetches = await _take(app.fetches, fetches, handler)
    except Exception as error:  # noqa: BLE001 - whatever it is, Faust would acknowledge the batch
        app.failure = error
        on_fatal(error)
    finally:
        for fetch in batch.fetches:
            app.group.busy_since.pop(fetch.place, None)


async def _take(consumer: FetchConsumer, fetches: Sequence[Fetch], handler: Handler) -> list[Fetch]:
    """Hands fetches over; those that are to be handed over once more."""
    try:
        await handler(fetches)
    except SeekBack as request:
        for fetch in fetches:
            if fetch.place in request.offsets:
                await consumer.seek_back(fetch, request.offsets[fetch.place])
        return [fetch for fetch in fetches if fetch.place not in request.offsets]
    for fetch in fetches:
        consumer.handled(fetch)
    return []


async def run_app(app: FetchApp) -> None:
    """Run until the app is stopped or this is cancelled; either way batches in hand are finished first.

    Raises what crashed the app. Installs no signal handlers and leaves logging alone.
    """
    try:
        await app.start()
        await app.wait_until_stopped()
    finally:
        await app.stop()
    if app.crash_reason is not None:
        raise app.crash_reason
