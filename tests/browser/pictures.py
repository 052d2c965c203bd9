"""The pictures of the guides and of the desk, taken of real pages: `make pictures`.

A small world with sample tickets, its pages in this process, Debian's chromium at two widths, light and dark. Without
an argument those that the guides show are written beside them; with a folder all of them, to be looked at, or with
names behind it only those that begin so.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, NamedTuple

from playwright.async_api import Browser, Locator, Page, async_playwright

from streams.ledger import upgrade
from streams.web.guide.guide import DENSITY, PICTURES, TEXT
from streams.web.serving import closing_all, listen, served
from tests.browser.desk_scenes import DESK_SCENES
from tests.browser.office_scenes import OFFICE_SCENES, log_in, town
from tests.support.pages import OPENED, Pages, pages_on

COLOURS: Final[tuple[Literal["light", "dark"], ...]] = ("light", "dark")
TALL: Final = 700
DESK_DENSITY: Final = {"390": 2, "1280": 1}
OFFICE_DENSITY: Final = {"390": 1.5, "1280": 1}
OFFICE: Final = Path(__file__).parents[2] / "docs/zh/office.md"
SITE: Final = "https://kjj.city.example"
LETTERHEAD: Final = {"office_name": "某市政务公开办", "office_contact": "赵敏", "office_phone": "0700-8880001"}
FOUND: Final = (
    {
        "check": "link.dead",
        "locator": f"{SITE}/zwgk/tzgg/2026/0226.html",
        "title": "附件打不开",
        "evidence": {"target": f"{SITE}/upload/2026/sbzn.doc", "http_status": 404},
    },
    {
        "check": "text.typo",
        "locator": f"{SITE}/gzdt/2026/0301.html",
        "title": "正文错别字",
        "evidence": {"word": "布暑", "suggestion": "部署", "snippet": "会议布暑了全年科技工作"},
    },
)


class Screen(NamedTuple):
    """On what a picture is taken: a width, pixels of the picture for one of the screen, colours."""

    width: int
    density: float
    colours: Literal["light", "dark"]


@dataclass(frozen=True, slots=True)
class Stage:
    """A page in a world of its own: what is clicked there does not show in another picture."""

    pages: Pages
    page: Page
    address: str

    async def go(self, *, both: bool = False) -> None:
        """To the letter's link; of a letter about two, to the first of them unless `both`."""
        (first, *_) = self.pages.desk.tickets().values()
        one = "" if both else f"?ticket={first['ticket_id']}"
        await self.page.goto(f"{self.address}/u/{await self.pages.token(first)}{one}")
        self.pages.forward(seconds=10)

    async def opened(self, form: str) -> Locator:
        """A form of the page, unfolded; the others folded."""
        await self.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = false)")
        await self.page.locator(f"#{form} summary").click()
        return self.page.locator(f"#{form}")


async def ticket(stage: Stage) -> Locator | None:
    """One ticket, as it opens on a phone."""
    await stage.go()
    return None


async def several(stage: Stage) -> Locator | None:
    """All tickets of the letter."""
    await stage.go(both=True)
    return stage.page.locator("#main")


async def claim(stage: Stage) -> Locator | None:
    """What was done about it."""
    await stage.go()
    form = await stage.opened("claim")
    await stage.page.fill("#claim-measures", "3月2日已重新上传附件，并检查了本栏目的其他附件。")
    await stage.page.fill("#claim-name", "张三")
    await stage.page.fill("#claim-phone", "0700-8881234")
    return form


async def extension(stage: Stage) -> Locator | None:
    """More time is asked for."""
    await stage.go()
    form = await stage.opened("extension")
    await stage.page.fill("#extension-due_at", "2026-03-09")
    await stage.page.fill("#extension-reason", "附件须经业务处室重新核对后上传。")
    await stage.page.fill("#extension-progress", "已完成核对，正在报批。")
    await stage.page.fill("#extension-name", "张三")
    return form


async def done(stage: Stage) -> Locator | None:
    """What the page answers."""
    await claim(stage)
    await stage.page.locator("#claim button").click()
    await stage.page.get_by_role("status").wait_for()
    return None


async def wrong(stage: Stage) -> Locator | None:
    """Nothing was filled in."""
    await stage.go()
    form = await stage.opened("claim")
    await stage.page.evaluate("document.querySelectorAll('form').forEach(one => one.noValidate = true)")
    await form.locator("button").click()
    await stage.page.get_by_role("alert").first.wait_for()
    return stage.page.locator("#main")


