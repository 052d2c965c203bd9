"""A browser, and the pages on a ledger, served over HTTP."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, ViewportSize, async_playwright

from streams.web.serving import closing_all, listen, served
from tests.support.pages import Pages, pages_on

HERE = Path(__file__).parent
PHONE: ViewportSize = {"width": 360, "height": 740}
DESKTOP: ViewportSize = {"width": 1280, "height": 800}
THE_REST = pytest.mark.long("every colour on every screen; each of both is looked at once before")
LOOKS = pytest.mark.parametrize(
    ("width", "colours"),
    [
        pytest.param(360, "light", id="phone, light"),
        pytest.param(1280, "dark", id="desktop, dark"),
        pytest.param(360, "dark", id="phone, dark", marks=THE_REST),
        pytest.param(1280, "light", id="desktop, light", marks=THE_REST),
    ],
)
TAGS = ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """All of them share one loop, for they share one browser."""
    for item in items:
        if item.path.parent == HERE:
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """Debian's, started once."""
    program = shutil.which("chromium")
    if program is None:
        pytest.skip("no chromium: scripts/system.sh chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield opened
        await opened.close()


@pytest_asyncio.fixture(loop_scope="session")
async def browser(chromium: Browser) -> AsyncIterator[Browser]:
    """The browser, in which nothing is left from one test to the next."""
    yield chromium
    for context in chromium.contexts:
        await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def pages(tmp_path: Path, sqlite_database: str) -> AsyncIterator[Pages]:
    """Pages on an empty ledger, which is SQLite here: the database does not show."""
    office = {"office_name": "某市政务公开办", "office_contact": "赵敏", "office_phone": "0571-87000000"}
    async with pages_on(sqlite_database, tmp_path, **office) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def address(pages: Pages) -> AsyncIterator[str]:
    """Where they are."""
    with closing_all(listen("127.0.0.1", 0)) as places:
        async with served(pages.app, places) as port:
            yield f"http://127.0.0.1:{port}"


async def faults(page: Page) -> list[dict[str, Any]]:
    """What axe finds; injected as text, for the policy of the pages lets nothing else in."""
    source = (files("axe_playwright_python") / "axe.min.js").read_text("utf-8")
    await page.evaluate(source)
    # What it does not complain of is a megabyte a page, and stays in the browser.
    only = "{runOnly: {type: 'tag', values: tags}, resultTypes: ['violations']}"
    found = await page.evaluate(f"async tags => (await axe.run(document, {only})).violations", TAGS)
    return [
        {"rule": one["id"], "at": [node["html"] for node in one["nodes"]], "why": one["nodes"][0]["failureSummary"]}
        for one in found
    ]
