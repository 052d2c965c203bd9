"""Whose worker answers at the web address: the doctor calls nobody else's ready."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from aiohttp import web

from streams.doctor.worker import address_line, occupant, worker_line
from streams.settings.model import Settings
from streams.worker.health import Health, Identity
from streams.worker.metrics import Metrics
from streams.worker.pages import build_app, serve

CLUSTER = "kO6HhCbYTkelKpSCbSyRoA"


async def yes() -> bool:
    """Broker and database answer."""
    return True


async def nothing() -> None:
    """No gauge is brought up to date."""


@asynccontextmanager
async def worker(identity: Identity) -> AsyncIterator[int]:
    """The pages of a ready worker, and their port."""
    health = Health(
        in_group=lambda: True, broker=yes, database=yes, oldest_batch_seconds=lambda: 0.0, identity=identity
    )
    await health.probe()
    async with serve(build_app(health, Metrics(), observe=nothing), "127.0.0.1", 0) as port:
        yield port


@pytest.mark.parametrize(
    ("identity", "cluster", "levels", "said"),
    [
        (Identity("rectify", "rectify", CLUSTER), CLUSTER, ("ok", "ok"), "工作节点就绪"),
        (Identity("rectify", "pgtest", CLUSTER), CLUSTER, ("error", "warning"), "topic_prefix pgtest"),
        (Identity("others", "rectify", CLUSTER), CLUSTER, ("error", "warning"), "group_id others"),
        (Identity("rectify", "rectify", "another"), CLUSTER, ("error", "warning"), "cluster_id another"),
        (Identity("others", "rectify", CLUSTER), None, ("error", "warning"), "没有本安装的工作节点"),
        (Identity("rectify", "rectify", CLUSTER), None, ("warning", "warning"), "不知是谁的"),
    ],
)
async def test_a_worker_is_ours_or_not(
    identity: Identity, cluster: str | None, levels: tuple[str, str], said: str
) -> None:
    """By group, prefix and cluster; where our own cluster is not known, nobody can tell."""
    async with worker(identity) as port:
        settings = Settings.load(web_port=port)
        found = await occupant(settings)
        lines = address_line(settings, found, cluster), worker_line(settings, found, cluster)
    assert tuple(line.level for line in lines) == levels
    assert said in lines[1].text


async def test_something_else_has_the_port() -> None:
    """Another program's page, a socket that says nothing of HTTP, an older release: said as such."""

    async def page(_: web.Request) -> web.Response:
        return web.Response(text="hello")

    async def older(_: web.Request) -> web.Response:
        return web.json_response({"status": "ready", "checks": {"group": {"ok": True, "detail": ""}}})

    for handler, said in ((page, "another program"), (older, "an older release")):
        app = web.Application()
        app.router.add_get("/readyz", handler)
        async with serve(app, "127.0.0.1", 0) as port:
            settings = Settings.load(web_port=port)
            found = await occupant(settings)
            line = address_line(settings, found, CLUSTER)
            assert (line.level, said in line.text) == ("error", True)
            assert worker_line(settings, found, CLUSTER).level == "warning"


async def test_the_port_is_free_or_held_without_a_word() -> None:
    """A port that somebody holds and answers nothing on is taken all the same."""
    async with serve(web.Application(), "127.0.0.1", 0) as port:
        pass
    settings = Settings.load(web_port=port)
    found = await occupant(settings)
    assert found is None
    assert address_line(settings, found, CLUSTER).level == "ok"
    assert worker_line(settings, found, CLUSTER).level == "warning"
    async with serve(web.Application(), "127.0.0.1", port):
        line = address_line(settings, None, CLUSTER)
    assert (line.level, "RECTIFY_WEB_PORT" in line.text) == ("error", True)
