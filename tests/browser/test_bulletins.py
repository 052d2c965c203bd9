"""Bulletins in a browser: a draft is issued, with scripts and without; and whether everybody can read it."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.async_api import Browser, Page

from streams.web.desk.sessions import PLAIN_COOKIE
from tests.browser.conftest import DESKTOP, LOOKS, PHONE
from tests.browser.test_unit_page import no_faults
from tests.support.officials import official
from tests.support.pages import Pages


async def opened(browser: Browser, pages: Pages, address: str, **screen: Any) -> Page:
    """The list of bulletins, to a supervisor, where two tickets were opened."""
    await pages.open_tickets("home.stale", "link.dead")
    someone = await official(pages, "supervisor")
    context = await browser.new_context(**screen)
    await context.add_cookies([{"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": address}])
    page = await context.new_page()
    await page.goto(f"{address}/bulletins")
    return page


async def drafted(page: Page) -> None:
    """The figures of March."""
    await page.fill("#draft-from", "2026-03-01")
    await page.fill("#draft-to", "2026-03-31")
    await page.get_by_role("button", name="看数字").click()
    await page.get_by_text("没有矛盾").wait_for()


async def issued(page: Page) -> None:
    """The draft becomes a record."""
    await page.fill("#bulletin-number", "咸政办函〔2026〕1号")
    await page.get_by_role("button", name="印发").click()
    await page.get_by_role("status").get_by_text("已印发并登记").wait_for()


@LOOKS
async def test_everybody_can_read_it(browser: Browser, pages: Pages, address: str, width: int, colours: str) -> None:
    """The list, a draft with all that unfolds, the rows behind a number, the record: axe reads each page."""
    screen = {"width": width, "height": 800}
    page = await opened(browser, pages, address, viewport=screen, color_scheme=colours)
    await no_faults(page, "the list")
    await drafted(page)
    await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    await no_faults(page, "a draft")
    await page.locator("[data-count='2']").first.click()
    await page.locator("table").first.wait_for()
    await no_faults(page, "the rows")
    await page.go_back()
    await issued(page)
    await no_faults(page, "an issued one")


@pytest.mark.parametrize("screen", [PHONE, DESKTOP], ids=["phone", "desktop"])
async def test_without_scripts(browser: Browser, pages: Pages, address: str, screen: Any) -> None:
    """The same way from the list to the record, and its document as a file."""
    page = await opened(browser, pages, address, viewport=screen, java_script_enabled=False)
    await drafted(page)
    await issued(page)
    async with page.expect_download() as download:
        await page.get_by_role("link", name="Word").first.click()
    assert (await download.value).suggested_filename.endswith(".docx")
