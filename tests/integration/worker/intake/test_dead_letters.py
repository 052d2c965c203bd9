"""Dead letters of a producer that is wrong: whole, then cut short, then whole again (I-8), on both databases."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from schemas.topics import Topics
from streams.clock import Clock
from streams.kafka.consuming.fetches import Fetch
from streams.kafka.publisher import Publisher
from streams.ledger import Conflict, Ledger
from streams.ledger.reading.links import refused_among
from streams.rules.state.records import OutMessage
from streams.worker.intake.batch_processor import BatchProcessor
from streams.worker.intake.reading import command_reader, finding_reader
from streams.worker.metrics import Metrics
from streams.worker.relay import Relay
from tests.support.ledger import REGISTRY
from tests.support.processors import StillClock
from tests.support.world import MAX_BYTES, POLICY

TOPICS = Topics()
READ = finding_reader(POLICY, MAX_BYTES)
HEADERS = (("trace", b"t1"),)
SHORT = [
    "rectify-error", "rectify-error-detail", "rectify-origin-topic", "rectify-origin-partition",
    "rectify-origin-offset", "rectify-truncated",
]  # fmt: skip


def right(source: str = "crawler") -> dict[str, Any]:
    """A finding."""
    return {"source": source, "asset_id": "a", "check": "text.typo", "observed_at": "2026-03-02T09:00:00+08:00"}


def wrong(source: str = "crawler") -> dict[str, Any]:
    """One that is refused."""
    return {"source": source, "asset_id": "a", "observed_at": "2026-03-02T09:00:00+08:00"}


class Worker:
    """A desk, what it is given partition by partition, and what it hands to the relay."""

    def __init__(self, ledger: Any) -> None:
        self.clock = StillClock("2026-03-02 10:00")
        self.metrics = Metrics()
        self.events: list[dict[str, Any]] = []
        self.logs: list[str] = []
        self.offsets = {0: 0, 1: 0}
        self.restart(ledger)

    def restart(self, ledger: Any) -> None:
        """Another process on the same ledger, whose metrics are those of before."""
        self.relay = Relay(ledger, cast("Publisher", None), Clock(), TOPICS)
        self.processor = BatchProcessor(ledger, self.relay, self.clock, POLICY, TOPICS, REGISTRY, self.metrics)

    async def send(self, *messages: dict[str, Any], partition: int = 0, reader: Any = READ) -> list[OutMessage]:
        """The dead letters of one fetch."""
        self.fetch = Fetch(TOPICS.findings, partition, cast("Any", self._records(messages, partition)))
        return await self.take(self.fetch, reader)

    def _records(self, messages: Sequence[dict[str, Any]], partition: int) -> list[SimpleNamespace]:
        first = self.offsets[partition]
        self.offsets[partition] += len(messages)
        return [
            SimpleNamespace(
                topic=TOPICS.findings, partition=partition, offset=offset, timestamp=0, key=b"k", headers=HEADERS,
                value=json.dumps({"locator": f"https://a.cn/{partition}/{offset}", **message}).encode(),
            )
            for offset, message in enumerate(messages, first)
        ]  # fmt: skip

    async def take(self, fetch: Fetch, reader: Any = READ) -> list[OutMessage]:
        """The dead letters of this fetch."""
        with capture_logs() as logs:
            await self.processor.take([fetch], reader)
        self.logs += [line["event"] for line in logs]
        letters = []
        while not self.relay._queue.empty():
            for message in self.relay._queue.get_nowait().messages:
                if message.topic == TOPICS.dead_letters:
                    letters.append(message)
                elif message.topic == TOPICS.events:
                    self.events.append(json.loads(message.value or b""))
        return letters

    def said(self) -> list[str]:
        """Whose dead letters were said to be cut short."""
        return [event["source"] for event in self.events if event["type"] == "dead_letters_limited"]

    def counted(self) -> tuple[float, float]:
        """Dead letters, and those of them that were cut short."""
        return (
            self.metrics.dead_letters.labels("missing_field")._value.get(),
            self.metrics.dead_letters_cut._value.get(),
        )


def whole(letters: Sequence[OutMessage]) -> list[bool]:
    """Which dead letters are the original; the others have nothing of it but where it came from."""
    for number, letter in enumerate(letters):
        headers = dict(letter.headers)
        assert headers["rectify-error"] == b"missing_field", number
        assert (headers["rectify-error-detail"] or b"").startswith(b"check:")
        if letter.value:
            assert (letter.key, letter.headers[:1]) == (b"k", HEADERS)
            assert b'"observed_at"' in letter.value
        else:
            assert (letter.key, letter.value, list(headers)) == (None, b"", SHORT)
    return [bool(letter.value) for letter in letters]


def offsets(letters: Sequence[OutMessage]) -> list[int]:
    """Where the originals stand."""
    return [int(dict(letter.headers)["rectify-origin-offset"] or b"") for letter in letters]


async def test_a_wrong_producer_beside_one_that_is_right(ledger: Ledger) -> None:
    """Each message has its dead letter, the first fifty whole; it is said once, and the neighbour opens its tickets."""
    worker = Worker(ledger)
    letters = await worker.send(*[message for _ in range(60) for message in (wrong(), right("probe"))])
    assert offsets(letters) == list(range(0, 120, 2))
    assert whole(letters) == [True] * 50 + [False] * 10
    assert sum(event["type"] == "opened" for event in worker.events) == 60
    assert whole(await worker.send(*[wrong()] * 3, wrong("probe"))) == [False] * 3 + [True]
    assert worker.said() == ["crawler"]
    assert worker.logs == ["dead_letters_limited"]
    assert worker.counted() == (64, 13)


async def test_it_ends_when_the_producer_is_well_again(ledger: Ledger) -> None:
    """After 51 findings that are taken; what is wrong on the same day once more is cut short again, and not said."""
    worker = Worker(ledger)
    await worker.send(*[wrong()] * 60)
    await worker.send(*[right()] * 51)
    assert whole(await worker.send(*[wrong()] * 51)) == [True] * 50 + [False]
    assert worker.said() == ["crawler"]
    worker.clock.real += timedelta(hours=2)
    assert whole(await worker.send(wrong())) == [True]
    assert worker.logs == ["dead_letters_limited", "dead_letters_whole"] * 2
    worker.clock.set(worker.clock.at + timedelta(days=1))
    await worker.send(*[wrong()] * 51)
    assert worker.said() == ["crawler", "crawler"]


async def test_a_crash_counts_nothing_twice(ledger: Ledger) -> None:
    """A transaction that fails is done again as if for the first time; another process counts on; a replay is none."""
    torn = Torn(ledger)
    worker = Worker(torn)
    await worker.send(*[wrong()] * 30)
    torn.times = 1
    assert whole(await worker.send(*[wrong()] * 30)) == [True] * 20 + [False] * 10
    assert worker.counted() == (60, 10)
    worker.restart(ledger)
    assert await worker.take(worker.fetch) == []
    assert whole(await worker.send(*[wrong()] * 2)) == [False] * 2
    assert worker.counted() == (62, 12)
    assert worker.said() == ["crawler"]


class Torn:
    """A ledger of which the next transactions fail at their end."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger
        self.times = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        """The real one, undone so many times."""
        async with self._ledger.transaction() as tx:
            yield tx
            self.times -= 1
            if self.times == 0:
                raise Conflict


