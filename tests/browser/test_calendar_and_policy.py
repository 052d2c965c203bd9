"""The working calendar and the rules in a browser: another one tried, another year put in; and whether all can read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from playwright.async_api import Browser

from tests.browser.conftest import LOOKS
from tests.browser.test_registry import opened
from tests.browser.test_unit_page import no_faults
from tests.support.pages import Pages
from tests.support.registry import write

DAYS = [f"2027-01-0{day}" for day in (1, 2, 3)] + [f"2027-02-{day:02}" for day in range(5, 13)]
YEAR = {"year": 2027, "source": "国办通知", "days": [{"date": day, "off": True, "name": "假期"} for day in DAYS]}
PACK = "pack: trial\nversion: 1\ntitle: 试行\nchecks:\n  link.dead: {deadline: {amount: 1, unit: working_day}}\n"


@pytest.mark.parametrize("scripts", [True, False], ids=["with scripts", "without"])
async def test_tried_and_put_in(browser: Browser, pages: Pages, address: str, tmp_path: Path, *, scripts: bool) -> None:
    """A year is looked at, and put in; a pack is tried."""
    await pages.open_tickets("link.dead")
    page = await opened(browser, pages, address, java_script_enabled=scripts)
    await page.goto(f"{address}/calendar/2027")
    await page.set_input_files("#calendar-file", write(tmp_path / "2027.json", json.dumps(YEAR)))
    await page.get_by_role("button", name="核对").click()
    await page.get_by_text("2027-02-05（周五） 上班 → 放假").wait_for()
    if scripts:
        await no_faults(page, "a year that is looked at")
    await page.get_by_role("button", name="发布 2027 年安排").click()
    await page.get_by_role("status").get_by_text("工作节点已采用").wait_for()
    assert [key for key, _ in pages.registering.published] == ["calendar:2027"]
    await page.goto(f"{address}/policy")
    await page.set_input_files("#policy-file", write(tmp_path / "trial.yaml", PACK))
    await page.get_by_role("button", name="试一试").click()
    await page.get_by_role("status").get_by_text("1 张的时限会不同").wait_for()
    if scripts:
        await no_faults(page, "a pack that is tried")


@LOOKS
async def test_everybody_can_read_it(browser: Browser, pages: Pages, address: str, width: int, colours: str) -> None:
    """A year, one that is missing, the rules, some of them."""
    page = await opened(browser, pages, address, viewport={"width": width, "height": 800}, color_scheme=colours)
    for where in ("calendar/2026", "calendar/2027", "policy", "policy?sure=O"):
        await page.goto(f"{address}/{where}")
        await page.evaluate("[...document.querySelectorAll('details')].slice(0, 3).forEach(one => one.open = true)")
        await no_faults(page, where)
