"""The unit's page in a browser: what a person does, what a scanner does, and whether everybody can read it."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from streams.presentation.letters.office import Office, Signatory
from tests.browser.conftest import DESKTOP, PHONE, THE_REST, faults
from tests.integration.web.test_uploads import PHOTO
from tests.support.dispatching import mail_post
from tests.support.pages import KEY, Pages
from tests.support.smtp import SmtpServer

LINK = re.compile(r"http://127\.0\.0\.1:\d+/u/[\w-]+")


class Unit:
    """A person of the unit: a browser of one kind, and one beside it with scripts, that looks for faults."""

    def __init__(self, pages: Pages, page: Page, checking: Page) -> None:
        self.pages, self.page, self.checking = pages, page, checking

    async def goes(self, address: str) -> None:
        """Opens a page, and reads it for a while."""
        await self.page.goto(address)
        self.pages.forward(seconds=10)
        await self.looks()

    async def looks(self) -> None:
        """The page as it is now has no faults."""
        await self.checking.goto(self.page.url)
        await self.checking.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        await no_faults(self.checking, self.page.url)

    async def unfolds(self, form: str) -> None:
        """A form that is not open yet."""
        if not await self.page.locator(f"#{form} form").is_visible():
            await self.page.locator(f"#{form} summary").click()

    async def hears(self, words: str) -> None:
        """What the event says."""
        await self.page.get_by_role("status").get_by_text(words).wait_for()
        await self.looks()


async def scanned(page: Page, pages: Pages, start: str) -> None:
    """As a mail gateway does: every link of the page followed, scripts run, every button pressed, nothing typed."""
    await page.goto(start)
    hrefs = await page.evaluate("[...document.querySelectorAll('a[href]')].map(one => one.href)")
    for href in {one for one in hrefs if one.startswith(start.partition("/u/")[0])}:
        await page.goto(href)
    await page.goto(start)
    for number in range(await page.locator("button").count()):
        await page.goto(start)
        pages.forward(seconds=10)
        await page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        await page.locator("button").nth(number).click()
        await page.evaluate("document.querySelectorAll('form').forEach(one => one.noValidate = true)")
        await page.locator("button").nth(number).click()
        await page.wait_for_load_state()


async def mailed(pages: Pages, smtp_server: SmtpServer, address: str) -> tuple[dict[str, Any], dict[str, str]]:
    """A ticket, and the link of its mail as each part of it has it."""
    pages.installation.mail = mail_post(smtp_server.url)
    pages.installation.office = Office(Signatory("某市政务公开办"), address, "", (KEY,))
    (ticket,) = await pages.open_tickets("link.dead")
    (mail,) = smtp_server.mails
    found = {}
    for part in ("plain", "html"):
        body = mail.message.get_body((part,))
        assert body is not None
        (found[part],) = set(LINK.findall(html.unescape(body.get_content())))
    return ticket, found


@pytest.mark.parametrize(
    ("part", "scripts", "screen"),
    [("plain", True, DESKTOP), ("html", False, DESKTOP), ("html", True, PHONE)],
    ids=["text part, with scripts", "HTML part, without scripts", "HTML part, on a phone"],
)
async def test_from_the_mail_to_the_closing(
    browser: Browser, pages: Pages, address: str, smtp_server: SmtpServer, tmp_path: Path,
    part: str, screen: ViewportSize, *, scripts: bool,
) -> None:  # fmt: skip
    """The link out of the mail, which a scanner has opened before; 签收, 反馈 with a photo, recheck, no form."""
    ticket, found = await mailed(pages, smtp_server, address)
    link = found[part]
    checking = await (await browser.new_context(viewport=screen)).new_page()
    before = len(pages.desk.published("rectify.events"))
    await scanned(checking, pages, link)
    assert pages.commands.published == []
    assert len(pages.desk.published("rectify.events")) == before
    assert pages.desk.tickets()[ticket["ticket_id"]]["status"] == "open"
    (tmp_path / "现场.jpg").write_bytes(PHOTO)
    context = await browser.new_context(viewport=screen, java_script_enabled=scripts, has_touch=screen is PHONE)
    unit = Unit(pages, await context.new_page(), checking)
    await unit.goes(link)
    await unit.page.fill("#acknowledge-name", "张三")
    await unit.page.get_by_role("button", name="提交签收").click()
    await unit.hears("签收成功")
    await unit.goes(link)
    await unit.unfolds("claim")
    await unit.page.fill("#claim-measures", "已删除失效链接")
    await unit.page.set_input_files("#claim-files", tmp_path / "现场.jpg")
    await unit.page.fill("#claim-name", "张三")
    await unit.page.get_by_role("button", name="提交反馈整改").click()
    await unit.hears("反馈已收到")
    assert await unit.page.get_by_role("link", name="现场.jpg").is_visible()
    assert [event["by"] for event in pages.desk.events("fix_claimed")] == ["张三"]
    recheck = {"type": "recheck", "ticket_id": ticket["ticket_id"], "outcome": "absent", "source": "crawler"}
    await pages.desk.send({**recheck, "asset_id": "kjj-site", "observed_at": pages.installation.now()})
    await unit.goes(link)
    assert await unit.page.locator("form").count() == 0
    assert await unit.page.get_by_text("本单无需再办理").is_visible()


async def test_a_scanner_presses_every_button(browser: Browser, pages: Pages, address: str) -> None:
    """Of a page of several tickets, too: nothing happens."""
    tickets = await pages.open_tickets("link.dead", "text.typo")
    page = await browser.new_page()
    await scanned(page, pages, f"{address}/u/{await pages.token(tickets[0])}")
    assert pages.commands.published == []


async def no_faults(page: Page, where: str) -> None:
    """Nothing that axe finds, and nothing to be moved sideways."""
    assert await faults(page) == [], where
    wide, screen = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= screen, where


@pytest.mark.parametrize(
    ("width", "scale", "colours"),
    [
        pytest.param(360, 1, "light", id="phone, light"),
        pytest.param(1000, 1, "dark", id="desktop, dark"),
        pytest.param(640, 2, "light", id="200 %, light"),
        pytest.param(360, 1, "dark", id="phone, dark", marks=THE_REST),
        pytest.param(1000, 1, "light", id="desktop, light", marks=THE_REST),
        pytest.param(640, 2, "dark", id="200 %, dark", marks=THE_REST),
    ],
)
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
    assert len(asked) == 4  # the page, its style, its script, its icon
    assert all(url.startswith(address) and not referer for url, referer in asked), asked
