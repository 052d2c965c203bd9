"""A worker, put together: settings -> parts -> loops. Everything is built here, once, and handed in.

`Worker` lives inside an event loop that somebody else owns: of a process of its own (process.py), or of the demo.
"""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import AsyncExitStack
from time import monotonic
from typing import Any, Final, Self
from uuid import uuid4

from schemas.topics import Topics
from streams import ledger as ledgers
from streams.clock import Clock, parse_clock
from streams.files.command_keys import load_command_keys
from streams.files.policy.loading import load_policy
from streams.files.webhooks import check_webhooks
from streams.kafka.admin import cluster_id, list_topics
from streams.kafka.consuming.faust_app import BATCH_RECORDS, FatalHook, FetchApp, build_app, exit_at_once, run_app
from streams.kafka.consuming.fetches import Fetch
from streams.kafka.identity import log_ids
from streams.kafka.publisher import Publisher
from streams.ledger import Ledger, LedgerError, LedgerUnavailable
from streams.log_events import event_log
from streams.patience import AWAY_SECONDS
from streams.rules.notices.webhooks import Subscriber
from streams.rules.state.snapshot import Registry
from streams.services.known_logs import compare
from streams.services.page_keys import known_page_keys
from streams.settings.model import Settings
from streams.worker.delivery.build import delivery
from streams.worker.due_watch import DueWatch
from streams.worker.health import Health, Identity
from streams.worker.intake.batch_processor import BatchProcessor
from streams.worker.intake.issued import bulletin_reader
from streams.worker.intake.origins import Origins
from streams.worker.intake.reading import Reader, command_reader, finding_reader
from streams.worker.intake.registrar import loaded, registry_reader
from streams.worker.metrics import Metrics
from streams.worker.pages import Observer, serve
from streams.worker.pages import build_app as build_pages
from streams.worker.reconciliation import Reconciliation
from streams.worker.relay import Relay
from streams.worker.restored import follow_the_database
from streams.worker.subscribers import Subscribers

PATIENCE_SECONDS: Final = 3.0  # after a request to stop: for a broker or a database that is away
DRAIN_SECONDS: Final = 5.0
LAG_SECONDS: Final = 5.0

log = event_log(__name__)


class StartError(Exception):
    """The worker cannot start; the text says what to do."""


