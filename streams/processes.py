"""A worker as a process: `rectify worker` on any Kafka and database; `rectify up` brings along what is missing.

What `up` brings: a local Kafka when no broker is set, the database upgraded, the topics created.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack

from schemas.topics import Topics
from streams import ledger as ledgers
from streams.app import Worker
from streams.broker import LocalKafka
from streams.clock import Clock
from streams.kafka.admin import create_topics
from streams.policies import load_policy
from streams.settings import Settings


async def run_worker(settings: Settings, clock: Clock | None = None) -> None:
    """`rectify worker`: runs until SIGTERM or SIGINT, by the settings' clock if none is given. Raises StartError."""
    async with Worker(settings, clock=clock) as worker:
        _stop_on_signals(worker)
        await worker.run()


async def run_up(settings: Settings, say: Callable[[str], None]) -> None:
    """`rectify up`: everything on one machine; a local Kafka when no broker is set, the database upgraded."""
    async with AsyncExitStack() as stack:
        if not settings.broker:
            local = LocalKafka(settings.data_dir / "kafka")
            await local.start(say)
            stack.push_async_callback(local.stop)
            settings = settings.model_copy(update={"broker": f"kafka://{local.bootstrap}"})
        await prepare(settings)
        worker = await stack.enter_async_context(Worker(settings))
        _stop_on_signals(worker)
        shown = settings.effective()
        web = f"http://{settings.web_host}:{worker.port}"
        say(f"Kafka {settings.broker} · {shown['RECTIFY_DATABASE_URL']} · {web}")
        await worker.run()


async def prepare(settings: Settings) -> None:
    """Creates what is missing: the data directory, the database's tables, the topics."""
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    await ledgers.upgrade(settings.database_url.get_secret_value())
    policy = load_policy(settings.policy)
    await create_topics(settings.kafka(), Topics(settings.topic_prefix).specs(policy.rungs))


def _stop_on_signals(worker: Worker) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, worker.stop)
