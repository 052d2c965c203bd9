"""The desk 督查台 in a browser: from a number to a decision; and whether everybody can read it."""

from __future__ import annotations

from typing import Literal
from urllib.parse import urlencode

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page

from streams.web.desk.sessions import PLAIN_COOKIE
from tests.browser.conftest import LOOKS
from tests.browser.test_unit_page import no_faults
from tests.support.officials import official
from tests.support.pages import Pages
from tests.support.supervised import MANY, RUN, filled, held


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_from_a_number_to_a_decision(browser: Browser, pages: Pages, address: str, *, scripts: bool) -> None:
    """A supervisor comes to the desk, follows the number of held runs, reads what one would close, and rejects it."""
    await held(pages)
    someone = await official(pages, "supervisor", "gov")
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=scripts)
    await context.add_cookies([{"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": address}])
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_role("link", name="1 待核巡检").click()
    await page.get_by_role("link", name="查看并决定").click()
    assert await page.get_by_text(f"采信后销号的问题（{MANY - 1} 处）").is_visible()
    await page.get_by_role("link", name="不采信", exact=True).click()
    await page.fill("#act-reason", "采集程序故障")
    await page.get_by_role("button", name="确认不采信，一处也不销号").click()
    await page.get_by_role("status").get_by_text("待核巡检不予采信").wait_for()
    assert [event["by"] for event in pages.desk.events("run_rejected")] == ["supervisor-gov"]


def heard(page: Page) -> list[str]:
    """What the browser complains of from now on."""
    found: list[str] = []

    def note(message: ConsoleMessage) -> None:
        found.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


async def test_charts_draw_what_their_tables_say(browser: Browser, pages: Pages, address: str) -> None:
    """Under the policy of the pages, without a complaint of the browser; without scripts the tables stand alone."""
    await filled(pages)
    someone = await official(pages, "reader")
    secret = someone.client.cookies[PLAIN_COOKIE]
    for scripts in (True, False):
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=scripts)
        await context.add_cookies([{"name": PLAIN_COOKIE, "value": secret, "url": address}])
        page = await context.new_page()
        complaints = heard(page)
        await page.goto(f"{address}/desk/charts")
        assert await page.locator("table").count() == 3
        assert await page.locator("canvas").count() == (3 if scripts else 0)
        assert await page.locator(".chart").first.is_visible() == scripts
        assert complaints == []
        if scripts:
            drawn = await page.evaluate(
                "[...document.querySelectorAll('.chart')].flatMap(place => "
                "echarts.getInstanceByDom(place).getOption().series.map(one => one.data))"
            )
            tables = await page.evaluate(
                "[...document.querySelectorAll('table')].map(one => "
                "[...one.tBodies[0].rows].map(row => [...row.querySelectorAll('a')].map(a => Number(a.textContent))))"
            )
            assert drawn == [list(column) for table in tables for column in zip(*table, strict=True)]
            assert sum(map(sum, drawn)) > 0


@LOOKS
async def test_everybody_can_read_it(
    browser: Browser, pages: Pages, address: str, width: int, colours: Literal["light", "dark"]
) -> None:
    """Every page of the desk with something in it, forms, a wrong period."""
    await filled(pages)
    await pages.installation.until("2026-03-10 10:00")
    someone = await official(pages, "supervisor")
    context = await browser.new_context(viewport={"width": width, "height": 800}, color_scheme=colours)
    await context.add_cookies([{"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": address}])
    page = await context.new_page()
    run = f"/desk/decisions/run?{urlencode(RUN)}"
    producer = "/desk/decisions/producer?source=crawler"
    for where in (
        "/desk", "/desk/decisions", producer, f"{producer}&act=reject",
        run, f"{run}&act=accept", "/desk/units", "/desk/units?from=x", "/desk/charts", "/desk/assets",
        "/desk/refused", "/desk/set-aside", "/desk/notices",
    ):  # fmt: skip
        await page.goto(address + where)
        await no_faults(page, where)
    await page.get_by_role("link", name="补发").first.click()
    await page.get_by_role("button", name="确认补发").wait_for()
    await no_faults(page, "a notice")
