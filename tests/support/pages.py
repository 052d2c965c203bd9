"""The pages on a real ledger, asked through ASGI: what is submitted goes to a desk, as Kafka would hand it on."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from argon2 import PasswordHasher
from starlette.types import ASGIApp, Message

from schemas.command import Command
from streams.kafka.config import KafkaConfig
from streams.kafka.gathered_publishing import GatheredPublishing, NotAcknowledged
from streams.ledger import Ledger, open_ledger
from streams.presentation import links
from streams.services.bulletins.desk import BulletinDesk
from streams.services.bulletins.issuing import Sealed
from streams.services.commands import Key, message_of
from streams.services.kept_numbers import KeptNumbers
from streams.services.passwords import Passwords
from streams.services.registering import Registering
from streams.settings.model import Settings
from streams.web.app import build_app
from streams.web.commanding import CommandSender, KafkaAway
from streams.web.parts import PARTS, keys_of
from streams.web.premises import Premises, premises
from tests.support.installation import Installation
from tests.support.processors import TOPICS
from tests.support.world import ZONE

KEY = "a-key-of-the-links-that-is-long-enough-0"
OPENED = "2026-03-02 10:00"
CONTACT = {"name": "李值守", "email": "li@kjj.gov.cn", "role": "duty"}
QUICK = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
NONCE = re.compile(r'name="nonce" value="([^"]+)"')


class CommandsToProcessor(CommandSender):
    """Kafka and a worker, in one call: what is published is decided at once, unless they are away."""

    def __init__(self, ledger: Ledger, at_work: Installation) -> None:
        super().__init__(KafkaConfig("127.0.0.1:1"), TOPICS.commands, ledger)
        self.installation = at_work
        self.broker_is_away = self.worker_is_away = self.refuses = False
        self.waiting: list[Command] = []
        self.published: list[tuple[Command, Key | None]] = []

    async def answer(self) -> bool:
        """Whether a broker answers."""
        return not self.broker_is_away

    async def _publish(self, commands: Sequence[Command], key: Key | None) -> None:
        if self.broker_is_away:
            raise KafkaAway
        for command in commands:
            message_of(command, TOPICS.commands, key)
            self.published.append((command, key))
            self.waiting.append(command)
        if self.refuses:
            await self.make_dead_letters("too_large")
        elif not self.worker_is_away:
            await self.work()

    async def make_dead_letters(self, code: str) -> None:
        """The worker refuses what waits before it decides it, as it notes that in its ledger."""
        waiting, self.waiting = self.waiting, []
        async with self.installation.ledger.transaction() as tx:
            refused = [(command.command_id or "", code) for command in waiting]
            await tx.refused_commands.add(refused, self.installation.clock.at)

    async def work(self) -> None:
        """The worker decides what waits."""
        waiting, self.waiting = self.waiting, []
        for command in waiting:
            await self.installation.processor.command(**command.model_dump(mode="json", exclude_none=True))


class RegistryToProcessor(Registering):
    """Kafka and a worker, in one call: what is published is registered at once, unless they are away."""

    def __init__(self, found: Premises, at_work: Installation) -> None:
        super().__init__(found.ledger, found.store.record_changes, GatheredPublishing(KafkaConfig("127.0.0.1:1")), "")
        self.installation = at_work
        self.broker_is_away = self.worker_is_away = False
        self.published: list[tuple[str, dict[str, Any]]] = []
        self.waiting: list[tuple[str, dict[str, Any]]] = []

    async def publish(self, sender: str, records: Sequence[tuple[str, bytes]]) -> None:
        """As the brokers do."""
        del sender
        if self.broker_is_away:
            raise NotAcknowledged
        new = [(key, json.loads(value)) for key, value in records]
        self.published += new
        self.waiting += new
        if not self.worker_is_away:
            await self.work()

    async def work(self) -> None:
        """The worker registers what waits."""
        waiting, self.waiting = self.waiting, []
        for key, record in waiting:
            await self.installation.processor.register(key, **record)


class BulletinsToProcessor(BulletinDesk):
    """Kafka and a worker, in one call: what is issued is recorded at once, unless they are away."""

    def __init__(self, settings: Settings, found: Premises, at_work: Installation) -> None:
        super().__init__(settings, found.policy, GatheredPublishing(KafkaConfig("127.0.0.1:1")), TOPICS.bulletins)
        self.installation = at_work
        self.broker_is_away = self.worker_is_away = False
        self.published: list[dict[str, Any]] = []

    async def publish(self, sender: str, made: Sealed) -> None:
        """As the brokers do."""
        del sender
        self._write(made.files)
        if self.broker_is_away:
            raise NotAcknowledged
        self.published.append(made.document)
        if not self.worker_is_away:
            await self.work()

    async def work(self) -> None:
        """The worker records what was published."""
        for document in self.published:
            await self.installation.processor.issue(document)


class Pages:
    """A unit with a contact, an asset, its tickets and letters; and somebody with a browser without a memory."""

    def __init__(
        self,
        installation: Installation,
        found: Premises,
        commands: CommandsToProcessor,
        registering: RegistryToProcessor,
        bulletins: BulletinsToProcessor,
        app: ASGIApp,
    ) -> None:
        self.installation = installation
        self.premises = found
        self.commands = commands
        self.registering = registering
        self.bulletins = bulletins
        self.app = app
        self.client = httpx.AsyncClient(
            transport=httpx.ASGITransport(app, client=("203.0.113.9", 40_000)), base_url="http://pages.test"
        )

    @property
    def desk(self) -> Any:
        """The worker's desk."""
        return self.installation.processor

    async def open_tickets(self, *checks: str, **evidence: Any) -> list[dict[str, Any]]:
        """A ticket for each check; their letter has gone out."""
        return await self.find(
            *(
                {"check": check, "locator": f"https://kjj.gov.cn/{number}", "title": f"第{number}个问题", **evidence}
                for number, check in enumerate(checks, 1)
            )
        )

    async def find(self, *found: dict[str, Any]) -> list[dict[str, Any]]:
        """A ticket for each finding on the unit's site; their letter has gone out."""
        seen = {"asset_id": "kjj-site", "observed_at": self.installation.now(), "source": "crawler"}
        await self.desk.send(*({**seen, **one} for one in found))
        await self.installation.wait(0)
        self.forward(minutes=30)
        await self.installation.catch_up()
        return list(self.desk.tickets().values())

    def forward(self, **span: float) -> None:
        """Both clocks go on."""
        clock = self.installation.clock
        clock.at += timedelta(**span)
        clock.real += timedelta(**span)

    async def notice_ids(self, ticket_id: str) -> list[str]:
        """The ids of the notices of a ticket to the owner's contact."""
        rows = await self.installation.ledger.glance(
            "select count(*) from notices n join tickets t on t.pk = n.ticket_pk where t.ticket_id = ?", ticket_id
        )
        assert rows[0]
        async with self.installation.ledger.transaction() as tx:
            found = await tx._session.rows(
                "select n.notice_id from notices n join tickets t on t.pk = n.ticket_pk "
                "where t.ticket_id = ? and n.address = ? order by n.created_at",
                ticket_id,
                CONTACT["email"],
            )
        return [bytes(row[0]).hex() for row in found]

    async def token(self, ticket: dict[str, Any], key: str = KEY) -> str:
        """The link of the ticket's first letter."""
        return links.token(key, (await self.notice_ids(ticket["ticket_id"]))[0])

    async def get(self, token: str, **query: str) -> httpx.Response:
        """Somebody looks."""
        return await self.client.get(f"/u/{token}", params=query)

    async def status(self, path: str) -> int:
        """The status of a GET, without a client around it: thousands of them take seconds."""
        said: list[int] = []

        async def receive() -> Message:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            said.append(message.get("status", 0))

        scope = {
            "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "GET", "scheme": "http",
            "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": [(b"host", b"pages.test")], "client": ("203.0.113.9", 40_000), "server": ("pages.test", 80),
        }  # fmt: skip
        await self.app(scope, receive, send)
        return said[0]

    async def nonce(self, token: str, **query: str) -> str:
        """The nonce of the page, old enough to be used."""
        page = await self.get(token, **query)
        found = NONCE.search(page.text)
        assert found, page.text
        self.forward(seconds=5)
        return found[1]

    async def post(self, token: str, act: str, **fields: Any) -> httpx.Response:
        """Somebody fills in the form and submits it."""
        if "nonce" not in fields:
            fields["nonce"] = self.old_nonce(token)
        return await self.client.post(f"/u/{token}/{act}", data={"name": "张三", **fields})

    def old_nonce(self, token: str) -> str:
        """A nonce that a page might have had some seconds ago."""
        nonce = self.premises.nonces.make(token, self.premises.now().real)
        self.forward(seconds=5)
        return nonce

    async def follow(self, answer: httpx.Response) -> httpx.Response:
        """The page that an answer sends to."""
        assert answer.status_code == 303, answer.text
        return await self.client.get(answer.headers["location"].replace("../", "/u/"))


