"""The ledger 台账 in a browser: found, acted on, printed; and whether everybody can read it."""

from __future__ import annotations

import pytest
from playwright.async_api import Browser

from streams.services.changes import ChangeFeed
from streams.web.desk.sessions import PLAIN_COOKIE
from tests.browser.conftest import PHONE, THE_REST
from tests.browser.test_unit_page import no_faults
from tests.support.officials import official
from tests.support.pages import Pages


async def test_an_open_list_says_what_has_changed(browser: Browser, pages: Pages, address: str) -> None:
    """W-53: of two listed tickets one is signed for, and a third is opened, which is none of the list's."""
    object.__setattr__(pages.premises, "changes", ChangeFeed(pages.premises.ledger, look_seconds=0.1))
    first, _ = await pages.open_tickets("link.dead", "text.typo")
    context = await browser.new_context(viewport=PHONE)
    someone = await official(pages, "supervisor", "gov")
    await context.add_cookies([{"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": address}])
    page = await context.new_page()
    async with page.expect_response("**/changes"):
        await page.goto(f"{address}/tickets")
    await pages.find({"check": "home.stale", "locator": ""})
    await pages.desk.command(action="acknowledge", asset_id="kjj-site", ticket_id=first["ticket_id"])
    line = page.locator("[data-changes]")
    await line.get_by_text("1 张有变化，刷新").wait_for()
    assert await page.locator("tr[data-ticket]").count() == 2
    await no_faults(page, "a list with changes")
    await page.get_by_role("link", name="共 2 张，直接看列表").click()
    assert await page.evaluate("document.querySelector('#rows').getBoundingClientRect().top") < PHONE["height"] / 2
    await line.get_by_role("link", name="刷新").click()
    await page.get_by_role("link", name="共 3 张，直接看列表").wait_for()
    assert await line.inner_text() == ""


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_from_the_list_to_what_the_event_says(
    browser: Browser, pages: Pages, address: str, *, scripts: bool
) -> None:
    """A supervisor filters, opens a ticket, extends it, and goes back to the list."""
    await pages.open_tickets("link.dead", "text.typo")
    someone = await official(pages, "supervisor", "gov")
    context = await browser.new_context(viewport={"width": 1280, "height": 800}, java_script_enabled=scripts)
    await context.add_cookies([{"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": address}])
    page = await context.new_page()
    await page.goto(f"{address}/tickets")
    await page.fill("#filter-q", "科技")
    await page.get_by_label("待签收").check()
    await page.get_by_role("button", name="筛选").click()
    assert await page.locator("[data-ticket]").count() == 2
    assert await page.get_by_role("link", name="查找：科技").is_visible()
    await page.locator("[data-ticket] a").first.click()
    await page.get_by_role("link", name="延期", exact=True).click()
    await page.get_by_role("button", name="提交延期").click()
    await page.fill("#act-working_days", "2")
    await page.fill("#act-reason", "机房搬迁")
    await page.get_by_role("button", name="提交延期").click()
    await page.get_by_role("status").wait_for()
    assert [event["by"] for event in pages.desk.events("extended")] == ["supervisor-gov"]
    await page.goto(f"{address}/tickets")
    everything = page.get_by_label("全选本页 2 张")
    assert await everything.is_visible() == scripts
    if scripts:
        await everything.check()
        await page.locator("input[name=ticket]").first.uncheck()
        assert await page.get_by_text("已选 1 张").is_visible()
        await everything.check()
    else:
        for box in await page.locator("input[name=ticket]").all():
            await box.check()
    await page.select_option("#bulk-act", "waive")
    await page.get_by_role("button", name="下一步：核对").click()
    if scripts:
        await no_faults(page, "many")
    await page.fill("#act-until", "2026-12-31")
    await page.fill("#act-reason", "栏目调整")
    await page.get_by_role("button", name="确认报备这 2 张").click()
    await page.get_by_role("status").get_by_text("已办 2 张").wait_for()
    if scripts:
        await no_faults(page, "what became of them")


@pytest.mark.parametrize(
    ("width", "colours"),
    [
        pytest.param(PHONE["width"], "light", id="phone, light"),
        pytest.param(1280, "dark", id="desktop, dark"),
        pytest.param(PHONE["width"], "dark", id="phone, dark", marks=THE_REST),
        pytest.param(1280, "light", id="desktop, light", marks=THE_REST),
    ],
)
async def test_everybody_can_read_it(browser: Browser, pages: Pages, address: str, colours: str, width: int) -> None:
    """The list, one of nothing, one that cannot be understood; a ticket, a form, a slip."""
    tickets = await pages.open_tickets("link.dead", "text.typo")
    one = f"{address}/tickets/{tickets[0]['ticket_id']}"
    someone = await official(pages, "supervisor", "gov")
    context = await browser.new_context(
        viewport={"width": width, "height": 800}, color_scheme="dark" if colours == "dark" else "light"
    )
    await context.add_cookies([{"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": address}])
    assert (await someone.post("/views", name="本周", query="light=red", scope="office")).status_code == 303
    page = await context.new_page()
    for where in (
        f"{address}/tickets?unit=kjj&status=open",
        f"{address}/tickets?q=nobody",
        f"{address}/tickets?light=purple&due_from=x",
        f"{address}/views?query=light%3Dred",
        one,
        f"{one}/acts/extend",
        f"{one}/acts/reassign",
        f"{one}/print?form=supervision",
    ):
        await page.goto(where)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        await no_faults(page, where)
