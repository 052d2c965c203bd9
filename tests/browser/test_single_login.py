"""Logging in at the office's own login service in a browser, which has its cookies on the way there and back."""

from __future__ import annotations

from pathlib import Path

from playwright.async_api import Browser

from streams.local.processes import free_ports
from streams.web.serving import closing_all, listen, served
from tests.browser.conftest import PHONE, faults
from tests.support.login_service import CLIENT_ID, CLIENT_SECRET, login_provider
from tests.support.officials import official
from tests.support.pages import pages_on


async def test_there_and_back(browser: Browser, tmp_path: Path, sqlite_database: str) -> None:
    """From the page that was wanted to the service and to that page; without an account it is said; accessible."""
    (port,) = free_ports(1)
    address = f"http://127.0.0.1:{port}"
    async with login_provider() as provider:
        settings = {
            "pages_oidc_issuer": provider.issuer, "pages_oidc_client_id": CLIENT_ID,
            "pages_oidc_client_secret": CLIENT_SECRET, "pages_url_internal": address,
        }  # fmt: skip
        with closing_all(listen("127.0.0.1", port)) as places:
            async with pages_on(sqlite_database, tmp_path, **settings) as pages, served(pages.app, places):
                provider.now = pages.premises.now().real.timestamp()
                await official(pages, "supervisor", "gov", "王敏")
                context = await browser.new_context(viewport=PHONE, color_scheme="dark")
                page = await context.new_page()
                await page.goto(f"{address}/tickets?sort=opened")
                await page.get_by_role("link", name="统一登录").wait_for()
                assert await faults(page) == []
                await page.get_by_role("link", name="统一登录").click()
                await page.wait_for_url(f"{address}/tickets?sort=opened")
                await page.get_by_role("button", name="退出").click()
                await page.get_by_role("status").get_by_text("已退出本系统").wait_for()
                provider.person = {"sub": "赵敏"}
                await page.get_by_role("link", name="统一登录", exact=True).click()
                await page.get_by_role("alert").get_by_text("身份是“赵敏”").wait_for()
                assert (await page.title()).startswith("错误：")
                assert await faults(page) == []
                await page.get_by_role("link", name="用本系统的账号登录").click()
                await page.get_by_label("账号").wait_for()
