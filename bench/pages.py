"""`python -m bench.pages`: how long pages take over a full ledger while a worker takes findings in, and their memory.

A ledger of open tickets, a worker as `rectify worker` runs it, findings at a steady rate, and `rectify web` as a
process of its own, asked by one browser. Every URL has a row in `page_rows.py`, with its aim; beyond one the command
exits 1, and so it does where a page, or the workbook of 50,000 tickets, is too large or takes too long.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Final

import httpx
from aiokafka import AIOKafkaProducer

from bench import contenders
from bench.contenders import ROOT, Contender
from bench.filling import Filler
from bench.job import Job
from bench.page_ledger import KEY, MANY_TICKETS, PageLedger, many_places
from bench.page_rows import Asked, Browser, Sheet, asked_table, sheet_table
from bench.processes import anonymous_mib
from bench.scale_page import Section, measured, say
from bench.servers import Servers, servers
from bench.workload import finding
from streams.local.processes import end, free_ports, spawn, tail
from streams.rules.state.records import OutMessage
from streams.settings.sources import PREFIX

ASSET_TICKETS: Final = 100  # each asset has so many
TICK: Final = 0.1  # seconds between two sendings of findings
MEMORY_AIM: Final = 200  # MiB
READY_WITHIN: Final = 300.0


class Web:
    """`rectify web` as an operator starts it."""

    def __init__(self, folder: Path, **settings: str) -> None:
        """`settings`: without their prefix, in lower case."""
        (self.port,) = free_ports(1)
        self._log = folder / "web.log"
        env = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
        env |= {f"{PREFIX}{name.upper()}": value for name, value in settings.items()}
        env |= {"PYTHONPATH": str(ROOT), f"{PREFIX}PAGES_PORT": str(self.port)}
        command = [sys.executable, "-c", "from streams.cli import main; main()", "web"]
        self.process = spawn(command, self._log, cwd=folder, env=env)

    async def ready(self) -> None:
        """Returns when it answers that it is ready."""
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            async with asyncio.timeout(READY_WITHIN):
                while True:
                    assert self.process.poll() is None, tail(self._log, 30)
                    try:
                        if (await client.get("/readyz")).status_code == 200:
                            return
                    except httpx.TransportError:
                        pass
                    await asyncio.sleep(0.1)


async def main(options: argparse.Namespace) -> None:
    """Measures every database; exits 1 where an aim is missed."""
    title = f"Pages 网页 ({', '.join(options.database)})"
    section = Section(title)
    found: list[Asked] = []
    sheets: list[Sheet] = []
    notes: list[str] = []
    missed: list[str] = []
    async with servers(say) as there:
        for contender in contenders.CONTENDERS:
            if contender.database in options.database:
                asked, sheet, memory, taken = await _measure(there, contender, options, section.started)
                found += asked
                sheets.append(sheet)
                notes.append(
                    f"{contender.database}: `rectify web` held {memory:.0f} MiB of its own at the end "
                    f"(aim: below {MEMORY_AIM}); the worker took in {taken:,.0f} findings/s meanwhile."
                )
                if memory >= MEMORY_AIM:
                    missed.append(f"{contender.database}: {memory:.0f} MiB")
        missed += [one.missed for one in found if one.missed] + [one.missed for one in sheets if one.missed]
        body = f"{asked_table(found)}\n\n{sheet_table(sheets)}\n\n{' '.join(notes)}\n\n{_definition(options)}"
        if options.quick:
            print(body)
        else:
            section.write(body, there.postgres_version)
    if missed:
        say(f"above the aims: {'; '.join(missed)}")
        sys.exit(1)


async def _measure(
    there: Servers, contender: Contender, options: argparse.Namespace, started: datetime
) -> tuple[list[Asked], Sheet, float, float]:
    kind, folder = contender.database, there.folder / f"pages-{contender.database}"
    folder.mkdir()
    topics = await there.make_topics(f"pages-{kind}")
    url = await there.make_database(kind, folder)
    assets = max(options.tickets // ASSET_TICKETS, MANY_TICKETS)
    filler = await Filler.open(url, assets, started - timedelta(hours=2), topics.prefix)
    ledger = PageLedger(url, assets)
    try:
        await filler.fill(0, options.tickets, say)
        await ledger.open(options.tickets, options.requests)
        await filler.settle()
        job = Job(
            bootstrap=there.kafka.bootstrap, prefix=topics.prefix, topic=topics.findings, ends={}, folder=folder,
            report=folder / "report.json", database_url=url,
        )  # fmt: skip
        worker = contenders.start(contender, job)
        web = Web(
            folder, database_url=url, data_dir=str(folder), broker=f"kafka://{there.kafka.bootstrap}",
            topic_prefix=topics.prefix, link_key=KEY, log_level="ERROR",
        )  # fmt: skip
        try:
            await there.publish(many_places(topics.findings, (started - timedelta(hours=1)).isoformat()))
            await ledger.wait_for_many()
            await web.ready()
            messages = _findings(topics.findings, options.tickets, assets, started)
            async with _steady(there, messages, options.rate):
                before, begun = await filler.handled(topics.findings), monotonic()
                browser = Browser(kind, web.port, ledger.session)
                asked = await asyncio.to_thread(browser.ask, ledger, options.requests)
                taken = (await filler.handled(topics.findings) - before) / (monotonic() - begun)
                sheet = await asyncio.to_thread(browser.fetch_sheet, web.process.pid)
            return asked, sheet, anonymous_mib(web.process.pid), taken
        finally:
            for process in (web.process, worker):
                await asyncio.to_thread(end, process, grace=contenders.STOP_SECONDS)
    finally:
        await ledger.close()
        await filler.close()


def _findings(topic: str, tickets: int, assets: int, started: datetime) -> Callable[[int], OutMessage]:
    """Findings by number: every other one is new, the others are seen again."""
    at = (started - timedelta(minutes=30)).isoformat(timespec="seconds")
    chance = random.Random(8)  # noqa: S311 - the same ones every time

    def numbered(number: int) -> OutMessage:
        which = tickets + number if number % 2 else chance.randrange(tickets)
        return finding(topic, which, assets, "run-1", at)

    return numbered


@asynccontextmanager
async def _steady(there: Servers, numbered: Callable[[int], OutMessage], rate: int) -> AsyncIterator[None]:
    """So many findings a second, from now on until the end; returns when the worker has had the first of them."""
    producer = AIOKafkaProducer(**there.kafka.aiokafka_options(), acks="all", linger_ms=5)
    await producer.start()

    async def send() -> None:
        begun, sent = monotonic(), 0
        while True:
            due = int((monotonic() - begun) * rate)
            for number in range(sent, due):
                topic, key, value, _ = numbered(number)
                await producer.send(topic, key=key, value=value)
            sent = due
            await asyncio.sleep(TICK)

    sending = asyncio.create_task(send())
    try:
        await asyncio.sleep(2.0)  # the worker has begun
        yield
    finally:
        sending.cancel()
        await producer.stop()


def _definition(options: argparse.Namespace) -> str:
    return (
        f"{options.tickets:,} open tickets, {options.rate} findings a second sent meanwhile, every other one new. The "
        "time from the request to the last byte of the page, one request after the other over one connection, the rows "
        "in turn, each of other tickets; server, worker, database, broker and browser on the same cores. The workbook: "
        "all columns of the standard list, alone; its memory is what the process held of its own beyond before."
    )


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.pages", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000, help="open tickets (default: %(default)s)")
    parser.add_argument("--rate", type=int, default=500, help="findings a second meanwhile (default: %(default)s)")
    parser.add_argument("--requests", type=int, default=300, help="of each row (default: %(default)s)")
    parser.add_argument("--database", nargs="+", default=["postgresql", "sqlite"], help="default: both")
    parser.add_argument("--quick", action="store_true", help="a look: nothing is written to scale.md")
    return parser.parse_args()


if __name__ == "__main__":
    measured(main(arguments()))