class Worker:
    """One worker: `async with Worker(settings) as worker: await worker.run()`."""

    def __init__(
        self,
        settings: Settings,
        *,
        clock: Clock | None = None,
        max_poll_records: int = BATCH_RECORDS,
        on_fatal: FatalHook = exit_at_once,
    ) -> None:
        self.settings = settings
        self.clock = clock or parse_clock(settings.clock)
        self.topics = Topics(settings.topic_prefix)
        self.policy = load_policy(settings.policy)
        self._command_keys = load_command_keys(settings.command_keys)
        self._page_keys = known_page_keys(settings)
        self.kafka = settings.kafka()
        self.metrics = Metrics()
        self.port = settings.web_port
        self._max_poll_records = max_poll_records
        self._on_fatal = on_fatal
        self._stack = AsyncExitStack()
        self._stop = asyncio.Event()

    async def __aenter__(self) -> Self:
        """Connects everything; raises StartError with what is in the way."""
        try:
            await self._connect()
            await self._build()
        except LedgerError as error:
            await self._stack.aclose()
            raise StartError(str(error)) from error
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Lets go of every connection."""
        await self._stack.aclose()

    async def _connect(self) -> None:
        self.ledger = await self._open_ledger()
        self._stack.push_async_callback(self.ledger.close)
        self.publisher = Publisher(self.kafka)
        await self.publisher.start()
        self._stack.push_async_callback(self.publisher.stop)
        await self._check_cluster()

    async def _build(self) -> None:
        ledger, clock, topics, metrics = self.ledger, self.clock, self.topics, self.metrics
        async with ledger.transaction() as tx:
            registry = await loaded(tx, self.settings.zone, None, clock.now())
            await tx.past.pack(self.policy, clock.now().at)
            cluster = await tx.logs.bound_cluster()
        self.relay = Relay(ledger, self.publisher, clock, topics)
        subscribers = Subscribers([Subscriber(one.name, one.unit_id) for one in check_webhooks(self.settings.webhooks)])
        self.processor = BatchProcessor(ledger, self.relay, clock, self.policy, topics, registry, metrics, subscribers)
        self.duewatch = DueWatch(self.processor)
        self.reconciliation = Reconciliation(ledger, self.kafka, clock, topics, self.relay.offer)
        self.origins = Origins(ledger, self.kafka, self.relay)
        self.app = self._faust_app()
        self.delivery = await self._stack.enter_async_context(
            delivery(self.settings, self.processor, lambda: self.settings.receipts_url(self.port))
        )
        self.health = self._health(cluster or "")
        pages = build_pages(
            self.health,
            metrics,
            observe=Observer(ledger, clock, metrics),
            reports=self.delivery.reports,
            callbacks=self.delivery.callbacks,
            bounces=self.delivery.bounces,
        )
        self.port = await self._stack.enter_async_context(serve(pages, self.settings.web_host, self.settings.web_port))

    def _health(self, cluster: str) -> Health:
        return Health(
            in_group=lambda: self.app.group.joined,
            broker=self.publisher.ping,
            database=self._database_answers,
            oldest_batch_seconds=self._oldest_batch_seconds,
            identity=Identity(self.settings.group_id, self.settings.topic_prefix, cluster),
        )

    @property
    def registry(self) -> Registry:
        """Who owns what, as the batch processor last read it."""
        return self.processor.registry

    async def run(self) -> None:
        """Runs until `stop`; then finishes the batches in hand and publishes what the outbox holds."""
        gc.freeze()  # what is loaded by now stays; and a batch's thousands of records are no garbage to look for
        gc.set_threshold(100_000, 20, 50)
        watching = self._task("due watch", self.duewatch.run())
        loops = [
            watching,
            self._task("relay", self.relay.run()),
            self._task("dispatcher", self.delivery.dispatcher.run()),
            self._task("webhooks", self.delivery.webhooks.run()),
            self._task("inquiries", self.delivery.status_poller.run()),
            self._task("health", self.health.watch()),
            self._task("lag", self._watch_lag()),
            self._task("reconciliation", self.reconciliation.run()),
        ]
        faust = self._task("faust", run_app(self.app))
        log.info(
            "worker_started", database=self.ledger.dialect, policy=self.policy.ref, group=self.settings.group_id,
            web=f"http://{self.settings.web_host}:{self.port}",
        )  # fmt: skip
        await self._stop.wait()
        log.info("worker_stopping")
        asyncio.get_running_loop().call_later(PATIENCE_SECONDS, self.relay.give_up)
        self.duewatch.stop()
        await self.app.stop()
        await faust
        await asyncio.wait({watching}, timeout=PATIENCE_SECONDS)
        await self.delivery.dispatcher.stop()
        await self.relay.drain(DRAIN_SECONDS)
        for task in loops:
            task.cancel()
        await asyncio.gather(*loops, return_exceptions=True)
        log.info("worker_stopped")

    def stop(self) -> None:
        """Asks `run` to end."""
        self._stop.set()

    def _task(self, name: str, loop: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """A loop that fails for a reason nobody foresaw ends the process before anything can be acknowledged."""

        async def guarded() -> None:
            try:
                await loop
            except asyncio.CancelledError:
                raise
            except BaseException as error:  # noqa: BLE001 - see above
                self._on_fatal(error)

        return asyncio.create_task(guarded(), name=name)

    async def _open_ledger(self) -> Ledger:
        owner = f"{os.uname().nodename}-{os.getpid()}-{uuid4().hex[:8]}"
        said = False
        while True:
            try:
                return await ledgers.open_ledger(self.settings.database_url.get_secret_value(), owner=owner)
            except LedgerUnavailable as error:
                if not said:
                    log.warning("database_unavailable", error=str(error))
                    said = True
                await asyncio.sleep(AWAY_SECONDS)

    async def _check_cluster(self) -> None:
        """Offsets mean nothing on another cluster, or in topics made anew."""
        there = await list_topics(self.kafka, self.settings.topic_prefix)
        missing = sorted(spec.name for spec in self.topics.specs(self.policy.rungs) if spec.name not in there)
        if missing:
            msg = f"缺少主题，先建立 · topics are missing: {', '.join(missing)}; run `rectify topics create`"
            raise StartError(msg)
        ids = await log_ids(self.kafka, self.topics.inbound)
        async with self.ledger.transaction() as tx:
            await tx.logs.bind_cluster(await cluster_id(self.kafka))
            reached = {
                place: known for place, known in (await tx.offsets.reached()).items() if place[0] in self.topics.inbound
            }
        error = await compare(self.kafka, reached, ids, reached)
        if error is not None:
            raise StartError(str(error))
        async with self.ledger.transaction() as tx:
            await tx.logs.bind(ids)
        await follow_the_database(self.ledger, self.kafka, self.settings.group_id, self.topics)

    async def _database_answers(self) -> bool:
        async with self.ledger.transaction() as tx:
            await tx.registry.version()
        return not self.processor.outage  # a full disk reads well

    def _oldest_batch_seconds(self) -> float:
        return monotonic() - min(self.app.group.busy_since.values(), default=monotonic())

    async def _watch_lag(self) -> None:
        while True:
            self.metrics.lags(self.app.lag())
            await asyncio.sleep(LAG_SECONDS)

    def _faust_app(self) -> FetchApp:
        limit = self.settings.max_message_bytes

        def handler(reader: Reader) -> Callable[[Sequence[Fetch]], Awaitable[None]]:
            async def handle(fetches: Sequence[Fetch]) -> None:
                await self.origins.verify(fetches)
                await self.processor.take(fetches, reader)

            return handle

        return build_app(
            self.kafka,
            self.settings.group_id,
            {
                self.topics.findings: handler(finding_reader(self.policy, limit)),
                self.topics.commands: handler(command_reader(limit, self.policy, self._command_keys, self._page_keys)),
                self.topics.registry: handler(registry_reader(limit)),
                self.topics.bulletins: handler(bulletin_reader(limit)),
            },
            max_poll_records=self._max_poll_records,
            instance_id=self.settings.group_instance_id,
            on_fatal=self._on_fatal,
        )
