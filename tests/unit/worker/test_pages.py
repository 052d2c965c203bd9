"""The worker's pages: alive, ready, metrics, receipts."""

from collections.abc import AsyncIterator

import httpx
import pytest

from streams.worker.health import Health, Identity
from streams.worker.metrics import Metrics
from streams.worker.pages import build_app, serve


class World:
    """What readiness depends on, to be changed by a test."""

    def __init__(self) -> None:
        self.joined = True
        self.broker = True
        self.database = True
        self.oldest = 0.0
        self.now = 1000.0
        self.observed = 0
        self.metrics = Metrics()
        self.health = Health(
            in_group=lambda: self.joined,
            broker=self._ask_broker,
            database=self._ask_database,
            oldest_batch_seconds=lambda: self.oldest,
            identity=Identity("city", "rectify", "kO6HhCbYTkelKpSCbSyRoA"),
            clock=lambda: self.now,
        )

    async def _ask_broker(self) -> bool:
        return self.broker

    async def _ask_database(self) -> bool:
        if not self.database:
            raise OSError("no route to host")
        return True

    async def observe(self) -> None:
        self.observed += 1


@pytest.fixture
def world() -> World:
    """A world in which all is well."""
    return World()


@pytest.fixture
async def client(world: World) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the pages."""
    app = build_app(world.health, world.metrics, observe=world.observe)
    async with serve(app, "127.0.0.1", 0) as port, httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        yield client


async def test_alive_is_not_ready(client: httpx.AsyncClient) -> None:
    """A process that answers is alive; it is ready once broker and database have answered."""
    assert (await client.get("/healthz")).status_code == 200
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["broker"] == {"ok": False, "detail": "the broker has not answered yet"}


@pytest.mark.parametrize("path", ["/healthz", "/readyz"])
async def test_whose_worker_it_is(client: httpx.AsyncClient, path: str) -> None:
    """Ready or not: group, topic prefix and Kafka cluster are named, so that nobody takes it for another's."""
    identity = {"group_id": "city", "topic_prefix": "rectify", "cluster_id": "kO6HhCbYTkelKpSCbSyRoA"}
    assert (await client.get(path)).json()["worker"] == identity


async def test_ready(world: World, client: httpx.AsyncClient) -> None:
    """In the group, both reachable, nothing stuck."""
    await world.health.probe()
    answer = await client.get("/readyz")
    assert answer.status_code == 200
    assert answer.json()["status"] == "ready"


@pytest.mark.parametrize("name", ["broker", "database"])
async def test_an_absence_counts_after_ten_seconds(world: World, client: httpx.AsyncClient, name: str) -> None:
    """A short one does not; when it is back the worker is ready again."""
    await world.health.probe()
    setattr(world, name, False)
    world.now += 9.0
    await world.health.probe()
    assert (await client.get("/readyz")).status_code == 200
    world.now += 2.0
    await world.health.probe()
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    failed = [check for check, found in answer.json()["checks"].items() if not found["ok"]]
    assert failed == [name]
    setattr(world, name, True)
    await world.health.probe()
    assert (await client.get("/readyz")).status_code == 200


async def test_outside_the_group_or_stuck_is_not_ready(world: World, client: httpx.AsyncClient) -> None:
    """Each is named."""
    await world.health.probe()
    world.joined = False
    assert (await client.get("/readyz")).json()["checks"]["group"]["ok"] is False
    world.joined, world.oldest = True, 61.0
    answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["progress"] == {"ok": False, "detail": "a batch waits for its commit for 61 s"}


async def test_metrics_are_fresh(world: World, client: httpx.AsyncClient) -> None:
    """The database is asked before they are shown, in Prometheus' own format."""
    answer = await client.get("/metrics")
    assert world.observed == 1
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert "rectify_outbox_chunks 0.0" in answer.text


async def test_strangers_find_nothing(client: httpx.AsyncClient) -> None:
    """Without an SMS gateway no receipts are taken, and there is no other page."""
    assert (await client.get("/receipts/kannel?notice=x&type=1")).status_code == 404
    assert (await client.get("/")).status_code == 404
    assert (await client.post("/healthz")).status_code == 405
