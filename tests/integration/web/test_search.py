"""Looking for words in the list of tickets: what is found, for whom, and what is said while the index is behind."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from streams.services.pages_upkeep import forget_on_pages
from streams.store.search import SearchText, TopicPlace
from tests.support.officials import Official, official
from tests.support.pages import Pages, pages_on

TICKETS = re.compile(r'<tr role="row" data-ticket="([^"]+)"')
TOTAL = re.compile(r'data-total="([^"]+)"')
FOUND = (
    {
        "check": "link.dead", "locator": "https://kjj.gov.cn/zwgk/tzgg/2026/0226.html", "title": "附件打不开",
        "evidence": {"target": "https://kjj.gov.cn/upload/sbzn.doc", "http_status": 404},
    },
    {
        "check": "text.typo", "locator": "https://kjj.gov.cn/gzdt/0301.html", "title": "正文有误",
        "evidence": {"word": "布暑", "suggestion": "部署", "snippet": "会议布暑了全年科技工作，ＯＡ系统升级"},
    },
    {"check": "message.unanswered", "locator": "m-17", "title": "群众反映路灯不亮", "source": "letters"},
)  # fmt: skip


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on a ledger with three tickets of one unit, and one of another."""
    async with pages_on(database, tmp_path) as opened:
        await opened.desk.register(
            "asset:jyj-site", asset_id="jyj-site", name="市教育局门户网站", kind="website", unit_id="jyj",
            url="https://jyj.gov.cn/", code="3301000002",
        )  # fmt: skip
        await opened.find(*FOUND, {**FOUND[0], "asset_id": "jyj-site", "locator": "https://jyj.gov.cn/tzgg/9.html"})
        yield opened


async def indexed(pages: Pages, next_offset: int = 4) -> None:
    """A web process has read the topic so far."""
    filling = pages.premises.filling
    now = pages.premises.now().real
    assert await pages.premises.store.search.take_turn(filling._owner, now)
    assert await filling.take({0: TopicPlace("log", next_offset)}, pages.desk.tickets())
    await pages.premises.store.search.catch_up(filling._owner, now)


async def found(someone: Official, q: str, **query: str) -> set[str]:
    """The checks of the tickets that are listed; the total says as many, and the API as well."""
    page = (await someone.get("/tickets", q=q, columns="ticket,check", **query)).text
    numbers = TICKETS.findall(page)
    total = TOTAL.search(page)
    assert total is not None, page
    assert total[1] == str(len(numbers)), q
    return set(numbers)


async def test_every_word_is_found_wherever_it_stands(pages: Pages) -> None:
    """Chinese words of two characters, URLs, names of assets and units, checks, codes, in any combination."""
    await indexed(pages)
    by_place = {one["problems"][0]["locator"]: one["ticket_id"] for one in pages.desk.tickets().values()}
    link, typo, letter = (by_place[one["locator"]] for one in FOUND)
    other = by_place["https://jyj.gov.cn/tzgg/9.html"]
    everybody = await official(pages, "supervisor")
    for q, expected in {
        "布暑": {typo}, "部署": {typo}, "oa系统": {typo}, "OA": {link, typo, other}, "全年科技": {typo}, "布署": set(),
        "路灯": {letter}, "附件": {link, other}, "打不开": {link, other}, "件打": {link, other}, "查无此词": set(),
        "tzgg/2026": {link}, "0226": {link}, "https://kjj.gov.cn/gzdt/0301.html": {typo}, "sbzn.doc": {link, other},
        "KJJ.gov": {link, typo, letter, other}, "科技局": {link, typo, letter}, "教育": {other},
        "市教育局门户": {other}, "3301000002": {other}, "33010000": {link, typo, letter, other}, "附件 教育局": {other},
        "附件 jyj": {other}, "附件 布暑": set(), "死链": {link, other}, "留言 路灯": {letter}, typo: {typo},
        typo[:6]: {link, typo, letter, other}, "%": set(), "_": set(), "布%": set(), "crawler": set(), "doc\\": set(),
    }.items():  # fmt: skip
        assert await found(everybody, q) == expected, q
    assert await found(everybody, "附件", unit="kjj") == {link}
    assert await found(everybody, "附件", status="closed") == set()
    assert await found(everybody, "附件 打不开", sort="opened") == {link, other}
    page = (await everybody.get("/tickets", q="附件", limit="1")).text
    assert 'data-total="2"' in page
    assert "下一页" in page
    assert "search-said" not in page
    answer = await everybody.get("/tickets", q="一 二 三 四 五 六 七")
    assert (answer.status_code, "最多写 6 个词" in answer.text) == (422, True)


