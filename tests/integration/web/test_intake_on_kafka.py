"""Findings handed in over HTTP, on a real Kafka, with a real worker: from the id of an answer to the ticket."""

from __future__ import annotations

import asyncio
import json
import signal
from asyncio.subprocess import DEVNULL
from collections import Counter
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from schemas.topics import Topics
from streams.kafka.admin import create_topics
from streams.kafka.config import KafkaConfig
from streams.local.jars import BrokerError
from streams.local.kafka import LocalKafka
from streams.local.processes import free_ports
from streams.services.api_keys import Scope, WantedKey, create
from streams.services.tracing import trace_message
from streams.settings.model import Settings
from streams.web.serving import serving
from tests.support.command_line import CommandLine
from tests.support.fetching import read_all, until
from tests.support.pages import KEY
from tests.support.pipeline import Pipeline
from tests.support.world import local

POSTED, AT_ONCE, SENDERS = 20_000, 100, 4
AT = "2026-03-02T10:00:00+08:00"


async def bearer(settings: Settings, *scopes: Scope) -> dict[str, str]:
    """The header of a new key."""
    made = await create(settings, WantedKey("program", scopes), "王", local("2026-03-02 10:00"))
    return {"authorization": f"Bearer {made.token}"}


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
async def test_from_an_id_to_its_ticket(pipeline: Pipeline) -> None:
    """H-6: waiting, opened, counted, suspected, refused, a run; what its key may not see is not there."""
    await pipeline.register("unit", "kjj", name="市科技局")
    await pipeline.register("asset", "kjj-site", name="市科技局网站", kind="website", unit_id="kjj")
    settings = Settings.load(**{**pipeline.given, "link_key": KEY, "pages_port": 0})
    async with serving(settings, ("intake",), pipeline.clock) as port:
        at = pipeline.clock.now().at
        seen: dict[str, Any] = {
            "asset_id": "kjj-site", "check": "column.stale", "locator": "要闻", "source": "crawler", "run_id": "r1",
            "observed_at": at.isoformat(),
        }  # fmt: skip
        moment = {**seen, "check": "link.dead", "locator": "https://kjj.gov.cn/1", "evidence": {"http_status": 503}}
        run = {
            "type": "run", "asset_id": "kjj-site", "run_id": "r1", "source": "crawler", "status": "complete",
            "finished_at": at.isoformat(), "checks": ["column.stale"], "found": 2,
        }  # fmt: skip
        headers = await bearer(settings, Scope.INTAKE)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, headers=headers) as client:
            answer = await client.post("/intake/findings", json=[seen, seen, moment, run])
            assert answer.status_code == 202, answer.text
            ids = answer.json()["ids"]

    async def fates() -> list[Any]:
        return [await trace_message(settings, pipeline.ledger, one, pipeline.clock.now().at) for one in ids]

    assert [one.fate for one in await fates()] == ["waiting"] * 4
    assert [one.ahead for one in await fates()] == [0, 1, 2, 3]
    pipeline.published[pipeline.topics.findings] += 4
    await pipeline.send(b'{"asset_id": "kjj-site"}', key=b"kjj-site")
    async with pipeline.working():
        await pipeline.settled()
    opened, counted, suspected, ended = await fates()
    (ticket,) = pipeline.seen.tickets.values()
    assert [one.fate for one in (opened, counted, suspected, ended)] == ["opened", "counted", "suspected", "decided"]
    assert {opened.ticket["ticket_id"], counted.ticket["ticket_id"]} == {ticket["ticket_id"]}
    assert suspected.ticket is None
    assert counted.problem["count"] == 2
    assert ended.run["counted"] == 3
    first = ids[0].rpartition("-")[0]
    for name, fate in ((f"{first}-4", "refused"), (f"{first}-5", "not_kept"), (f"{first}9-0", "not_kept")):
        found = await trace_message(settings, pipeline.ledger, name, pipeline.clock.now().at)
        assert found is not None
        assert found.fate == fate, name
    for name in ("x", "rectify.findings-0", f"{first}-x", "other.findings-0-0", f"{first}-{'9' * 30}"):
        assert await trace_message(settings, pipeline.ledger, name, pipeline.clock.now().at) is None


