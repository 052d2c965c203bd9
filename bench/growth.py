"""`python -m bench.growth`: does the worker grow slower as the ledger grows? Findings/s by open tickets and history.

At each size a backlog of repeats of random tickets and one of new findings go through a worker of its own process, as
in `python -m bench`; the assets are 10,000 at every size, so that only the number of tickets differs.
"""

from __future__ import annotations

import argparse
import random
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import chain, count, islice
from statistics import median
from typing import Final, NamedTuple

from bench import contenders
from bench.contenders import Contender
from bench.filling import Filler
from bench.job import Job, Report
from bench.processes import cpu_seconds
from bench.scale_page import Section, measured, say, table
from bench.servers import Servers, servers
from bench.workload import finding
from schemas.topics import Topics
from streams.kafka.consuming.faust_app import BATCH_RECORDS
from streams.rules.state.records import OutMessage

ASSETS: Final = 10_000
SEED: Final = 8
DEFINITION: Final = f"""\
`repeat`: tickets in random order, none twice before all had their turn (twice in a batch it costs once), seen again in
the run that found them; `new`: findings of that run that nobody has seen. {ASSETS:,} assets at every size. The clock is
that of `python -m bench`, the rate the median of the rounds (lowest - highest), and each round of `new` leaves its
tickets in the ledger; "with owed" counts in publishing the changed counters of every ticket right afterwards. Batches
of up to {BATCH_RECORDS:,}, from fetch to commit; memory is the most that the worker's process ever held, on SQLite with
what it has mapped of the file, up to 2 GiB, which the system takes back when it needs it; CPU of the database is that
of all its processes (of SQLite it is the worker's)."""


class Grown(NamedTuple):
    """One size, one workload, all rounds. Seconds, bytes."""

    database: str
    tickets: int
    history: int
    phase: str
    rounds: list[tuple[Report, float]]  # with the CPU seconds of the database
    database_bytes: int
    tickets_after: int


async def main(options: argparse.Namespace) -> None:
    """Measures every size on every database."""
    title = f"Growth 增长 ({', '.join(options.database)}{', tuned' if options.postgres else ''})"
    section = Section(title)
    found: list[Grown] = []
    settings = dict(setting.split("=", 1) for setting in options.postgres)
    async with servers(say, **settings) as there:
        for contender in contenders.CONTENDERS:
            if contender.database in options.database:
                async for one in _grow(there, contender, options, section.started):
                    found.append(one)
                    section.write(_body(found), there.postgres_version)


async def _grow(
    there: Servers, contender: Contender, options: argparse.Namespace, started: datetime
) -> AsyncIterator[Grown]:
    kind = contender.database
    folder = there.folder / f"growth-{kind}"
    folder.mkdir()
    topics = await there.make_topics(f"growth-{kind}")
    url = await there.make_database(kind, folder)
    filler = await Filler.open(url, ASSETS, started - timedelta(hours=2), topics.prefix)
    job = Job(
        bootstrap=there.kafka.bootstrap, prefix=topics.prefix, topic=topics.findings, ends={}, folder=folder,
        report=folder / "report.json", database_url=url,
    )  # fmt: skip
    filled = 0
    try:
        for size in (*options.sizes, 0):
            if size:
                await filler.fill(filled, size, say)
            elif options.history:
                await filler.age(options.history)
            else:
                break
            if not filled:  # the first start of all: programs are compiled, the broker is cold
                await _measure(there, contender, job, next(_phases(topics, size, options.messages, started))[1])
            filled = size or filled
            await filler.settle()
            tickets, history = filled, filled * (1 if size else 1 + options.history)
            rounds: dict[str, list[tuple[Report, float]]] = {}
            for _ in range(options.rounds):
                for phase, messages in _phases(topics, filled, options.messages, started):
                    one = await _measure(there, contender, job, messages)
                    rounds.setdefault(phase, []).append(one)
                    rate = one[0].handled / one[0].seconds
                    say(f"{kind} · {tickets:,} tickets, {history:,} history · {phase}: {rate:,.0f}/s")
                filled += options.messages
            for phase, done in rounds.items():
                yield Grown(kind, tickets, history, phase, done, await filler.size(), filled)
    finally:
        await filler.close()


