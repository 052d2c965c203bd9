"""`python -m bench.deadlines`: a million running deadlines, idle, in a wave of due work, and counted again.

A worker as `rectify worker` runs it, over a ledger filled with open tickets (bench/filling.py); the domain's clock
stands at the end of December, so that most deadlines reach into a year that nobody has published.
"""

from __future__ import annotations

import argparse
import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from statistics import quantiles
from time import monotonic
from typing import Final

import orjson
from aiokafka import AIOKafkaConsumer

from bench.filling import Filler
from bench.processes import cpu_seconds
from bench.scale_page import Section, measured, say, table
from bench.servers import Servers, servers
from bench.workers import Running
from bench.workload import finding
from schemas.topics import Topics
from streams.rules.state.records import OutMessage

ASSETS: Final = 10_000
DOMAIN: Final = datetime(2026, 12, 30, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai, two days before an unpublished year
IDLE_SECONDS: Final = 30.0
CALM_SECONDS: Final = 10.0
WAVE: Final = 50_000  # tickets
WAVE_SECONDS: Final = 60.0
FIRST: Final = 1_000  # of the wave
LOOK_SECONDS: Final = 0.2
DAYS_OFF: Final = [f"2027-{month:02d}-{day:02d}" for month in (1, 5, 10) for day in range(1, 6)]
_REMINDED: Final = re.compile(rb'"type":"reminded".*?"ticket_id":"[^"]*?(\d{8})"')
DEFINITION: Final = f"""\
Ready: from the first start of the program, compiled on the way, to 200 from `/readyz`. Idle: {IDLE_SECONDS:.0f} s
without anything to do. Intake: a backlog of new findings, from its first commit to its last. The wave: {WAVE:,}
reminders due one after the other within {WAVE_SECONDS:.0f} s while such a backlog is worked off; lateness is the time
from a ticket's moment to its `reminded` event readable on Kafka. The calendar: from its publishing to the last
provisional deadline counted again, each with an event, a history entry and the ticket published, while a backlog is
worked off."""

Row = tuple[str, str, str]


class Bench:
    """One database, its workers."""

    def __init__(
        self, there: Servers, filler: Filler, workers: list[Running], topics: Topics, options: argparse.Namespace
    ) -> None:
        self._there = there
        self._filler = filler
        self._workers = workers
        self._topics = topics
        self._next = options.tickets
        self._messages: int = options.messages
        self._wave = min(WAVE, options.tickets)
        self.rows: list[Row] = []

    async def idle(self) -> None:
        """Nothing to do."""
        await asyncio.sleep(CALM_SECONDS)
        begin = self._workers[0].cpu_seconds, cpu_seconds(self._there.postgres.pid)
        await asyncio.sleep(IDLE_SECONDS)
        own = (self._workers[0].cpu_seconds - begin[0]) / IDLE_SECONDS
        database = (cpu_seconds(self._there.postgres.pid) - begin[1]) / IDLE_SECONDS
        self.note("idle CPU, a worker + database", "< 2 %", f"{own:.1%} + {database:.1%} of a core")

    async def intake(self) -> float:
        """New findings a second, from the first commit of a backlog to its last."""
        at = (DOMAIN - timedelta(minutes=30)).isoformat()
        numbers = range(self._next, self._next + self._messages)
        self._next += self._messages
        before = await self._filler.handled(self._topics.findings)
        messages = [finding(self._topics.findings, number, ASSETS, "run-1", at) for number in numbers]
        publishing = asyncio.create_task(self._there.publish(messages))
        begun: tuple[float, int] | None = None
        while (done := await self._filler.handled(self._topics.findings) - before) < self._messages:
            if done and begun is None:
                begun = monotonic(), done
            await asyncio.sleep(LOOK_SECONDS)
        await publishing
        assert begun is not None
        return (self._messages - begun[1]) / max(monotonic() - begun[0], LOOK_SECONDS)

    async def wave(self, alone: float, shift: timedelta) -> None:
        """Due work while findings come in; `shift`: the domain's clock less the real one."""
        async with _reminders(self._there, self._topics) as seen:
            begin = datetime.now(UTC) + timedelta(seconds=10)
            await self._filler.make_due(self._wave, begin + shift, WAVE_SECONDS)
            left = (begin - datetime.now(UTC)).total_seconds()
            say(f"the wave begins in {left:.0f} s")
            await asyncio.sleep(max(0.0, left))
            beside = await self.intake()
            async with asyncio.timeout(300):
                while len(seen) < self._wave:  # noqa: ASYNC110 - an event would cost more
                    await asyncio.sleep(LOOK_SECONDS)
            start = begin.timestamp()
            late = [seen[n] - (start + WAVE_SECONDS * n / self._wave) for n in range(self._wave)]
        first, all_ = quantiles(late[:FIRST], n=100), quantiles(late, n=100)
        self.note(
            f"wave: lateness of the first {FIRST:,}", "p99 < 1 s", f"p50 {first[49]:.2f} s, p99 {first[98]:.2f} s"
        )
        self.note(f"wave: lateness of all {self._wave:,}", "", f"p50 {all_[49]:.2f} s, p99 {all_[98]:.2f} s")
        self.note("wave: intake beside it", "> 50 % of intake alone", f"{beside:,.0f}/s, {beside / alone:.0%}")

    async def calendar(self, alone: float) -> None:
        """The year is published."""
        many = await self._filler.provisional()
        document = {"year": 2027, "days": [{"date": day, "off": True} for day in DAYS_OFF]}
        begun = monotonic()
        await self._there.publish([OutMessage(self._topics.registry, b"calendar:2027", orjson.dumps(document))])
        intake = asyncio.create_task(self.intake())
        async with asyncio.timeout(30):
            while not await self._filler.is_recounting():  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
        async with asyncio.timeout(900):
            while await self._filler.is_recounting():  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
        seconds = monotonic() - begun
        left = await self._filler.provisional()
        beside = await intake
        rate = (many - left) / seconds
        self.note(
            f"calendar: {many:,} provisional deadlines",
            "1 M in < 120 s",
            f"{seconds:.0f} s, {rate:,.0f}/s; {left} left",
        )
        self.note("calendar: intake beside it", "goes on", f"{beside:,.0f}/s, {beside / alone:.0%}")

    def note(self, what: str, aim: str, found: str) -> None:
        """One line of the answer."""
        say(f"{what}: {found}")
        self.rows.append((what, aim, found))


@asynccontextmanager
async def _reminders(there: Servers, topics: Topics) -> AsyncIterator[dict[int, float]]:
    """When each ticket's reminder was read, by its number."""
    consumer = AIOKafkaConsumer(topics.events, **there.kafka.aiokafka_options(), auto_offset_reset="latest")
    seen: dict[int, float] = {}

    async def listen() -> None:
        while True:
            found = await consumer.getmany(timeout_ms=500)
            now = datetime.now(UTC).timestamp()
            for records in found.values():
                for record in records:
                    if match := _REMINDED.search(record.value or b""):
                        seen.setdefault(int(match[1]), now)

    await consumer.start()
    await consumer.seek_to_end()
    listening = asyncio.create_task(listen())
    try:
        yield seen
    finally:
        listening.cancel()
        await consumer.stop()


async def main(options: argparse.Namespace) -> None:
    """Measures one kind of database."""
    kind = options.database
    many = f", {options.workers} workers" if options.workers > 1 else ""
    section = Section(f"Deadlines 时限 ({kind}{many})")
    async with servers(say) as there:
        folder = there.folder / "deadlines"
        folder.mkdir()
        topics = await there.make_topics("deadlines")
        url = await there.make_database(kind, folder)
        filler = await Filler.open(url, ASSETS, DOMAIN - timedelta(hours=1), topics.prefix)
        await filler.fill(0, options.tickets, say)
        await filler.settle()
        real = datetime.now(UTC)
        workers = [
            Running(
                folder, f"worker-{place}", broker=f"kafka://{there.kafka.bootstrap}", topic_prefix=topics.prefix,
                group_id=topics.prefix, database_url=url, data_dir=str(folder),
                clock=f"start={DOMAIN.isoformat()},rate=1,at={real.isoformat()}",
            )
            for place in range(options.workers)
        ]  # fmt: skip
        bench = Bench(there, filler, workers, topics, options)
        try:
            bench.rows.append(("open tickets", "", f"{options.tickets:,}"))
            bench.note("ready", "< 5 s", f"{max([await worker.ready() for worker in workers]):.1f} s")
            await bench.idle()
            alone = await bench.intake()
            bench.note("intake alone", "", f"{alone:,.0f}/s")
            for part in (bench.wave(alone, DOMAIN - real), bench.calendar(alone)):
                await part
                most = max(worker.memory_mib for worker in workers)
                memory = ("memory of a worker, most ever", "< 400 MiB", f"{most:.0f} MiB")
                section.write(
                    f"{table(('what', 'aim', 'found'), [*bench.rows, memory])}\n\n{DEFINITION}", there.postgres_version
                )
        finally:
            await asyncio.gather(*(worker.stop() for worker in workers))
            await filler.close()


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.deadlines", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000, help="open tickets (default: %(default)s)")
    parser.add_argument("--messages", type=int, default=40_000, help="findings of a backlog (default: %(default)s)")
    parser.add_argument("--workers", type=int, default=1, help="(default: %(default)s)")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    return parser.parse_args()


if __name__ == "__main__":
    measured(main(arguments()))