async def test_none_is_of_another_unit(pages: Pages) -> None:
    """The index names tickets; whose they are the ledger says, as of now."""
    await indexed(pages)
    mine, theirs = await official(pages, "reader", "kjj"), await official(pages, "supervisor", "jyj")
    assert len(await found(mine, "附件")) == 1
    assert await found(theirs, "布暑") == set()
    assert await found(theirs, "科技局") == set()
    (number,) = await found(theirs, "附件")
    await pages.desk.command(action="reassign", ticket_id=number, asset_id="jyj-site", unit_id="kjj", by="赵敏")
    assert await found(theirs, "附件") == set()
    assert len(await found(mine, "附件")) == 2


async def test_what_is_said_while_the_index_is_behind(pages: Pages) -> None:
    """Not yet built, read up to a moment, whole; numbers and names are found all the time."""
    someone = await official(pages, "reader")
    page = (await someone.get("/tickets", q="布暑")).text
    assert "问题内容的搜索还在建立" in page
    assert len(await found(someone, "教育局")) == 1
    await indexed(pages)
    assert "search-said" not in (await someone.get("/tickets", q="布暑")).text
    assert "至少写两个字" in (await someone.get("/tickets", q="灯")).text
    pages.forward(minutes=2)
    assert "为止，之后的变化稍后才能查到" in (await someone.get("/tickets", q="布暑")).text
    await pages.premises.store.search.clear()
    assert "问题内容的搜索还在建立" in (await someone.get("/tickets", q="布暑")).text
    assert await pages.premises.store.search.reached() == {}
    await indexed(pages)
    assert len(await found(someone, "布暑")) == 1


async def test_one_process_fills_and_repeats_change_nothing(pages: Pages) -> None:
    """The turn goes on only after half a minute; whoever has lost it writes nothing; again is as once."""
    search, now = pages.premises.store.search, pages.premises.now().real
    one = [SearchText(7, "ZG7", False, "科技 http")]
    assert await search.take_turn("first", now)
    assert not await search.take_turn("second", now + timedelta(seconds=29))
    for offset in (3, 3, 5):
        assert await search.fill("first", {0: TopicPlace("log", offset)}, one, [])
    assert await search.find("科技", 9, 5) == [7]
    assert await search.take_turn("second", now + timedelta(seconds=31))
    assert not await search.fill("first", {0: TopicPlace("log", 9)}, [], ["ZG7"])
    assert await search.reached() == {0: TopicPlace("log", 5)}
    again = [SearchText(7, "ZG8", False, "教育"), SearchText(9, "ZG7", False, "科技")]
    assert await search.fill("second", {0: TopicPlace("log", 6)}, again, [])
    assert (await search.find("科技", 9, 5), await search.find("教育", 9, 5)) == ([9], [7])
    assert await search.fill("second", {0: TopicPlace("log", 7)}, [], ["ZG7", "ZG0"])
    assert await search.find("科技", 9, 5) == []


async def test_what_citizens_wrote_is_forgotten(pages: Pages) -> None:
    """With the ledger's (O-1), and only of tickets that are long closed."""
    await indexed(pages)
    someone = await official(pages, "supervisor")
    (number,) = await found(someone, "路灯")
    premises, at = pages.premises, pages.premises.now().at
    await forget_on_pages(premises.settings, premises.ledger, at, at)
    assert await found(someone, "路灯") == {number}
    await pages.desk.command(action="close", ticket_id=number, asset_id="kjj-site", reason="已答复", by="赵敏")
    async with pages.installation.ledger.transaction() as tx:
        await tx._session.run("update problems set facts_json = '{}' where check_code = 'message.unanswered'")
    pages.forward(days=1)
    await forget_on_pages(premises.settings, premises.ledger, premises.now().at, at)
    assert await premises.store.search.find("路灯", 9, 5) == []
    assert len(await premises.store.search.find("m-17", 9, 5)) == 1