def _phases(topics: Topics, filled: int, messages: int, started: datetime) -> Iterator[tuple[str, list[OutMessage]]]:
    """Repeats in the run that found them, each ticket once before any comes again, and findings that are new."""
    at = (started - timedelta(hours=1)).isoformat(timespec="seconds")
    chance = random.Random(SEED)  # noqa: S311 - the same ones every time
    rounds = (chance.sample(range(filled), k=min(filled, messages)) for _ in count())
    numbers = islice(chain.from_iterable(rounds), messages)
    yield "repeat", [finding(topics.findings, number, ASSETS, "run-0", at) for number in numbers]
    new = range(filled, filled + messages)
    yield "new", [finding(topics.findings, number, ASSETS, "run-0", at) for number in new]


async def _measure(
    there: Servers, contender: Contender, job: Job, messages: Sequence[OutMessage]
) -> tuple[Report, float]:
    before = await there.ends(job.topic)
    await there.publish(messages)
    ends = await there.ends(job.topic)
    busy = cpu_seconds(there.postgres.pid)
    report = await contenders.run(contender, job.model_copy(update={"ends": ends}))
    assert report.handled == sum(ends.values()) - sum(before.values()), report
    return report, cpu_seconds(there.postgres.pid) - busy


def _body(found: list[Grown]) -> str:
    header = (
        "database", "open tickets", "history rows", "workload", "findings/s", "of the first", "with owed",
        "CPU µs/finding worker + database", "batch p50 ms", "slowest ms", "memory MiB", "bytes/ticket",
    )  # fmt: skip
    first: dict[tuple[str, str], float] = {}
    rows = []
    for one in found:
        reports = [report for report, _ in one.rounds]
        rates = sorted(report.handled / report.seconds for report in reports)
        rate = median(rates)
        base = first.setdefault((one.database, one.phase), rate)
        batches = sorted(chain.from_iterable(report.batch_seconds for report in reports))
        own = median(1e6 * report.cpu_seconds / report.handled for report in reports)
        database = median(1e6 * cpu / report.handled for report, cpu in one.rounds)
        rows.append((
            one.database, f"{one.tickets:,}", f"{one.history:,}", one.phase,
            f"{rate:,.0f} ({rates[0]:,.0f} - {rates[-1]:,.0f})", f"{rate / base:.0%}",
            f"{median(report.handled / (report.seconds + report.owed_seconds) for report in reports):,.0f}",
            f"{own:.0f} + {database:.0f}",
            f"{1e3 * median(batches):.0f}", f"{1e3 * batches[-1]:.0f} of {len(batches)}",
            f"{max(report.memory_mib for report in reports):.0f}", f"{one.database_bytes / one.tickets_after:,.0f}",
        ))  # fmt: skip
    return f"{table(header, rows)}\n\n{DEFINITION}"


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.growth", description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[10_000, 100_000, 1_000_000], help="open tickets")
    parser.add_argument(
        "--history", type=int, default=9, help="copies of the history at the end (default: %(default)s)"
    )
    parser.add_argument(
        "--messages",
        type=int,
        default=10_000,
        help="findings a workload, no more than the least size (default: %(default)s)",
    )
    parser.add_argument("--rounds", type=int, default=3, help="of both workloads at each size (default: %(default)s)")
    parser.add_argument("--database", nargs="+", default=["postgresql", "sqlite"], help="default: both")
    parser.add_argument("--postgres", nargs="+", default=[], help="settings of PostgreSQL, name=value")
    return parser.parse_args()


if __name__ == "__main__":
    measured(main(arguments()))
