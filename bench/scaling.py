"""`python -m bench.scaling`: 1, 2 and 4 workers on one PostgreSQL: what a finding costs whom, and what limits.

Each number of workers gets topics and a database of its own, and the same backlogs: new findings, the same again, and a
mixed day. CPU is counted per process (workers, PostgreSQL with all its children, Kafka), the log by PostgreSQL itself.
"""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from time import monotonic
from typing import Final, NamedTuple

import asyncpg

from bench.filling import Filler
from bench.processes import cpu_seconds
from bench.scale_page import Section, measured, say, table
from bench.servers import PARTITIONS, Servers, servers
from bench.workers import Running
from bench.workload import assets, phases
from schemas.topics import Topics
from streams.rules.state.records import OutMessage

LOOK_SECONDS: Final = 0.1
SHOWN: Final = 12  # statements
DEFINITION: Final = f"""\
From the publishing of a backlog to an empty outbox, {PARTITIONS} partitions; CPU in microseconds a finding, all of it
on the one machine; WAL as PostgreSQL writes it, Kafka as the bytes of its segments (findings in, tickets and events
out; one copy of each). The workloads are those of `python -m bench`. The counters that `repeat` and `day`
leave to be published follow within 30 s and are not in it."""


class Spent(NamedTuple):
    """One workload. CPU in seconds."""

    workers: int
    phase: str
    findings: int
    seconds: float
    worker_cpu: float
    database_cpu: float
    broker_cpu: float
    wal_bytes: int
    broker_bytes: int


async def main(options: argparse.Namespace) -> None:
    """Measures each number of workers."""
    section = Section("Scaling out 扩展")
    spent: list[Spent] = []
    statements = ""
    async with servers(say, shared_preload_libraries="pg_stat_statements") as there:
        for number in options.workers:
            async for one in _measure(there, number, options.messages, section):
                spent.append(one)
                say(f"{number} workers · {one.phase}: {one.findings / one.seconds:,.0f}/s")
            statements = statements or await _statements(there)
            section.write(f"{_body(spent)}\n\n{statements}\n\n{DEFINITION}", there.postgres_version)


async def _measure(there: Servers, number: int, messages: int, section: Section) -> AsyncIterator[Spent]:
    name = f"scaling-{number}"
    folder = there.folder / name
    folder.mkdir()
    topics = await there.make_topics(name)
    url = await there.make_database("postgresql", folder)
    filler = await Filler.open(url, assets(messages), section.started - timedelta(hours=3), name)
    connection = await asyncpg.connect(url)
    await connection.execute("create extension if not exists pg_stat_statements; select pg_stat_statements_reset()")
    settings = {
        "broker": f"kafka://{there.kafka.bootstrap}", "topic_prefix": name, "group_id": name, "database_url": url,
        "data_dir": str(folder),
    }  # fmt: skip
    running = [Running(folder, f"worker-{place}", **settings) for place in range(number)]
    try:
        await asyncio.gather(*(worker.ready() for worker in running))
        for phase, findings in phases(topics.findings, messages, section.started).items():
            yield await _spend(there, running, filler, connection, topics, phase, findings)
    finally:
        await asyncio.gather(*(worker.stop() for worker in running))
        await connection.close()
        await filler.close()


async def _spend(
    there: Servers, running: Sequence[Running], filler: Filler, connection: asyncpg.Connection, topics: Topics,
    phase: str, findings: list[OutMessage],
) -> Spent:  # fmt: skip
    async def now() -> tuple[float, float, float, int, int]:
        written = await connection.fetchval("select pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint")
        return (
            sum(worker.cpu_seconds for worker in running),
            cpu_seconds(there.postgres.pid),
            cpu_seconds(there.kafka_pid),
            written, _bytes(there.folder / "kafka", topics.prefix),
        )  # fmt: skip

    handled = await filler.handled(topics.findings) + len(findings)

    async def idle() -> bool:
        waiting = await connection.fetchval("select count(*) from outbox")
        return not waiting and await filler.handled(topics.findings) >= handled

    before, begun = await now(), monotonic()
    await there.publish(findings)
    while not await idle():  # noqa: ASYNC110 - they are other processes
        await asyncio.sleep(LOOK_SECONDS)
    seconds = monotonic() - begun
    after = await now()
    return Spent(
        len(running), phase, len(findings), seconds, after[0] - before[0], after[1] - before[1], after[2] - before[2],
        after[3] - before[3], after[4] - before[4],
    )  # fmt: skip


def _bytes(folder: Path, prefix: str) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*.log") if file.parent.name.startswith(f"{prefix}."))


async def _statements(there: Servers) -> str:
    connection = await asyncpg.connect(there.postgres.create_database())
    try:
        await connection.execute("create extension if not exists pg_stat_statements")
        rows = await connection.fetch(
            "select calls, total_exec_time, rows, wal_bytes, regexp_replace(query, '\\s+', ' ', 'g') as query "
            "from pg_stat_statements order by total_exec_time desc limit $1", SHOWN,
        )  # fmt: skip
    finally:
        await connection.close()
    shown = (
        (
            f"{row['total_exec_time']:,.0f}",
            row["calls"],
            f"{row['rows']:,}",
            f"{row['wal_bytes']:,}",
            f"`{row['query'][:90]}`",
        )
        for row in rows
    )
    return f"With one worker:\n\n{table(('ms', 'calls', 'rows', 'WAL bytes', 'statement'), shown)}"


def _body(spent: Sequence[Spent]) -> str:
    header = (
        "workers", "workload", "findings/s", "CPU µs worker", "µs PostgreSQL", "µs Kafka", "cores busy",
        "WAL bytes/finding", "Kafka bytes/finding",
    )  # fmt: skip
    rows = []
    for one in spent:
        used = one.worker_cpu + one.database_cpu + one.broker_cpu
        each = (f"{1e6 * cpu / one.findings:.0f}" for cpu in (one.worker_cpu, one.database_cpu, one.broker_cpu))
        rows.append((
            one.workers, one.phase, f"{one.findings / one.seconds:,.0f}", *each, f"{used / one.seconds:.1f}",
            f"{one.wal_bytes / one.findings:,.0f}", f"{one.broker_bytes / one.findings:,.0f}",
        ))  # fmt: skip
    return table(header, rows)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.scaling", description=__doc__)
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 2, 4], help="default: 1 2 4")
    parser.add_argument("--messages", type=int, default=40_000, help="findings a workload (default: %(default)s)")
    return parser.parse_args()


if __name__ == "__main__":
    measured(main(arguments()))
