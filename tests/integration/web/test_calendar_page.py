"""The working calendar in a browser: a year, another arrangement looked at and put in; on both databases."""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.officials import Official, official
from tests.support.pages import Pages, pages_on

pytestmark = pytest.mark.on_sqlite("what comes before publishing: the database hardly shows, beyond the first test")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')


def arrangement(year: int = 2027, **changed: Any) -> bytes:
    """A plausible year: three days of 元旦, eight of 春节, and the rest of the law."""
    new_year, spring = date(year, 1, 1), date(year, 2, 5)
    off = [(new_year + timedelta(days=n), "元旦") for n in range(3)]
    off += [(spring + timedelta(days=n), "春节") for n in range(8)]
    days = [{"date": day.isoformat(), "off": True, "name": name} for day, name in off]
    days.append({"date": f"{year}-01-30", "off": False, "name": "春节"})
    return json.dumps(
        {"year": year, "source": "国务院办公厅通知（国办发明电〔2026〕7号）", "days": days, **changed}
    ).encode()


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages at the end of the last year that is built in."""
    async with pages_on(database, tmp_path, "2026-12-28 10:00") as opened:
        yield opened


async def hand_over(someone: Official, content: bytes, name: str = "2027.json", **fields: str) -> httpx.Response:
    """A file is chosen and sent."""
    nonce = dict(HIDDEN.findall((await someone.get("/calendar/2027")).text))["nonce"]
    return await someone.client.post(
        "/calendar", data={"nonce": nonce, **fields}, files={"file": (name, content, "application/octet-stream")}
    )


async def confirm(someone: Official, preview: httpx.Response) -> httpx.Response:
    """The button of what was shown."""
    assert 'name="confirm"' in preview.text, preview.text
    return await someone.post("/calendar", **{name: unescape(value) for name, value in HIDDEN.findall(preview.text)})


@pytest.mark.on_both
async def test_a_year(pages: Pages) -> None:
    """Twelve months with 休 and 班, whose arrangement it is, and that one is missing; other addresses are none."""
    someone = await official(pages, "reader", "kjj")
    answer = await someone.follow(await someone.get("/calendar"))
    assert "2026 年工作日历" in answer.text
    assert answer.text.count('<table class="month"') == 12
    assert "国务院办公厅关于2026年部分节假日安排的通知" in answer.text
    assert '<td class="red">1<b>休</b></td>' in answer.text
    assert "<b>班</b>" in answer.text
    assert '<span class="tag">休</span> 春节：2026-02-15（周日） 至 2026-02-23（周一），9 天' in answer.text
    months = [int(many) for many in re.findall(r'class="month" data-total="(\d+)"', answer.text)]
    (whole,) = re.findall(r"全年工作日 <b>(\d+)</b>", answer.text)
    assert sum(months) == int(whole)
    assert 'type="file"' not in answer.text
    assert "尚未登记，按周一至周五推算" in (await someone.get("/calendar/2027")).text
    for wrong in ("0", "99999", "20x6", "1900", "3000", "２０２６"):
        assert (await someone.get(f"/calendar/{wrong}")).status_code == 404


async def test_looked_at_and_put_in(pages: Pages) -> None:
    """The days that change, what the law adds, which provisional deadlines would move; published, they have."""
    await pages.open_tickets("column.stale")
    (ticket,) = pages.desk.tickets().values()
    assert ticket["deadline"]["provisional"] is True
    someone = await official(pages, "registrar")
    preview = await hand_over(someone, arrangement())
    for words in (
        "国办发明电〔2026〕7号", "2027-02-05（周五） 上班 → 放假", "2027-01-30（周六） 放假 → 上班", "依法补为放假",
        "时限为暂定的在办整改单 1 张：提前 0 张，推后 1 张，转为确定 1 张",
    ):  # fmt: skip
        assert words in preview.text, words
    moves = (
        f'<li data-ticket="{ticket["ticket_id"]}"><a href="./tickets/{ticket["ticket_id"]}">{ticket["ticket_id"]}</a>'
    )
    assert f"{moves} 2027年1月4日（周一） → 2027年1月5日（周二）</li>" in preview.text
    assert pages.registering.published == []
    told = await someone.follow(await confirm(someone, preview))
    assert "已保存，工作节点已采用。" in told.text
    assert "国办发明电〔2026〕7号" in told.text
    ((key, _),) = pages.registering.published
    assert key == "calendar:2027"
    await pages.installation.catch_up()
    (moved,) = pages.desk.tickets().values()
    assert (moved["deadline"]["provisional"], moved["due_at"] > ticket["due_at"]) == (False, True)
    assert (await confirm(someone, preview)).status_code == 303  # pressed twice
    assert len(pages.registering.published) == 1


async def test_what_is_wrong_is_said(pages: Pages) -> None:
    """A sentence, and nothing published: no calendar, not lawful, several years, the brokers away, somebody quicker."""
    someone = await official(pages, "admin")
    festivals = b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:x\r\nDTSTART:20270101\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    wrong: list[tuple[bytes, str, dict[str, str], str]] = [
        (b"", "2027.json", {}, "是空文件"),
        (b"x", "2027.pdf", {}, "请选择 .json、.yaml 或 .ics 文件"),
        (b"{", "2027.json", {}, "不是完好的 JSON"),
        (b"\xff\xfe", "2027.json", {}, "不是 UTF-8 文字"),
        (b"{}", "2027.json", {}, "不是放假安排"),
        (festivals, "2027.ics", {}, "没有一项写明放假"),
        (arrangement(days=[]), "2027.json", {}, "全年放假 0 天，不像完整的安排"),
        (arrangement(2026), "2026.json", {}, "法定节假日不能是工作日"),
        (arrangement(), "2027.json", {"year": "2028"}, "文件是 2027 年的，不是 2028 年"),
        (arrangement(), "2027.json", {"year": "来年"}, "年份填四位数字"),
    ]
    for content, name, fields, words in wrong:
        answer = await hand_over(someone, content, name, **fields)
        assert (answer.status_code, words in answer.text) == (422, True), (name, answer.text)
        assert 'role="alert"' in answer.text
    assert "文件已失效" in (await someone.post("/calendar", confirm="1", arrangement="{")).text
    preview = await hand_over(someone, arrangement())
    pages.registering.broker_is_away = True
    answer = await confirm(someone, preview)
    assert (answer.status_code, 'name="confirm"' in answer.text, pages.registering.published) == (503, True, [])
    pages.registering.broker_is_away = False
    await pages.desk.register("calendar:2027", **json.loads(arrangement(source="别人导入的")))
    answer = await confirm(someone, preview)
    assert (answer.status_code, "有了变化，尚未发布" in answer.text, pages.registering.published) == (409, True, [])
    assert (await confirm(someone, answer)).status_code == 303


async def test_it_holds_for_everybody(pages: Pages) -> None:
    """Whoever registers for some units alone looks, and is told whom to ask."""
    someone = await official(pages, "registrar", "gov")
    assert 'type="file"' not in (await someone.get("/calendar/2027")).text
    for fields in ({}, {"confirm": "1", "arrangement": arrangement().decode()}):
        answer = await someone.post("/calendar", **fields)
        assert (answer.status_code, "工作日历适用于全部单位" in answer.text) == (422, True)
    assert pages.registering.published == []