@asynccontextmanager
async def pages_on(database: str, folder: Path, at: str = OPENED, **settings: Any) -> AsyncIterator[Pages]:
    """Pages on this database; `settings` named as in `Settings`."""
    given = {"database_url": database, "data_dir": str(folder), "link_key": KEY, "broker": "kafka://127.0.0.1:1"}
    loaded = Settings.load(**{**given, **settings})
    ledger = await open_ledger(database, owner="worker-1")
    try:
        installation = Installation(ledger, at, loaded.office)
        await installation.processor.register("unit:gov", unit_id="gov", name="市政府办公室")
        await installation.processor.register(
            "unit:kjj", unit_id="kjj", name="市科技局", supervisor_id="gov", contacts=[CONTACT]
        )
        await installation.processor.register("unit:jyj", unit_id="jyj", name="市教育局")
        await installation.processor.register(
            "asset:kjj-site", asset_id="kjj-site", name="市科技局门户网站", kind="website", unit_id="kjj",
            url="https://kjj.gov.cn/", code="3301000001",
        )  # fmt: skip
        async with premises(loaded, keys_of(tuple(PARTS)), installation.clock) as opened:
            commands = CommandsToProcessor(opened.ledger, installation)
            registering = RegistryToProcessor(opened, installation)
            bulletins = BulletinsToProcessor(loaded, opened, installation)
            found = replace(
                opened,
                commands=commands,
                registering=registering,
                bulletins=bulletins,
                passwords=Passwords(QUICK),
                kept=KeptNumbers(lambda: 0.0),  # nothing is slow here, also where it is
            )
            pages = Pages(installation, found, commands, registering, bulletins, build_app(found, tuple(PARTS)))
            async with pages.client:
                yield pages
    finally:
        await ledger.close()


def local_day(at: datetime) -> str:
    """A day as a form sends it."""
    return at.astimezone(ZONE).date().isoformat()
