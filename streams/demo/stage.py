"""The stage: Kafka, mail catcher, SMS gateway, ledger, pages and worker, put up and taken down again."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import Final

from schemas.topics import Topics
from streams.clock import Acceleration, parse_clock, system_time
from streams.demo.fates import ZONE
from streams.demo.pace import PatientClock
from streams.demo.scenario import START
from streams.kafka.publisher import Publisher
from streams.ledger.reading.queries import list_assets
from streams.local.kafka import LocalKafka
from streams.local.mail_catcher import MailCatcher
from streams.local.sms_gateway import SmsGateway
from streams.settings.model import Settings, SettingsError
from streams.web.parts import PARTS
from streams.web.serving import address, serving
from streams.worker.process import prepare
from streams.worker.worker import Worker

RATE: Final = 12_000.0
READY_WITHIN: Final = 60.0  # real seconds for the worker to have read the registry
_EARLY: Final = timedelta(hours=1)  # before the curtain rises the clock runs at its ordinary pace
_GLANCE: Final = 0.05

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoStage:
    """Everything in its place, the clock not yet running fast."""

    clock: PatientClock
    rate: float
    worker: Worker
    publisher: Publisher
    catcher: MailCatcher
    gateway: SmsGateway
    pages_url: str

    @property
    def topics(self) -> Topics:
        """The names of the topics."""
        return self.worker.topics

    def raise_curtain(self) -> None:
        """From now on the clock runs fast."""
        self.clock.acceleration = Acceleration(START, self.rate, system_time())

    async def until_registered(self, units: int, assets: int) -> None:
        """Returns when the worker has read the whole registry. Raises TimeoutError."""
        async with asyncio.timeout(READY_WITHIN):
            # The worker does not say when: it serves whatever has come, whenever it comes.
            while len(self.worker.registry.units) < units or await self._registered_assets() < assets:  # noqa: ASYNC110
                await asyncio.sleep(_GLANCE)

    async def _registered_assets(self) -> int:
        return sum(asset.document_json is not None for asset in await list_assets(self.worker.ledger, limit=1_000))


def chosen_rate(clock: str) -> float:
    """How fast: `rate` of RECTIFY_CLOCK, whose `start` must be that of the scenario. Raises SettingsError."""
    if clock == "system":
        return RATE
    wanted = parse_clock(clock, at_default=system_time()).acceleration
    if wanted is None or wanted.start != START:
        raise SettingsError(f"RECTIFY_CLOCK: the demo begins at start={START.isoformat()}; only `rate` is free")
    return wanted.rate


@asynccontextmanager
async def stage(out: Path, say: Say) -> AsyncIterator[DemoStage]:
    """Puts everything up; takes it down however it ends."""
    given = Settings.load()
    rate = chosen_rate(given.clock)
    async with AsyncExitStack() as stack:
        catcher = MailCatcher(out / "mails", ZONE)
        await catcher.start()
        stack.push_async_callback(catcher.stop)
        clock = PatientClock(Acceleration(START - _EARLY, 1.0, system_time()))
        gateway = SmsGateway(clock, ZONE)
        await gateway.start()
        stack.push_async_callback(gateway.stop)
        settings = _settings(given, await _broker(given, say, stack), out, catcher, gateway)
        say("建库、建主题 · creating tables and topics")
        await prepare(settings)
        say("启动网页和 worker · starting the pages and the worker")
        url = address(settings, await stack.enter_async_context(serving(settings, tuple(PARTS), clock)))
        settings = settings.model_copy(update={"pages_url": url})
        worker = await stack.enter_async_context(Worker(settings, clock=clock))
        publisher = Publisher(settings.kafka())
        await publisher.start()
        stack.push_async_callback(publisher.stop)
        yield DemoStage(clock, rate, worker, publisher, catcher, gateway, url)


async def _broker(given: Settings, say: Say, stack: AsyncExitStack) -> dict[str, str]:
    """The settings of the broker: the given one, under topics of our own, or a local Kafka that leaves nothing."""
    if given.broker:
        name = f"{given.topic_prefix}-demo-{token_hex(4)}"
        say(f"使用 {given.broker}，主题前缀 {name} · topics with a prefix of their own, which stay")
        return {"topic_prefix": name, "group_id": name}
    folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="rectify-demo-", ignore_cleanup_errors=True))
    kafka = LocalKafka(Path(folder) / "kafka", brief=True)
    await kafka.start(say)
    stack.callback(kafka.kill)  # its data goes with the folder
    plain = {"kafka_security_protocol": "PLAINTEXT", "topic_prefix": "rectify", "group_id": "rectify"}
    return {"broker": f"kafka://{kafka.bootstrap}", **plain}


def _settings(
    given: Settings, broker: dict[str, str], out: Path, catcher: MailCatcher, gateway: SmsGateway
) -> Settings:
    """The settings of the worker: nothing of the user's own but the broker."""
    return Settings.load(
        **{
            "broker": given.broker,
            **broker,
            "group_instance_id": None,
            "data_dir": out,
            "database_url": f"sqlite:///{out / 'rectify.db'}",
            "policy": None,
            "timezone": ZONE.key,
            "clock": "system",  # the worker is given the clock itself
            "smtp_url": catcher.url,
            "smtp_sender": "rectify@demo.example",
            "sms_provider": "kannel",
            "sms_kannel_url": gateway.url,
            "sms_kannel_username": "demo",
            "sms_kannel_password": "demo",
            "sms_kannel_sender": "10690000",
            "office_name": "政务公开办公室（演示）",
            "office_contact": "演示值班",
            "office_phone": "000-88880000",
            "office_sms_sign": "政务公开演示",
            "pages_url": "",  # known when they are served
            "pages_url_internal": "",
            "pages_host": "127.0.0.1",
            "pages_port": 0,
            "pages_files": None,
            "pages_proxies": "",
            "pages_clamd": "",
            "link_key": token_hex(24),
            "command_key": None,
            "command_keys": None,
            "public_url": "",
            "web_host": "127.0.0.1",
            "web_port": 0,
        }
    )
