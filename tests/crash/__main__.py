"""`python -m tests.crash`: the long form, on a broker and a database of its own; exit code 1 with every difference.

The same seed draws the same faults; what they meet differs with the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from streams.broker import LocalKafka
from streams.ledger import upgrade
from tests.crash.check import faults
from tests.crash.play import Played, play
from tests.crash.trouble import Trouble
from tests.support.kafka import topic_prefix
from tests.support.pipeline import Pipeline
from tests.support.postgres import Postgres


@asynccontextmanager
async def servers(folder: Path, engine: str) -> AsyncIterator[tuple[LocalKafka, Postgres | None, str]]:
    """A broker, a database server if the engine has one, and the URL of an empty database."""
    broker = LocalKafka(folder / "kafka")
    await broker.start()
    postgres = Postgres() if engine == "postgresql" else None
    try:
        if postgres is not None:
            postgres.start()
        yield broker, postgres, postgres.create_database() if postgres else f"sqlite:///{folder / 'rectify.db'}"
    finally:
        if postgres is not None:
            postgres.remove()
        await broker.stop()


async def run(engine: str, seed: int, kills: int) -> Played:
    """One long play."""
    with tempfile.TemporaryDirectory(prefix="rectify-crash-") as name:
        folder = Path(name)
        async with servers(folder, engine) as (broker, postgres, database):
            await upgrade(database)
            trouble = Trouble(random.Random(seed), [], broker, postgres)  # noqa: S311 - to be repeated
            async with Pipeline(folder, broker.bootstrap, topic_prefix(), database) as pipeline:
                return await play(pipeline, trouble, faults=kills, workers=3 if postgres else 1)


def main() -> int:
    """Plays on both engines, unless one is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--seed", type=int, default=20230306)
    parser.add_argument("--kills", type=int, default=100, help="faults for each engine")
    given = parser.parse_args()
    wrong = 0
    for engine in given.engine or ("sqlite", "postgresql"):
        played = asyncio.run(run(engine, given.seed, given.kills))
        found = faults(played.expected, played.account)
        made = ", ".join(f"{n} {name}" for name, n in sorted(played.trouble.items()))
        sys.stdout.write(
            f"{engine}: {made}; {played.rounds} rounds, {played.messages} messages,"
            f" {len(played.expected.places)} problems, {len(played.account.tickets)} tickets,"
            f" {len(played.account.history)} events,"
            f" {len(played.account.short_messages)} short messages, {len(played.account.mails)} mails"
            f" in {played.seconds:.0f} s; {len(found)} differences\n"
        )
        sys.stdout.writelines(f"  {fault}\n" for fault in found)
        wrong += len(found)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
