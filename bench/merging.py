"""`python -m bench.merging`: a unit with very many open tickets is merged into another while findings come in.

The tickets follow page by page as due work: how long until the last has, what the worker holds meanwhile, and what is
left of the intake.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Final

import orjson

from bench.filling import Filler
from bench.scale_page import Section, measured, say, table
from bench.servers import Servers, servers
from bench.workers import Running
from bench.workload import ASSETS_PER_UNIT, finding, unit_of
from schemas.topics import Topics
from streams.rules.state.records import OutMessage

ASSETS: Final = 2 * ASSETS_PER_UNIT  # of two units; the first is merged into the second
FORMER, HEIR = unit_of(0), unit_of(ASSETS_PER_UNIT)
LOOK_SECONDS: Final = 0.2
WITHIN_SECONDS: Final = 3_600
DEFINITION: Final = """\
Intake: new findings on the other unit's assets, from their first commit to their last, alone and while the tickets
follow. Done: from the publishing of the unit's record with `replaced_by` until no ticket is left to follow, each with
an event, a history entry, notices to the heir's contact and the ticket published."""


class Merge:
    """One database, one worker."""

    def __init__(self, there: Servers, filler: Filler, topics: Topics, options: argparse.Namespace) -> None:
        self._there = there
        self._filler = filler
        self._topics = topics
        self._number = 2 * options.tickets
        self._backlog: int = options.messages

    async def intake(self) -> float:
        """New findings a second on the heir's assets, from the first commit of a backlog to its last."""
        at = (datetime.now(UTC) - timedelta(minutes=30)).isoformat()
        numbers = range(self._number, self._number + 2 * self._backlog)
        self._number += 2 * self._backlog
        messages = [
            finding(self._topics.findings, number, ASSETS, "run-1", at)
            for number in numbers
            if number % ASSETS >= ASSETS_PER_UNIT
        ]
        before = await self._filler.handled(self._topics.findings)
        publishing = asyncio.create_task(self._there.publish(messages))
        begun, first = monotonic(), 0
        while (done := await self._filler.handled(self._topics.findings) - before) < len(messages):
            if done and not first:
                begun, first = monotonic(), done
            await asyncio.sleep(LOOK_SECONDS)
        await publishing
        return (len(messages) - first) / max(monotonic() - begun, LOOK_SECONDS)

    async def merge(self) -> tuple[float, float]:
        """The merge to its end: seconds, and the findings a second beside it."""
        record = {"unit_id": FORMER, "name": FORMER, "replaced_by": HEIR}
        begun = monotonic()
        await self._there.publish([OutMessage(self._topics.registry, f"unit:{FORMER}".encode(), orjson.dumps(record))])
        async with asyncio.timeout(30):
            while not await self._filler.is_following():  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
        intake = asyncio.create_task(self.intake())
        async with asyncio.timeout(WITHIN_SECONDS):
            while await self._filler.is_following():  # noqa: ASYNC110
                await asyncio.sleep(LOOK_SECONDS)
        seconds = monotonic() - begun
        return seconds, await intake


async def main(options: argparse.Namespace) -> None:
    """Measures one kind of database."""
    kind = options.database
    section = Section(f"Merging 撤并 ({kind})")
    async with servers(say) as there:
        folder = there.folder / "merging"
        folder.mkdir()
        topics = await there.make_topics("merging")
        url = await there.make_database(kind, folder)
        filler = await Filler.open(url, ASSETS, datetime.now(UTC) - timedelta(hours=1), topics.prefix)
        await filler.fill(0, 2 * options.tickets, say)
        await filler.settle()
        had = await filler.owned_by(FORMER)
        worker = Running(
            folder, "worker", broker=f"kafka://{there.kafka.bootstrap}", topic_prefix=topics.prefix,
            group_id=topics.prefix, database_url=url, data_dir=str(folder),
        )  # fmt: skip
        try:
            await worker.ready()
            merge = Merge(there, filler, topics, options)
            alone = await merge.intake()
            say(f"intake alone: {alone:,.0f}/s")
            seconds, beside = await merge.merge()
            left = await filler.owned_by(FORMER)
            rows = [
                ("tickets that follow", "", f"{had:,}; {left} left behind"),
                ("done", "", f"{seconds:.0f} s, {had / seconds:,.0f}/s"),
                ("intake beside it", "> 50 % of intake alone", f"{beside:,.0f}/s, {beside / alone:.0%}"),
                ("memory of the worker, most ever", "< 512 MiB", f"{worker.memory_mib:.0f} MiB"),
            ]
            section.write(f"{table(('what', 'aim', 'found'), rows)}\n\n{DEFINITION}", there.postgres_version)
        finally:
            await worker.stop()
            await filler.close()


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.merging", description=__doc__)
    parser.add_argument("--tickets", type=int, default=200_000, help="of the unit (default: %(default)s)")
    parser.add_argument("--messages", type=int, default=20_000, help="findings of a backlog (default: %(default)s)")
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="sqlite")
    return parser.parse_args()


if __name__ == "__main__":
    measured(main(arguments()))
