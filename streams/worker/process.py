"""A worker as a process: `rectify worker` on any Kafka and database; `rectify up` brings along what is missing.

What `up` brings: a local Kafka when no broker is set, the database upgraded, the topics created. What cannot work is
said before anything is started.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, suppress
from time import monotonic
from typing import Final

from schemas.topics import Topics
from streams import ledger as ledgers
from streams.clock import Clock, parse_clock
from streams.files.command_keys import load_command_keys
from streams.files.page_keys import PAGE_KEYS
from streams.files.policy.loading import load_policy
from streams.kafka.admin import create_topics
from streams.kafka.config import KafkaConfig
from streams.kafka.inspection import refuses, unanswering, unreachable
from streams.local.kafka import LocalKafka
from streams.local.upkeep import keep_up
from streams.log_events import event_log
from streams.services.link_keys import with_link_key
from streams.services.page_keys import page_key
from streams.settings.model import Settings
from streams.worker.heap import give_large_blocks_back
from streams.worker.pages import ensure_free
from streams.worker.worker import StartError, Worker

UNSIGNED: Final = (
    "请设置 RECTIFY_OFFICE_NAME、_CONTACT、_PHONE、_SMS_SIGN：通知的落款、联系人、电话和短信签名 · "
    "set them: who signs the letters, whom to call, and what short messages begin with"
)
BROKER_SECONDS: Final = 20.0  # that a worker waits at its start; then its supervisor starts it again
STOP_SECONDS: Final = 60.0

Beside = Callable[[Settings], AbstractAsyncContextManager[str]]

log = event_log(__name__)


async def run_worker(settings: Settings, clock: Clock | None = None) -> None:
    """`rectify worker`: runs until SIGTERM or SIGINT, by the settings' clock if none is given. Raises StartError."""
    ensure_free(settings.web_host, settings.web_port)
    give_large_blocks_back()
    worker = Worker(settings, clock=clock)
    await broker_answers(worker.kafka)
    async with worker:
        _stop_on_signals(worker)
        await worker.run()


async def run_up(settings: Settings, say: Callable[[str], None], beside: Beside | None = None) -> None:
    """`rectify up`: everything on one machine; a local Kafka when no broker is set, the database upgraded.

    `beside` is what else lives as long as the worker, once it runs: it says where it is reached.
    """
    ensure_free(settings.web_host, settings.web_port)
    parse_clock(settings.clock)
    load_policy(settings.policy)
    load_command_keys(settings.command_keys)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    settings = with_link_key(settings)
    async with AsyncExitStack() as stack:
        local = None
        if settings.broker:
            await broker_answers(settings.kafka())
        else:
            local = LocalKafka(settings.data_dir / "kafka")
            await local.start(say)
            stack.push_async_callback(local.stop)
            settings = settings.model_copy(update={"broker": f"kafka://{local.bootstrap}"})
        await prepare(settings)
        for key_id in PAGE_KEYS:
            page_key(settings, key_id)
        give_large_blocks_back()
        worker = await stack.enter_async_context(Worker(settings))
        _stop_on_signals(worker)
        shown = settings.effective()
        web = f"http://{settings.web_host}:{worker.port}"
        say(f"Kafka {shown['RECTIFY_BROKER']} · {shown['RECTIFY_DATABASE_URL']} · {web}")
        if beside is not None:
            say(await stack.enter_async_context(beside(settings)))
        if not (settings.office_name and settings.office_phone):
            say(UNSIGNED)
        await (worker.run() if local is None else _beside(worker, local, say))


async def prepare(settings: Settings) -> None:
    """Creates what is missing: the data directory, the database's tables, the topics."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    await ledgers.upgrade(settings.database_url.get_secret_value())
    policy = load_policy(settings.policy)
    await create_topics(settings.kafka(), Topics(settings.topic_prefix).specs(policy.rungs))


async def broker_answers(config: KafkaConfig, seconds: float = BROKER_SECONDS) -> None:
    """Returns once a broker lets us in; raises StartError at once when it refuses us, otherwise after a while."""
    until = monotonic() + seconds
    said = False
    while away := await unanswering(config):
        if len(away) < len(config.servers):
            return
        server, fault = next(iter(away.items()))
        line = unreachable(server, fault)
        if refuses(fault) or monotonic() > until:
            msg = f"{line.text}；{line.advice}"
            raise StartError(msg)
        if not said:
            log.warning("kafka_unavailable", server=server, error=str(fault) or type(fault).__name__)
            said = True
        await asyncio.sleep(1)


async def _beside(worker: Worker, local: LocalKafka, say: Callable[[str], None]) -> None:
    """The worker beside its Kafka, until it is asked to stop; raises BrokerError when Kafka ends again and again."""
    working = asyncio.ensure_future(worker.run())
    keeping = asyncio.ensure_future(keep_up(local, say))
    try:
        await asyncio.wait({working, keeping}, return_when=asyncio.FIRST_COMPLETED)
        worker.stop()
        async with asyncio.timeout(STOP_SECONDS):
            await working
    finally:
        keeping.cancel()
        with suppress(asyncio.CancelledError):
            await keeping


def _stop_on_signals(worker: Worker) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
