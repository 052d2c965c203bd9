"""`python -m tests.crash`: the long form, on brokers and a database of its own; exit code 1 with every difference.

The same seed draws the same faults; what they meet differs with the machine.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import random
import signal
import sys
import tempfile
from pathlib import Path

from streams.clock import system_time
from streams.ledger import upgrade
from tests.crash.check import faults
from tests.crash.play import Played, play
from tests.crash.scene import own_scene
from tests.crash.trouble import Trouble, summary
from tests.support.kafka import topic_prefix
from tests.support.pipeline import Pipeline


async def run(engine: str, seed: int, kills: int, brokers: int) -> Played:
    """One long play."""
    # Ended from outside it lets go of servers and mounts as well.
    playing = asyncio.current_task()
    assert playing is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, playing.cancel)
    workers = 1 if engine == "sqlite" else 3
    with tempfile.TemporaryDirectory(prefix="rectify-crash-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        async with own_scene(folder, engine, brokers=brokers, workers=workers) as scene:
            assert scene.cluster is not None
            await upgrade(scene.database_url)
            trouble = Trouble(random.Random(seed), scene=scene, say=_say)  # noqa: S311 - to be repeated
            async with Pipeline(folder, scene.cluster.bootstrap, topic_prefix(), scene.database_url) as pipeline:
                return await play(pipeline, trouble, faults=kills, workers=workers)


def _say(fault: str) -> None:
    """Faults as they are made, for whoever waits."""
    sys.stderr.write(f"{system_time():%H:%M:%S} {fault}\n")


def main() -> int:
    """Plays on both engines, unless one is named."""
    parser = argparse.ArgumentParser(prog="python -m tests.crash", description=__doc__)
    parser.add_argument("--engine", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--seed", type=int, default=20230306)
    parser.add_argument("--kills", type=int, default=100, help="faults for each engine")
    parser.add_argument("--brokers", type=int, choices=(1, 3), default=1, help="3: everything is replicated")
    given = parser.parse_args()
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)  # the play's own clients, whose brokers come and go
    wrong = 0
    for engine in given.engine or ("sqlite", "postgresql"):
        played = asyncio.run(run(engine, given.seed, given.kills, given.brokers))
        found = [*played.wrong, *faults(played.expected, played.account)]
        sys.stdout.write(
            f"{engine}, {given.brokers} broker(s), seed {given.seed}: {played.kills} kills; {summary(played.trouble)};"
            f" {played.rounds} rounds, {played.messages} messages,"
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