async def whole(stage: Stage) -> Locator | None:
    """A ticket from top to bottom."""
    await stage.go()
    return stage.page.locator("#main")


async def ended(stage: Stage) -> Locator | None:
    """A month later."""
    stage.pages.forward(days=31)
    await stage.go(both=True)
    return stage.page.locator("#main")


async def guide(stage: Stage) -> Locator | None:
    """The guide itself."""
    await stage.page.goto(f"{stage.address}/guide")
    return stage.page.locator("#main")


SCENES: Final[dict[str, Callable[[Stage], Awaitable[Locator | None]]]] = {
    "ticket": ticket, "list": several, "claim": claim, "extension": extension, "done": done, "ended": ended,
    "wrong": wrong, "whole": whole, "guide": guide, **DESK_SCENES,
}  # fmt: skip


async def take(browser: Browser, folder: Path, wanted: Callable[[str], bool]) -> None:
    """Takes those pictures that are wanted, by their names without ending."""
    for scene, act in SCENES.items():
        for width, density in (DESK_DENSITY if scene in DESK_SCENES else DENSITY).items():
            for colours in COLOURS:
                if wanted(name := f"{scene}-{width}-{colours}"):
                    with tempfile.TemporaryDirectory() as place:
                        screen = Screen(int(width), density, colours)
                        await _take(browser, Path(place), act, screen, folder / f"{name}.png")


async def take_office(browser: Browser, folder: Path, wanted: Callable[[str], bool]) -> None:
    """The same of the office, in one town: nothing there is changed."""
    screens = [
        (f"{scene}-{width}-{colours}", act, Screen(int(width), density, colours))
        for width, density in OFFICE_DENSITY.items()
        for colours in COLOURS
        for scene, act in OFFICE_SCENES.items()
    ]
    with tempfile.TemporaryDirectory() as place:
        async with _served(Path(place)) as (pages, address):
            await town(pages)
            for name, act, screen in screens:
                if wanted(name):
                    page = await _opened(browser, screen)
                    stage = Stage(pages, page, address)
                    await log_in(stage)
                    await act(stage)
                    await page.evaluate("document.activeElement.blur()")
                    await page.screenshot(path=folder / f"{name}.png")
                    await page.context.close()


async def _opened(browser: Browser, screen: Screen) -> Page:
    return await browser.new_page(
        viewport={"width": screen.width, "height": TALL},
        color_scheme=screen.colours,
        device_scale_factor=screen.density,
        locale="zh-CN",
    )


@asynccontextmanager
async def _served(place: Path) -> AsyncIterator[tuple[Pages, str]]:
    """A small world, and where its pages are."""
    url = f"sqlite:///{place / 'rectify.db'}"
    await upgrade(url)
    async with pages_on(url, place, OPENED, **LETTERHEAD) as pages:
        await pages.desk.register(
            "asset:kjj-site", asset_id="kjj-site", name="市科技局门户网站", kind="website", unit_id="kjj",
            url=f"{SITE}/", code="3301000001",
        )  # fmt: skip
        await pages.find(*FOUND)
        with closing_all(listen("127.0.0.1", 0)) as places:
            async with served(pages.app, places) as port:
                yield pages, f"http://127.0.0.1:{port}"


async def _take(
    browser: Browser,
    place: Path,
    act: Callable[[Stage], Awaitable[Locator | None]],
    screen: Screen,
    path: Path,
) -> None:
    async with _served(place) as (pages, address):
        page = await _opened(browser, screen)
        shown = await act(Stage(pages, page, address))
        if act is not done:
            await page.evaluate("document.activeElement.blur()")
        await (shown or page).screenshot(path=path)
        await page.close()


async def main(folder: str = "", *names: str) -> None:
    """All into a folder, or those of the guides beside them."""
    text, office = TEXT.read_text("utf-8"), OFFICE.read_text("utf-8")
    program = shutil.which("chromium")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=program,
            args=["--no-sandbox", "--lang=zh-CN"],
            env={**os.environ, "LANGUAGE": "zh_CN", "LC_ALL": "C.UTF-8"},
        )
        if folder:
            for way in (take, take_office):
                await way(browser, Path(folder), lambda name: not names or name.startswith(names))
        else:
            await take(browser, PICTURES, lambda name: f"{name}.png" in text)
            await take_office(browser, OFFICE.with_suffix(""), lambda name: f"{name}.png" in office)
        await browser.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