async def test_a_fault_of_ours_is_kept_whole(ledger: Ledger) -> None:
    """Its original is sent again after the next release, whoever sent it and whatever else that one sends."""
    worker = Worker(ledger)
    await worker.send(*[wrong()] * 60)

    def read(record: Any, at: datetime) -> Any:
        if record.offset == 61:
            raise RecursionError
        return READ(record, at)

    letters = await worker.send(wrong(), right(), wrong(), reader=read)
    assert [dict(letter.headers)["rectify-error"] for letter in letters] == [
        b"missing_field", b"internal_error", b"missing_field",
    ]  # fmt: skip
    assert [bool(letter.value) for letter in letters] == [False, True, False]


async def test_two_workers_say_it_once(postgres_ledgers: tuple[Ledger, Ledger]) -> None:
    """Each counts the partition that it reads, and the first that has enough says it."""
    first, second = map(Worker, postgres_ledgers)
    assert whole(await first.send(*[wrong()] * 51)) == [True] * 50 + [False]
    assert whole(await second.send(*[wrong()] * 51, partition=1)) == [True] * 50 + [False]
    assert (first.said(), second.said()) == (["crawler"], [])
    assert second.logs == ["dead_letters_limited"]


@pytest.mark.parametrize("number", [1, 3_000])
async def test_where_nothing_is_refused_nobody_is_watched(ledger: Ledger, number: int) -> None:
    """Nothing is noted beside the offset, and what was noted goes with the first batch after its hour."""
    worker = Worker(ledger)
    await worker.send(*[right()] * number)
    await worker.send(wrong())
    assert await noted(ledger) == ["crawler"]
    worker.clock.real += timedelta(hours=1)
    await worker.send(right())
    assert await noted(ledger) == []


async def noted(ledger: Ledger) -> list[str]:
    """Who is watched."""
    async with ledger.transaction() as tx:
        (reached,) = (await tx.offsets.reached()).values()
    return list(json.loads(reached.refused_json or "{}"))


async def test_a_refused_command_is_noted(ledger: Ledger) -> None:
    """By its id, with the first reason, for whoever waits; findings, and commands without an id, are not."""
    worker = Worker(ledger)
    asked = {"action": "claim_fix", "asset_id": "a", "by": "张三", "command_id": "web-1"}
    values = [
        asked,
        {**asked, "at": "2036-03-02T10:00:00+08:00"},
        {**asked, "command_id": None},
        "{",
        {"command_id": 7},
    ]
    records = [
        SimpleNamespace(
            topic=TOPICS.commands, partition=0, offset=offset, timestamp=0, key=b"a", headers=(),
            value=(value if isinstance(value, str) else json.dumps(value)).encode(),
        )
        for offset, value in enumerate(values)
    ]  # fmt: skip
    letters = await worker.take(Fetch(TOPICS.commands, 0, cast("Any", records)), command_reader(MAX_BYTES))
    assert len(letters) == len(values)
    await worker.send({**wrong(), "command_id": "web-2"})
    assert await refused_among(ledger, ["web-1", "web-2", "7", ""]) == {"web-1": "missing_field"}
    async with ledger.transaction() as tx:
        await tx.refused_commands.prune(worker.clock.at + timedelta(days=1))
    assert await refused_among(ledger, ["web-1"]) == {}
