"""The registry 名录 in a browser: a contact is changed; and whether everybody can read it."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page

from streams.web.desk.sessions import PLAIN_COOKIE
from tests.browser.conftest import LOOKS
from tests.browser.test_unit_page import no_faults
from tests.support.officials import official
from tests.support.pages import Pages
from tests.support.registry import write


async def opened(browser: Browser, pages: Pages, address: str, **context: object) -> Page:
    """A registrar's browser."""
    someone = await official(pages, "registrar")
    made = await browser.new_context(**context)  # type: ignore[arg-type]
    await made.add_cookies([{"name": PLAIN_COOKIE, "value": someone.client.cookies[PLAIN_COOKIE], "url": address}])
    return await made.new_page()


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_a_contact_is_changed(browser: Browser, pages: Pages, address: str, *, scripts: bool) -> None:
    """From the tree to the unit, the contact's form, a fault that is said, and the page that says that it is saved."""
    page = await opened(browser, pages, address, java_script_enabled=scripts)
    await page.goto(f"{address}/registry/units")
    await page.get_by_role("link", name="市科技局").click()
    await page.get_by_role("link", name="修改联系人李值守").click()
    await page.fill("#edit-phone", "12")
    await page.get_by_role("button", name="保存").click()
    await page.get_by_role("alert").get_by_text("手机号码格式不正确").wait_for()
    if scripts:
        await no_faults(page, "a fault")
    await page.fill("#edit-phone", "13800001111")
    await page.get_by_label("短信").check()
    await page.get_by_role("button", name="保存").click()
    await page.get_by_role("status").get_by_text("工作节点已采用").wait_for()
    ((key, unit),) = pages.registering.published
    assert (key, unit["contacts"][0]["phone"], unit["contacts"][0]["channels"]) == ("unit:kjj", "13800001111", ["sms"])


@LOOKS
async def test_everybody_can_read_it(browser: Browser, pages: Pages, address: str, width: int, colours: str) -> None:
    """Every page of the registry."""
    await pages.desk.register("guarded:lh", id="lh", name="全国两会", **{"from": "2026-03-03", "to": "2026-03-13"})
    await pages.desk.register("producer:crawler", source="crawler", name="市平台", unit_id="kjj")
    await pages.open_tickets("link.dead")
    page = await opened(browser, pages, address, viewport={"width": width, "height": 800}, color_scheme=colours)
    for where in (
        "units", "units?q=科技", "unit?id=kjj", "assets", "assets?q=nobody", "asset?id=kjj-site", "guarded",
        "producers", "edit?record=unit&id=kjj", "edit?record=contact&id=kjj",
        "edit?record=asset&unit=kjj",
    ):  # fmt: skip
        await page.goto(f"{address}/registry/{where}")
        await no_faults(page, where)


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_a_file_is_taken_in(
    browser: Browser, pages: Pages, address: str, tmp_path: Path, *, scripts: bool
) -> None:
    """A file that is wrong, one that is right: shown, confirmed, in force."""
    page = await opened(browser, pages, address, java_script_enabled=scripts)
    await page.goto(f"{address}/registry/import")
    head = "单位编号,单位名称\n"
    for name, row in (("wrong.csv", "kjj,\n"), ("right.csv", "kjj,市科技局（新）\n")):
        await page.set_input_files("#import-file", write(tmp_path / name, head + row))
        await page.select_option("#import-kind", "unit")
        await page.get_by_role("button", name="核对差异").click()
        if name == "wrong.csv":
            await page.get_by_role("alert").get_by_text("“wrong.csv”有 1 处不符合要求").wait_for()
        await page.get_by_text("必填，不能为空" if name == "wrong.csv" else "市科技局 → 市科技局（新）").wait_for()
        if scripts:
            await no_faults(page, name)
    await page.get_by_label("我已核对").check()
    await page.get_by_role("button", name="发布这 1 条").click()
    await page.get_by_role("status").get_by_text("工作节点已采用 1 条").wait_for()
