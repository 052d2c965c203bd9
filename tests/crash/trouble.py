"""What goes wrong while they work: kills, stops, freezes; of workers, of the broker, of the database."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from streams.broker import LocalKafka
from tests.support.postgres import Postgres
from tests.support.worker_process import WorkerProcess

PAUSE: Final = (0.3, 4.0)  # seconds between two faults
FROZEN: Final = (1.0, 20.0)  # seconds; the session of a worker ends after 10
AWAY: Final = (0.1, 3.0)  # seconds that broker or database are away


@dataclass(slots=True)
class Trouble:
    """Makes trouble while they work; every draw is from one seed."""

    chance: random.Random
    workers: list[WorkerProcess]
    broker: LocalKafka | None = None  # one that may be killed
    database: Postgres | None = None
    count: Counter[str] = field(default_factory=Counter)

    async def make(self, faults: int) -> None:
        """So many faults; everything runs again afterwards."""
        while self.count.total() < faults:
            await asyncio.sleep(self.chance.uniform(*PAUSE))
            kinds: list[tuple[str, int, Callable[[], Awaitable[None]]]] = [
                ("worker killed", 12, self._kill),
                ("all workers killed", 2, self._kill_all),
                ("worker stopped", 3, self._terminate),
                ("worker frozen", 2, self._freeze),
                ("broker killed", 1 if self.broker else 0, self._kill_broker),
                ("database stopped", 1 if self.database else 0, self._stop_database),
            ]
            name, _, make = self.chance.choices(kinds, [weight for _, weight, _ in kinds])[0]
            self.count[name] += 1
            await make()

    async def _kill(self) -> None:
        worker = self.chance.choice(self.workers)
        await worker.kill()
        await worker.start()

    async def _kill_all(self) -> None:
        for worker in self.workers:
            await worker.kill()
        for worker in self.workers:
            await worker.start()

    async def _terminate(self) -> None:
        worker = self.chance.choice(self.workers)
        if worker.alive:
            await worker.stop()
        await worker.start()

    async def _freeze(self) -> None:
        """A zombie: it wakes up when others have taken its place."""
        worker = self.chance.choice(self.workers)
        worker.freeze()
        await asyncio.sleep(self.chance.uniform(*FROZEN))
        worker.thaw()

    async def _kill_broker(self) -> None:
        assert self.broker is not None
        self.broker.kill()
        await asyncio.sleep(self.chance.uniform(*AWAY))
        await self.broker.restart()

    async def _stop_database(self) -> None:
        assert self.database is not None
        self.database.stop(immediate=True)
        await asyncio.sleep(self.chance.uniform(*AWAY))
        self.database.start()
