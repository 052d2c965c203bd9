"""LinkChecker and Scrapy as they are installed: planted faults become tickets, exactly the repaired one closes."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import NamedTuple

import pytest

from schemas.registry import Asset
from streams.services.producing.assets import KnownAssets
from streams.services.producing.producing import Order, produce
from streams.settings.model import Settings
from tests.support.reports import SAMPLES
from tests.support.site import Site, serving
from tests.support.world import World, local

PROGRAMS = Path(__file__).parents[3] / ".venv-checkers" / "bin"


class Checker(NamedTuple):
    """A tool, how it is called for a site, and what is planted on it and repaired."""

    mapping: str
    command: Sequence[str]
    planted: dict[str, bytes]
    repaired: dict[str, bytes]
    report: str | None = None


LINKCHECKER = Checker(
    "linkchecker",
    (
        str(PROGRAMS / "linkchecker"),
        "--check-extern",
        "--no-status",
        "--verbose",
        "--timeout=3",
        "-o",
        "csv/utf_8",
        "{site}",
    ),
    {"/a.html": b'<a href="/dead-1">x</a>', "/b.html": b'<a href="/dead-2">y</a>'},
    {"/dead-1": b"<p>back</p>"},
)
SCRAPY = Checker(
    "scrapy",
    (
        str(PROGRAMS / "scrapy"), "runspider", str(SAMPLES / "spider.py"), "-O", "{report}", "-a", "site={site}",
        "-s", "LOG_LEVEL=INFO", "-s", "DOWNLOAD_TIMEOUT=3", "-s", "RETRY_ENABLED=False",
        "-s", "TELNETCONSOLE_ENABLED=False",
    ),
    {"/a.html": "<body>请按装</body>".encode(), "/b.html": "<body>请登陆</body>".encode()},
    {"/a.html": "<body>请安装</body>".encode()},
    "items.jsonl",
)  # fmt: skip


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    """Two pages behind the start page."""
    async with serving() as served:
        served.pages["/"] = b'<html><body><a href="/a.html">a</a> <a href="/b.html">b</a></body></html>'
        yield served


async def _run(checker: Checker, site: Site, world: World, at: str, folder: Path, timeout: float | None = None) -> str:
    report = None if checker.report is None else folder / checker.report
    command = [word.format(site=f"{site.url}/", report=report) for word in checker.command]
    assets = KnownAssets([Asset(asset_id="kjj", name="科技局", kind="website", url=f"{site.url}/")])
    world.until(at)
    order = Order(checker.mapping, "kjj", command, checker.mapping, report, timeout)
    made = (await produce(Settings(), order, lambda: local(at), assets)).report
    assert made.refused == ()
    assert made.run is not None
    world.send(*made.messages)
    world.send(made.run)
    world.wait(40)
    return f"{made.run['status']}: {'; '.join(made.why)}"


@pytest.mark.long("checkers of others, at the versions that we pin")
@pytest.mark.parametrize("checker", [LINKCHECKER, SCRAPY], ids=lambda one: one.mapping)
async def test_what_is_planted_opens_and_what_is_repaired_closes(checker: Checker, site: Site, tmp_path: Path) -> None:
    """Two faults, one repaired, then the site down, then stopped before its time: two, one, one, one open."""
    site.pages |= checker.planted
    world = World("2026-03-02 09:00")
    world.unit("kjj")
    world.asset("kjj", unit_id="kjj")
    assert (await _run(checker, site, world, "2026-03-02 10:00", tmp_path)).startswith("complete")
    assert world.by_status() == {"open": 2}
    site.pages |= checker.repaired
    assert (await _run(checker, site, world, "2026-03-03 10:00", tmp_path)).startswith("complete")
    assert world.by_status() == {"open": 1, "closed": 1}
    site.pages["/"] = 503
    assert (await _run(checker, site, world, "2026-03-04 10:00", tmp_path)).startswith("failed")
    assert (await _run(checker, site, world, "2026-03-05 10:00", tmp_path, timeout=0.2)).startswith("failed")
    assert world.by_status() == {"open": 1, "closed": 1}
