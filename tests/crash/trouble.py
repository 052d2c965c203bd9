"""What goes wrong while they work: to workers, brokers and database, network, disk and clocks."""

from __future__ import annotations

import asyncio
import random
import signal
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from tests.crash.scene import Scene
from tests.support.cluster import Cluster
from tests.support.proxy import Proxy
from tests.support.worker_process import WorkerProcess

PAUSE: Final = (0.3, 4.0)  # seconds between two faults
FROZEN: Final = (1.0, 10.0)  # seconds; the session of a worker ends after 12
ZOMBIE: Final = (14.0, 40.0)
AWAY: Final = (0.1, 3.0)  # seconds that a broker or the database is away
STALLED: Final = (0.5, 18.0)  # seconds without a byte
FULL: Final = (0.5, 5.0)  # seconds without room on the disk
JUMP: Final = (-120.0, 120.0)  # seconds ahead of the real time; what waits by it is late by as much
WAYS: Final[Sequence[dict[str, bool]]] = ({}, {"up": False}, {"down": False})
KILLS: Final = ("worker killed", "broker killed", "database stopped")
AT_WORK: Final = 0.75  # of all faults meet workers that are up
PATIENCE: Final = 60.0  # seconds for that
SUPERVISED: Final = 0.5  # seconds until somebody notices that a worker has ended


