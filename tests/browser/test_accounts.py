"""Logging in and one's account in a browser: with scripts and without, on a phone and at a desk, light and dark."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, ViewportSize

from streams.services.accounts import new_link
from streams.services.viewers import Role
from streams.store.accounts import PageAccount
from streams.store.audit import AuditEntry, AuditKind
from tests.browser.conftest import PHONE, THE_REST, faults
from tests.support.pages import Pages

DESK: ViewportSize = {"width": 1280, "height": 800}
PASSWORD = "correct horse 电池 staple"


async def password_link(pages: Pages, address: str, name: str, role: Role) -> str:
    """As `rectify account add` prints it."""
    account = PageAccount(name, role, "gov", "", pages.premises.now().real)
    await pages.premises.store.accounts.add(account)
    secret = await new_link(pages.premises.store, account, "password", pages.premises.now().real)
    return f"{address}/login?token={secret}"


async def set_password(page: Page, link: str) -> None:
    """What the owner of a new account does first."""
    await page.goto(link)
    await page.get_by_label("新密码").fill(PASSWORD)
    await page.get_by_label("再输入一次").fill(PASSWORD)
    await page.get_by_role("button", name="保存并登录").click()
    await page.get_by_role("button", name="退出").wait_for()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_from_the_link_to_logging_out(browser: Browser, pages: Pages, address: str, *, scripts: bool) -> None:
    """A password is set, forgotten and typed right; the type is larger; out again."""
    context = await browser.new_context(viewport=PHONE, java_script_enabled=scripts, has_touch=True)
    page = await context.new_page()
    await set_password(page, await password_link(pages, address, "王敏", "supervisor"))
    await page.get_by_role("button", name="大字").click()
    await page.get_by_role("button", name="标准字号").wait_for()
    await page.get_by_role("button", name="退出").click()
    await page.get_by_role("heading", name="登录").wait_for()
    await page.goto(f"{address}/account?x=1")
    await page.get_by_label("账号").fill("王敏")
    await page.get_by_label("密码（必填）").fill("something else")
    await page.get_by_role("button", name="登录").click()
    await page.get_by_role("alert").get_by_text("账号名称、密码或动态码不正确").wait_for()
    assert (await page.title()).startswith("错误：")
    assert await page.get_by_label("账号").input_value() == "王敏"
    await page.get_by_label("密码（必填）").fill(PASSWORD)
    await page.get_by_role("button", name="登录").click()
    await page.wait_for_url(f"{address}/account?x=1")
    cookies = {one["name"]: one for one in await context.cookies()}
    assert (cookies["rectify"]["httpOnly"], cookies["rectify"]["sameSite"]) == (True, "Lax")


async def every_page(page: Page, pages: Pages, address: str) -> AsyncIterator[str]:
    """The pages of an account, one after the other."""
    link = await password_link(pages, address, "admin", "admin")
    await page.goto(f"{address}/login")
    yield "login"
    await page.get_by_label("账号").fill("admin")
    await page.get_by_label("密码（必填）").fill("x")
    await page.get_by_role("button", name="登录").click()
    await page.get_by_role("alert").wait_for()
    yield "refused"
    await page.goto(link)
    yield "link"
    await page.get_by_label("新密码").fill("short")
    await page.get_by_label("再输入一次").fill("short")
    await page.get_by_role("button", name="保存并登录").click()
    await page.get_by_role("alert").wait_for()
    yield "short"
    await set_password(page, link)
    await page.goto(f"{address}/account")
    yield "account"
    kinds: tuple[AuditKind, ...] = ("act", "export", "login")
    now = pages.premises.now().real
    about = "extend ZG260302-DE100443B6DF"
    entries = [AuditEntry(now, "admin", kinds[i % 3], about, "done", "203.0.113.9") for i in range(60)]
    await pages.premises.store.audit.add(*entries)
    await page.goto(f"{address}/account/audit")
    yield "audit"


@pytest.mark.parametrize(
    ("size", "colours"),
    [
        pytest.param(PHONE, "light", id="phone, light"),
        pytest.param(DESK, "dark", id="desk, dark"),
        pytest.param(PHONE, "dark", id="phone, dark", marks=THE_REST),
        pytest.param(DESK, "light", id="desk, light", marks=THE_REST),
    ],
)
async def test_everybody_can_read_them(
    browser: Browser, pages: Pages, address: str, size: ViewportSize, colours: str
) -> None:
    """Nothing that axe finds, also in the larger type, and nothing to be moved sideways."""
    context = await browser.new_context(viewport=size, color_scheme="dark" if colours == "dark" else "light")
    page = await context.new_page()
    async for name in every_page(page, pages, address):
        await readable(page, name)
    await context.add_cookies([{"name": "rectify-large", "value": "1", "url": address}])
    await page.reload()
    await readable(page, "audit, larger")


async def readable(page: Page, name: str) -> None:
    """As it is asked of every page."""
    assert await faults(page) == [], name
    wide, screen = await page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
    assert wide <= screen, name
