"""`python -m bench.startup`: seconds until a worker is ready over many open tickets, and until another takes over.

Ready is 200 from `/readyz`.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Final

from bench.filling import Filler
from bench.scale_page import Section, measured, say, table
from bench.servers import PARTITIONS, Servers, servers
from bench.workers import Running
from bench.workload import finding

ASSETS: Final = 10_000
STARTS: Final = 3
SESSION_SECONDS: Final = 12  # broker_session_timeout in streams/kafka/consuming/faust_app.py
LOOK_SECONDS: Final = 0.1
DEFINITION: Final = f"""\
From the start of the process, the middle one of {STARTS} starts. Failover: two workers share the partitions of a group,
one is killed with SIGKILL; until findings that were published after that are committed from every partition."""


async def main(options: argparse.Namespace) -> None:
    """Measures both databases, and the failover on PostgreSQL."""
    section = Section("Start and failover 启动")
    rows: list[tuple[str, str, str, str]] = []
    async with servers(say) as there:
        for kind in options.database:
            folder = there.folder / f"startup-{kind}"
            folder.mkdir()
            topics = await there.make_topics(folder.name)
            url = await there.make_database(kind, folder)
            filler = await Filler.open(url, ASSETS, section.started - timedelta(hours=1), topics.prefix)
            settings = {
                "broker": f"kafka://{there.kafka.bootstrap}", "topic_prefix": topics.prefix, "group_id": topics.prefix,
                "database_url": url, "data_dir": str(folder),
            }  # fmt: skip
            try:
                for size in (0, options.tickets):
                    await filler.fill(0, size, say)
                    taken = [await _start(folder, settings) for _ in range(STARTS)]
                    seconds, memory = sorted(taken)[STARTS // 2]
                    said = f"{seconds:.1f} s", f"{memory:.0f} MiB"
                    say(f"{kind}, {size:,} tickets: {said}")
                    rows.append((f"ready, {kind}", f"{size:,} open tickets", "< 5 s", ", ".join(said)))
                if kind == "postgresql":
                    seconds = await _failover(there, filler, folder, settings, options.tickets)
                    limit = f"< {SESSION_SECONDS} + 2 s"
                    rows.append((f"failover, {kind}", f"{options.tickets:,} open tickets", limit, f"{seconds:.1f} s"))
                section.write(
                    f"{table(('what', 'ledger', 'aim', 'found'), rows)}\n\n{DEFINITION}", there.postgres_version
                )
            finally:
                await filler.close()


async def _start(folder: Path, settings: dict[str, str]) -> tuple[float, float]:
    worker = Running(folder, "worker", **settings)
    try:
        return await worker.ready(), worker.memory_mib
    finally:
        await worker.stop()


async def _failover(there: Servers, filler: Filler, folder: Path, settings: dict[str, str], first: int) -> float:
    topic = f"{settings['topic_prefix']}.findings"
    workers = [Running(folder, f"worker-{number}", **settings) for number in range(2)]
    at = datetime.now(UTC).isoformat(timespec="seconds")

    async def publish(begin: int) -> None:
        await there.publish([finding(topic, number, ASSETS, "run-2", at) for number in range(begin, begin + 200)])

    try:
        await asyncio.gather(*(worker.ready() for worker in workers))
        await publish(first)
        await _until_handled(there, filler, topic)
        workers[0].kill()
        begun = monotonic()
        await publish(first + 200)
        await _until_handled(there, filler, topic)
        seconds = monotonic() - begun
        say(f"failover: {seconds:.1f} s")
        return seconds
    finally:
        await asyncio.gather(*(worker.stop() for worker in workers))


async def _until_handled(there: Servers, filler: Filler, topic: str) -> None:
    ends = await there.ends(topic)
    assert len(ends) == PARTITIONS
    async with asyncio.timeout(120):
        while await filler.handled(topic) < sum(ends.values()):  # noqa: ASYNC110 - it is another process that works
            await asyncio.sleep(LOOK_SECONDS)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.startup", description=__doc__)
    parser.add_argument("--tickets", type=int, default=1_000_000, help="open tickets (default: %(default)s)")
    parser.add_argument("--database", nargs="+", default=["postgresql", "sqlite"], help="default: both")
    return parser.parse_args()


if __name__ == "__main__":
    measured(main(arguments()))
