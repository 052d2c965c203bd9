"""Programs with keys at the pages' address, through ASGI; what they hand in goes to a log, as Kafka would keep it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import orjson

from streams.kafka.config import KafkaConfig
from streams.kafka.gathered_publishing import GatheredPublishing, NotAcknowledged
from streams.kafka.publisher import MessagePlace, OutMessage
from streams.services.api_keys import KeyRole, MadeKey, Scope, WantedKey, create
from streams.services.handing_in import HandingIn
from streams.services.known_assets import KnownAssets
from streams.web.app import build_app
from streams.web.parts import PARTS
from streams.web.premises import Premises
from tests.support.pages import Pages, pages_on
from tests.support.processors import TOPICS
from tests.support.world import MAX_BYTES


class LogInMemory(GatheredPublishing):
    """Kafka, in a list: each round is written at once, unless the brokers are away."""

    def __init__(self) -> None:
        super().__init__(KafkaConfig("127.0.0.1:1"))
        self._started = True
        self.written: list[OutMessage] = []
        self.rounds: list[int] = []
        self.is_away = False

    async def publish(self, sender: str, messages: Sequence[OutMessage]) -> list[MessagePlace | None]:
        """As it is, but nobody waits for brokers that are away."""
        if self.is_away:
            msg = "the brokers have not acknowledged it"
            raise NotAcknowledged(msg)
        return await super().publish(sender, messages)

    async def _send(self, messages: Sequence[OutMessage]) -> tuple[dict[int, str], dict[int, MessagePlace]]:
        await asyncio.sleep(0)
        first = len(self.written)
        self.written += messages
        self.rounds.append(len(messages))
        return {}, {number: MessagePlace(TOPICS.findings, 0, first + number) for number in range(len(messages))}

    @property
    def documents(self) -> list[Any]:
        """What was written."""
        return [orjson.loads(message.value or b"null") for message in self.written]


class Programs:
    """Programs and their keys."""

    def __init__(self, pages: Pages, found: Premises, log: LogInMemory, client: httpx.AsyncClient) -> None:
        self.pages, self.found, self.log, self.client = pages, found, log, client

    async def key(self, name: str, *scopes: Scope, **bound: Any) -> MadeKey:
        """A new key."""
        wanted = WantedKey(name, scopes or (Scope.INTAKE,), **bound)
        return await create(self.pages.premises.settings, wanted, "王", self.pages.premises.now().real)

    async def acting(self, unit: str, role: KeyRole) -> MadeKey:
        """A key that acts for a unit."""
        return await self.key(f"{unit}-{role}", Scope.ACT, Scope.READ, unit=unit, role=role)

    async def post(self, key: MadeKey | None, path: str, body: Any, **headers: str) -> httpx.Response:
        """Hands in; what is no bytes is written as JSON."""
        content = body if isinstance(body, bytes) else orjson.dumps(body)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if key is not None:
            named["authorization"] = f"Bearer {key.token}"
        return await self.client.post(path, content=content, headers=named)

    async def get(self, key: MadeKey, path: str, **query: Any) -> httpx.Response:
        """Reads."""
        return await self.client.get(path, params=query, headers={"authorization": f"Bearer {key.token}"})

    def finding(self, number: int = 1, **fields: Any) -> dict[str, Any]:
        """A finding on the unit's site."""
        at = self.pages.installation.now()
        locator = f"https://kjj.gov.cn/{number}"
        return {"asset_id": "kjj-site", "check": "link.dead", "observed_at": at, "locator": locator, **fields}


@asynccontextmanager
async def programs_on(database: str, folder: Path) -> AsyncIterator[Programs]:
    """The pages of `pages_on`, all parts, with a log in memory."""
    async with pages_on(database, folder) as pages:
        found, log = pages.premises, LogInMemory()
        handing_in = HandingIn(
            TOPICS.findings, MAX_BYTES, found.policy, KnownAssets(found.ledger), found.registry, log
        )  # fmt: skip
        found = replace(found, handing_in=handing_in)
        transport = httpx.ASGITransport(build_app(found, tuple(PARTS)), client=("203.0.113.7", 40_000))
        async with httpx.AsyncClient(transport=transport, base_url="http://pages.test") as client:
            yield Programs(pages, found, log, client)