@dataclass(slots=True)
class Trouble:
    """Makes trouble while they work; every draw is from one seed."""

    chance: random.Random
    workers: list[WorkerProcess] = field(default_factory=list)
    scene: Scene = field(default_factory=Scene)
    count: Counter[str] = field(default_factory=Counter)
    faults: int = 0
    wrong: list[str] = field(default_factory=list)
    say: Callable[[str], object] = lambda _: None  # is told of each fault before it is made
    _busy: bool = False

    @property
    def kills(self) -> int:
        """Processes that ended without a warning."""
        return sum(self.count[name] for name in KILLS)

    async def make(self, faults: int, planned: Sequence[str] = ()) -> None:
        """So many faults, the first of them those that are planned; everything runs again afterwards."""
        while self.faults < faults:
            if self.chance.random() < AT_WORK:
                await self._at_work()
            await asyncio.sleep(self.chance.uniform(*PAUSE))
            kinds = self._kinds()
            name, _, make = self.chance.choices(kinds, [weight for _, weight, _ in kinds])[0]
            if self.faults < len(planned):
                name, _, make = next(kind for kind in kinds if kind[0] == planned[self.faults])
            self.faults += 1
            self.count[name] += 1
            self.say(name)
            self._busy = True
            try:
                await make()
            finally:
                self._busy = False
        for place in self.scene.places:
            place.wall.put(0.0)

    def _kinds(self) -> list[tuple[str, int, Callable[[], Awaitable[None]]]]:
        scene = self.scene
        brokers = len(scene.cluster.nodes) if scene.cluster else 0
        return [
            ("worker killed", 12, self._kill),
            ("all workers at once", 2, self._kill_all),
            ("worker stopped", 3, self._terminate),
            ("worker frozen", 2, self._freeze),
            ("worker a zombie", 2, self._zombie),
            ("broker killed", min(brokers, 2), self._kill_broker),
            ("brokers restarted in turn", 1 if brokers > 1 else 0, self._roll),
            ("database stopped", 1 if scene.database else 0, self._stop_database),
            ("network stalled", 3 if scene.places else 0, self._stall),
            ("connections cut", 3 if scene.places else 0, self._cut),
            ("connections forgotten", 1 if scene.places else 0, self._forget),
            ("disk full", 3 if scene.disk else 0, self._fill),
            ("clock jumped", 3 if scene.places else 0, self._jump),
        ]

    async def _at_work(self) -> None:
        """Returns when every worker works, or soon: the others are hit while they start."""
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while not all([await worker.page("/readyz") == 200 for worker in self.workers]):  # noqa: ASYNC110
                    await asyncio.sleep(0.1)

    async def supervise(self) -> None:
        """As systemd does: what has ended by itself is started again. What says that it cannot explain it is wrong."""
        while True:
            await asyncio.sleep(SUPERVISED)
            for worker in self.workers:
                if not self._busy and worker.exit_code is not None:
                    self.count[f"worker ended by itself with {worker.exit_code}"] += 1
                    if worker.exit_code != 1:
                        self.wrong.append(f"exit code {worker.exit_code}: {worker.output[-3000:]}")
                    await worker.start()

    async def _kill(self, worker: WorkerProcess | None = None) -> None:
        worker = worker or self.chance.choice(self.workers)
        await worker.kill()
        await worker.start()

    async def _kill_all(self) -> None:
        self.count["worker killed"] += len(self.workers)
        for worker in self.workers:
            await worker.kill()
        for worker in self.workers:
            await worker.start()

    async def _terminate(self) -> None:
        worker = self.chance.choice(self.workers)
        if worker.alive:
            try:
                code, _ = await worker.stop()
                if code not in (0, 1, -signal.SIGTERM):  # -15: it had only just been started
                    self.wrong.append(f"exit code {code} after SIGTERM: {worker.output[-3000:]}")
            except TimeoutError:  # as a supervisor does
                self.count["worker killed"] += 1
                self.count["worker killed that did not stop"] += 1
                await worker.kill()
        await worker.start()

    async def _freeze(self, seconds: tuple[float, float] = FROZEN) -> None:
        worker = self.chance.choice(self.workers)
        worker.freeze()
        await asyncio.sleep(self.chance.uniform(*seconds))
        worker.thaw()

    async def _zombie(self) -> None:
        """It wakes up when others have taken its place."""
        await self._freeze(ZOMBIE)

    async def _kill_broker(self) -> None:
        node = self.chance.choice(self._cluster.nodes)
        node.kill()
        await asyncio.sleep(self.chance.uniform(*AWAY))
        await node.start()
        await self._cluster.whole()

    async def _roll(self) -> None:
        for node in self._cluster.nodes:
            await node.restart()
            await self._cluster.whole()

    @property
    def _cluster(self) -> Cluster:
        assert self.scene.cluster is not None
        return self.scene.cluster

    async def _stop_database(self) -> None:
        assert self.scene.database is not None
        self.scene.database.stop(immediate=True)
        await asyncio.sleep(self.chance.uniform(*AWAY))
        self.scene.database.start()

    def _proxies(self) -> list[Proxy]:
        """The way of one worker to one of its servers."""
        place = self.chance.choice(self.scene.places)
        ways = [place.kafka] + ([[place.database]] if place.database is not None else [])
        return self.chance.choice(ways)

    async def _stall(self) -> None:
        proxies, ways, seconds = self._proxies(), self.chance.choice(WAYS), self.chance.uniform(*STALLED)
        for proxy in proxies:
            proxy.stall(**ways)
        await asyncio.sleep(seconds)
        for proxy in proxies:
            proxy.flow()

    async def _cut(self) -> None:
        for proxy in self._proxies():
            proxy.cut()

    async def _forget(self) -> None:
        for proxy in self._proxies():
            proxy.forget()

    async def _fill(self) -> None:
        assert self.scene.disk is not None
        self.scene.disk.fill(self._pids())
        await asyncio.sleep(self.chance.uniform(*FULL))
        if self.chance.random() < 1 / 2:
            await self._kill()
            await asyncio.sleep(self.chance.uniform(*FULL))
        self.scene.disk.make_room()

    def _pids(self) -> list[int]:
        return [worker.pid for worker in self.workers if worker.alive]

    async def _jump(self) -> None:
        self.chance.choice(self.scene.places).wall.put(self.chance.uniform(*JUMP))


def summary(count: dict[str, Any]) -> str:
    """In words."""
    return ", ".join(f"{number} {name}" for name, number in sorted(count.items()))
