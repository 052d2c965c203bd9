"""From the producer's acknowledgement to the ticket message readable, at a steady rate of new findings."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from datetime import datetime
from itertools import chain
from statistics import quantiles
from time import monotonic
from typing import Any, NamedTuple, Self

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from bench import contenders
from bench.contenders import Contender
from bench.preparing import prepare
from bench.servers import Servers
from bench.workload import findings
from streams.local.processes import end
from streams.rules.state.records import OutMessage

RATE = 1_000  # findings per second
WARM_UP = 5  # seconds that do not count
SECONDS = 30
TOTAL = RATE * (WARM_UP + SECONDS)  # findings
TICK = 0.005  # seconds; the generator wakes up no more often, and its client gathers findings for so long
UP_WITHIN = 120.0  # seconds
ARRIVE_WITHIN = 60.0  # seconds after the last finding
_PLACE = re.compile(rb"/p/(\d{8})\.html")

DEFINITION = f"""\
{RATE:,} new findings a second for {SECONDS} s (after {WARM_UP} s that do not count), sent one by one on schedule (to 5
ms, gathered for as long); for each the time from the broker's acknowledgement of the finding to the moment when a
consumer in the same program has the ticket's first message in hand. Generator and consumer share the machine with the
rest."""


class Latency(NamedTuple):
    """Milliseconds."""

    contender: str
    p50: float
    p99: float
    worst: float


async def measure(servers: Servers, contender: Contender, started: datetime, say: Callable[[str], None]) -> Latency:
    """One contender at the rate, on topics and a database of its own."""
    job, topics = await prepare(servers, contender, "latency", TOTAL)
    process = contenders.start(contender, job)
    try:
        latency = await _probe(servers, contender.name, topics.findings, topics.tickets, started)
    finally:
        await asyncio.to_thread(end, process, grace=contenders.STOP_SECONDS)
    say(f"latency · {latency.contender}: p50 {latency.p50:.0f} ms, p99 {latency.p99:.0f} ms")
    return latency


async def measure_nothing(servers: Servers, started: datetime) -> Latency:
    """What the measuring itself takes: the finding is read back, and nobody is in between."""
    topics = await servers.make_topics("latency")
    return await _probe(servers, "(nobody: the finding itself readable)", topics.findings, topics.findings, started)


async def _probe(servers: Servers, name: str, inbound: str, outbound: str, started: datetime) -> Latency:
    async with _Probe(servers, outbound) as probe:
        await probe.send(findings(inbound, TOTAL + 1, "run-1", started))
    taken = sorted(1_000 * (probe.seen[n] - probe.acknowledged[n]) for n in range(RATE * WARM_UP, TOTAL))
    cuts = quantiles(taken, n=100)
    return Latency(name, cuts[49], cuts[98], taken[-1])


class _Probe:
    """A producer of findings and a consumer of tickets; both remember when, by the finding's number."""

    def __init__(self, servers: Servers, outbound: str) -> None:
        options = servers.kafka.aiokafka_options()
        self._producer = AIOKafkaProducer(**options, acks="all", linger_ms=int(1_000 * TICK))
        self._consumer = AIOKafkaConsumer(outbound, **options, auto_offset_reset="earliest")
        self.acknowledged: dict[int, float] = {}
        self.seen: dict[int, float] = {}

    async def __aenter__(self) -> Self:
        await self._producer.start()
        await self._consumer.start()
        self._listening = asyncio.create_task(self._listen())
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._listening.cancel()
        await self._producer.stop()
        await self._consumer.stop()

    async def send(self, messages: list[OutMessage]) -> None:
        """The last message first, to see that the contender is up; then the others on schedule, until all came back."""
        await self._send(len(messages) - 1, messages[-1])
        await self._until(1, UP_WITHIN)
        begin = monotonic()
        for number, message in enumerate(messages[:-1]):
            wait = begin + number / RATE - monotonic()
            if wait > TICK:
                await asyncio.sleep(wait)
            await self._send(number, message)
        await self._until(len(messages), ARRIVE_WITHIN)

    async def _send(self, number: int, message: OutMessage) -> None:
        def note(sent: asyncio.Future[Any]) -> None:
            if not sent.cancelled() and sent.exception() is None:
                self.acknowledged[number] = monotonic()

        sent = await self._producer.send(message.topic, key=message.key, value=message.value)
        sent.add_done_callback(note)

    async def _listen(self) -> None:
        while True:
            found = await self._consumer.getmany(timeout_ms=1_000)
            now = monotonic()
            for record in chain.from_iterable(found.values()):
                place = _PLACE.search(record.value or b"")
                if place:
                    self.seen.setdefault(int(place[1]), now)

    async def _until(self, count: int, seconds: float) -> None:
        async with asyncio.timeout(seconds):
            while len(self.seen) < count or len(self.acknowledged) < count:  # noqa: ASYNC110 - an event would cost more
                await asyncio.sleep(0.1)