class Senders:
    """Programs that post until they get 202, and remember what they were answered."""

    def __init__(self, port: int, headers: dict[str, str]) -> None:
        self._client = httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30, headers=headers)
        self.ids: dict[int, str | None] = {}  # finding -> what it was answered
        self.sent_again: set[int] = set()

    async def all(self) -> None:
        """Everything, by several at once."""
        chunks = iter(range(0, POSTED, AT_ONCE))
        async with self._client, asyncio.TaskGroup() as group:
            for _ in range(SENDERS):
                group.create_task(self._each(chunks))

    async def _each(self, chunks: Any) -> None:
        for first in chunks:
            numbers = range(first, first + AT_ONCE)
            findings = [
                {"asset_id": f"site{n % 50}", "check": "text.typo", "observed_at": AT, "locator": str(n)}
                for n in numbers
            ]
            while (ids := await self._post(findings)) is None:
                self.sent_again.update(numbers)
                await asyncio.sleep(0.2)
            self.ids.update(zip(numbers, ids, strict=True))

    async def _post(self, findings: list[dict[str, str]]) -> list[str | None] | None:
        try:
            answer = await self._client.post("/intake/findings", json=findings)
        except httpx.HTTPError:
            return None
        assert answer.status_code in {202, 429, 503}, answer.text
        return list(answer.json()["ids"]) if answer.status_code == 202 else None


async def up(broker: LocalKafka) -> None:
    """It answers; a machine that is busy with other things may need more than the minute that it gets."""
    for _ in range(4):
        try:
            await broker.start()
        except BrokerError:
            continue
        return
    pytest.fail("Kafka does not start")


@pytest.mark.long("20,000 findings, and a Kafka of its own that dies")
@pytest.mark.timeout(580)
async def test_killed_in_the_middle_of_20000_findings(kafka_folder: Path, sqlite_database: str, tmp_path: Path) -> None:
    """H-2: kill -9 of the pages, then of the broker: what was answered 202 is there once, the rest was sent again."""
    broker, topics = LocalKafka(kafka_folder, brief=True), Topics("handed")
    await up(broker)
    (port,) = free_ports(1)
    named = {
        "DATABASE_URL": sqlite_database, "DATA_DIR": str(tmp_path), "LINK_KEY": KEY, "PAGES_PORT": str(port),
        "BROKER": f"kafka://{broker.bootstrap}", "TOPIC_PREFIX": "handed",
    }  # fmt: skip
    command = CommandLine(tmp_path, **named)
    settings = Settings.load(database_url=sqlite_database, data_dir=str(tmp_path), broker=named["BROKER"])
    start = partial(command.start, "web", "--serve", "intake", out=DEVNULL, err=DEVNULL)
    web = await start()
    try:
        await create_topics(KafkaConfig(broker.bootstrap), topics.specs(), partitions=4)
        senders = Senders(port, await bearer(settings, Scope.INTAKE))
        async with asyncio.timeout(540):
            sending = asyncio.create_task(senders.all())
            await until(lambda: len(senders.ids) >= POSTED // 4, 120)
            web.send_signal(signal.SIGKILL)
            await web.wait()
            web = await start()
            await until(lambda: len(senders.ids) >= POSTED // 2, 120)
            broker.kill()
            await up(broker)
            await sending
        records = await read_all(KafkaConfig(broker.bootstrap), topics.findings)
    finally:
        if web.returncode is None:
            web.kill()
            await web.wait()
        await broker.stop()
    lies = {f"{one.topic}-{one.partition}-{one.offset}": json.loads(one.value or b"")["locator"] for one in records}
    times = Counter(map(int, lies.values()))
    assert set(times) == set(range(POSTED))
    answered = {number: name for number, name in senders.ids.items() if name is not None}
    assert {number: lies[name] for number, name in answered.items()} == {number: str(number) for number in answered}
    assert {number for number, many in times.items() if many > 1} <= senders.sent_again
    assert 0 < len(senders.sent_again) < POSTED // 2
