"""Where a play takes place: the servers, and what lies between them and each worker."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.support.cluster import Cluster
from tests.support.disk import Disk
from tests.support.postgres import Postgres
from tests.support.proxy import Proxy
from tests.support.wall_clock import WallClock

_DISK: Final = 192  # megabytes; a long play fills a third of them


@dataclass(frozen=True, slots=True)
class Place:
    """Where one worker works: its ways to the brokers and to the database, and the clock of its machine."""

    kafka: list[Proxy]
    database: Proxy | None
    wall: WallClock
    settings: Mapping[str, str]


@dataclass(slots=True)
class Scene:
    """What trouble may be made with; without servers of its own only the workers."""

    database_url: str = ""
    cluster: Cluster | None = None
    database: Postgres | None = None
    disk: Disk | None = None
    places: list[Place] = field(default_factory=list)


@asynccontextmanager
async def own_scene(folder: Path, engine: str, *, brokers: int, workers: int) -> AsyncIterator[Scene]:
    """Servers that may be killed, a line for each worker, an empty database."""
    async with AsyncExitStack() as stack:
        cluster = Cluster(folder / "kafka", brokers, workers)
        stack.push_async_callback(cluster.stop)
        await cluster.start()
        scene = Scene(cluster=cluster)
        if engine == "postgresql":
            scene.database = Postgres()
            stack.callback(scene.database.remove)
            scene.database.start()
            scene.database_url = scene.database.create_database()
        else:
            scene.disk = Disk(folder / "disk", _DISK)
            stack.callback(scene.disk.remove)
            scene.database_url = f"sqlite:///{scene.disk.folder / 'rectify.db'}"
        for number in range(workers):
            settings = {"broker": f"kafka://{cluster.bootstrap_of(number)}"}
            line = None
            if scene.database is not None:
                line = Proxy(scene.database.port).start()
                stack.callback(line.stop)
                port = urlsplit(scene.database_url).port
                settings["database_url"] = scene.database_url.replace(f":{port}/", f":{line.port}/")
            wall = WallClock(folder / f"clock-{number}")
            scene.places.append(Place(cluster.lines[number], line, wall, settings))
        yield scene
