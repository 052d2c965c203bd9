"""`python -m bench.intake`: findings handed in over HTTP to one `rectify web`, SQLite and a local Kafka beside it.

batches   a thousand findings a request, four requests at a time: findings a second
singles   500 requests a second with one finding each, at their times whether or not the one before is answered: ms
flood     the same singles with another key, while the batches run: what a flood of one producer costs another
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final, NamedTuple

import httpx
import orjson

from bench import machine
from bench.processes import cpu_seconds
from schemas.topics import Topics
from streams.clock import system_time
from streams.kafka.admin import create_topics
from streams.kafka.config import KafkaConfig
from streams.ledger import upgrade
from streams.local.kafka import LocalKafka
from streams.local.processes import free_ports
from streams.services.api_keys import Scope, WantedKey, create
from streams.settings.model import Settings
from tests.support.command_line import CommandLine

AT_ONCE, BATCH, A_SECOND, ASSETS = 4, 1_000, 500, 100
_PATH: Final = "/intake/findings"

Post = Callable[[bytes], Awaitable[float]]


class Latencies(NamedTuple):
    """How long answers took."""

    ms: list[float]

    def __str__(self) -> str:
        """For people."""
        parts = statistics.quantiles(self.ms, n=100)
        return f"{len(self.ms)} requests: p50 {parts[49]:.1f} ms, p99 {parts[98]:.1f} ms, most {max(self.ms):.1f} ms"


def finding(number: int) -> dict[str, str]:
    """One of many."""
    at, place = system_time().isoformat(), f"https://site{number % ASSETS}.gov.cn/{number}"
    return {"asset_id": f"site{number % ASSETS}", "check": "link.dead", "observed_at": at, "locator": place}


async def batches(post: Post, seconds: float) -> float:
    """Findings a second."""
    body = orjson.dumps([finding(number) for number in range(BATCH)])
    sent, end = 0, time.perf_counter() + seconds

    async def send() -> None:
        nonlocal sent
        while time.perf_counter() < end:
            await post(body)
            sent += BATCH

    began = time.perf_counter()
    await asyncio.gather(*(send() for _ in range(AT_ONCE)))
    return sent / (time.perf_counter() - began)


async def singles(post: Post, seconds: float) -> Latencies:
    """Each at its time."""
    body, began = orjson.dumps(finding(1)), time.perf_counter()

    async def send(number: int) -> float:
        due = began + number / A_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await post(body)
        return (time.perf_counter() - due) * 1_000

    return Latencies(list(await asyncio.gather(*(send(number) for number in range(int(seconds * A_SECOND))))))


async def main(seconds: float) -> None:
    """Measures all three, and prints them."""
    print(f"load average before the start: {machine.load()}")
    with tempfile.TemporaryDirectory(prefix="rectify-bench-") as name:
        folder = Path(name)
        broker = LocalKafka(folder / "kafka")
        await broker.start(print)
        try:
            await _measure(folder, broker, seconds)
        finally:
            await broker.stop()


async def _measure(folder: Path, broker: LocalKafka, seconds: float) -> None:
    config, (port,), url = KafkaConfig(broker.bootstrap), free_ports(1), f"sqlite:///{folder / 'rectify.db'}"
    await create_topics(config, Topics().specs(), partitions=8)
    await upgrade(url)
    named = {
        "BROKER": f"kafka://{broker.bootstrap}", "DATABASE_URL": url, "DATA_DIR": str(folder),
        "LINK_KEY": "a-key-of-the-links-that-is-long-enough-0", "PAGES_PORT": str(port),
    }  # fmt: skip
    settings = Settings.load(broker=named["BROKER"], database_url=url, data_dir=named["DATA_DIR"])
    keys = [
        (await create(settings, WantedKey(name, (Scope.INTAKE,)), "bench", system_time())).token for name in ("a", "b")
    ]
    web = await CommandLine(folder, **named).start("web", "--serve", "intake")
    try:
        limits = httpx.Limits(max_connections=400)
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=60, limits=limits) as client:
            first, second = (_poster(client, key) for key in keys)
            await _until_up(client)
            await batches(first, 2)
            before = cpu_seconds(web.pid)
            rate = await batches(first, seconds)
            used = cpu_seconds(web.pid) - before
            print(
                f"batches  {rate:,.0f} findings/s, {rate * seconds / used:,.0f} for each second of the pages' own CPU"
            )
            print(f"singles  {await singles(second, seconds)}")
            flood = asyncio.create_task(batches(first, seconds))
            beside = await singles(second, seconds)
            print(f"flood    {beside}, beside {await flood:,.0f} findings/s of another key")
    finally:
        web.kill()
        await web.wait()


def _poster(client: httpx.AsyncClient, key: str) -> Post:
    async def post(body: bytes) -> float:
        began = time.perf_counter()
        answer = await client.post(_PATH, content=body, headers={"authorization": f"Bearer {key}"})
        if answer.status_code != 202:
            raise RuntimeError(answer.text)
        return time.perf_counter() - began

    return post


async def _until_up(client: httpx.AsyncClient) -> None:
    while True:
        try:
            await client.get("/healthz")
            return
        except httpx.ConnectError:
            await asyncio.sleep(0.2)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.intake", description=__doc__)
    parser.add_argument("--seconds", type=float, default=10.0, help="for each of the three (default: %(default)s)")
    asyncio.run(main(parser.parse_args().seconds))
