"""The unit's page in a browser: what a person does, what a scanner does, and whether everybody can read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from tests.browser.conftest import PHONE, faults
from tests.integration.web.test_uploads import PHOTO
from tests.support.pages import Pages


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_signed_for_and_reported_back_with_a_photo(
    browser: Browser, pages: Pages, address: str, tmp_path: Path, *, scripts: bool
) -> None:
    """On a phone: from the link to what the event says."""
    (ticket,) = await pages.open_tickets("link.dead")
    (tmp_path / "现场.jpg").write_bytes(PHOTO)
    context = await browser.new_context(viewport=PHONE, java_script_enabled=scripts, has_touch=True)
    page = await context.new_page()
    await page.goto(f"{address}/u/{await pages.token(ticket)}")
    pages.forward(seconds=10)
    await page.fill("#acknowledge-name", "张三")
    await page.get_by_role("button", name="提交签收").click()
    await page.get_by_role("status").get_by_text("签收成功").wait_for()
    await page.goto(f"{address}/u/{await pages.token(ticket)}")
    pages.forward(seconds=10)
    if not await page.locator("#claim-measures").is_visible():
        await page.locator("#claim summary").click()
    await page.fill("#claim-measures", "已删除失效链接")
    await page.set_input_files("#claim-files", tmp_path / "现场.jpg")
    await page.fill("#claim-name", "张三")
    await page.get_by_role("button", name="提交反馈整改").click()
    await page.get_by_role("status").get_by_text("反馈已收到").wait_for()
    assert await page.get_by_role("link", name="现场.jpg").is_visible()
    assert [event["by"] for event in pages.desk.events("fix_claimed")] == ["张三"]
    await pages.desk.send(
        {
            "type": "recheck",
            "asset_id": "kjj-site",
            "ticket_id": ticket["ticket_id"],
            "outcome": "absent",
            "observed_at": pages.installation.now(),
            "source": "crawler",
        }
    )
    await page.reload()
    assert await page.locator("form").count() == 0
    assert await page.get_by_text("本单无需再办理").is_visible()


async def test_a_scanner_presses_every_button(browser: Browser, pages: Pages, address: str) -> None:
    """It follows every link, runs scripts, and types nothing: nothing happens."""
    tickets = await pages.open_tickets("link.dead", "text.typo")
    page = await browser.new_page()
    home = f"{address}/u/{await pages.token(tickets[0])}"
    for start in (home, f"{home}?ticket={tickets[0]['ticket_id']}"):
        await page.goto(start)
        for number in range(await page.locator("button").count()):
            await page.goto(start)
            pages.forward(seconds=10)
            await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
            await page.locator("button").nth(number).click()
            await page.evaluate("document.querySelectorAll('form').forEach(one => one.noValidate = true)")
            await page.locator("button").nth(number).click()
            await page.wait_for_load_state()
    assert pages.commands.published == []


async def no_faults(page: Page, where: str) -> None:
    """Nothing that axe finds, and nothing to be moved sideways."""
    assert await faults(page) == [], where
    wide, screen = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= screen, where


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize(("width", "scale"), [(360, 1), (1000, 1), (640, 2)], ids=["phone", "desktop", "200 %"])
async def test_everybody_can_read_it(
    browser: Browser, pages: Pages, address: str, colours: str, width: int, scale: int
) -> None:
    """Every state of the page: several, one, errors, refused, done, ended; and the guide."""
    tickets = await pages.open_tickets("link.dead", "text.typo")
    token = await pages.token(tickets[0])
    home, one = f"{address}/u/{token}", f"{address}/u/{token}?ticket={tickets[0]['ticket_id']}"
    context = await browser.new_context(
        viewport={"width": width // scale, "height": 740},
        device_scale_factor=scale,
        color_scheme="dark" if colours == "dark" else "light",
    )
    page = await context.new_page()
    for where in (home, one, f"{address}/u/unknown", f"{address}/guide"):
        await page.goto(where)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        await no_faults(page, where)
    await page.goto(one)
    await page.evaluate("document.querySelectorAll('form').forEach(one => one.noValidate = true)")
    await page.locator("#claim summary").click()
    await page.locator("#claim button").click()
    await page.get_by_role("alert").first.wait_for()
    await no_faults(page, "errors")
    await page.goto(one)
    pages.forward(seconds=10)
    await page.fill("#acknowledge-name", "张三")
    await page.locator("#acknowledge button").click()
    await page.get_by_role("status").wait_for()
    await no_faults(page, "done")


async def test_by_keyboard_alone(browser: Browser, pages: Pages, address: str) -> None:
    """Tab, type, enter."""
    (ticket,) = await pages.open_tickets("link.dead")
    page = await browser.new_page()
    await page.goto(f"{address}/u/{await pages.token(ticket)}")
    pages.forward(seconds=10)
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.id") == "acknowledge-name":
            break
    await page.keyboard.type("张三")
    await page.keyboard.press("Enter")
    await page.get_by_role("status").wait_for()
    assert await page.evaluate("document.activeElement.id") == "outcome"
    assert len(pages.desk.events("acknowledged")) == 1


async def test_no_address_leaves_the_page(browser: Browser, pages: Pages, address: str) -> None:
    """No request but to us, and none of them says where it came from."""
    (ticket,) = await pages.open_tickets("link.dead")
    page, asked = await browser.new_page(), []
    page.on("request", lambda request: asked.append((request.url, request.headers.get("referer"))))
    await page.goto(f"{address}/u/{await pages.token(ticket)}")
    await page.wait_for_load_state("networkidle")
    assert len(asked) == 3
    assert all(url.startswith(address) and not referer for url, referer in asked), asked
