"""Saved views of the list: one's own and the office's, with which of them it begins, and what is kept of it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from streams.store.audit import AuditFilter
from streams.web.tickets.views import MOST
from tests.support.officials import Official, official
from tests.support.pages import Pages, pages_on

ROW = re.compile(r'data-row="([^"]+)"')
LINKS = re.compile(r'<nav class="views".*?</nav>', re.DOTALL)


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on a ledger with units."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


async def save(someone: Official, name: str, query: str, **fields: str) -> int:
    """The status of the answer."""
    return (await someone.post("/views", name=name, query=query, **fields)).status_code


async def above(someone: Official) -> list[str]:
    """The views above the list."""
    found = LINKS.search((await someone.get("/tickets")).text)
    return re.findall(r"<a[^>]*>([^<]+)", found[0])[:-1] if found else []


async def ids(someone: Official) -> list[str]:
    """Those of the page of views, in its order."""
    return ROW.findall((await someone.get("/views")).text)


async def begins(someone: Official) -> str:
    """Where the head of every page leads."""
    return (await someone.get("/tickets", view="first")).headers["location"]


async def test_ones_own_and_the_offices(pages: Pages) -> None:
    """Who sees which, who may change which; the same name again replaces; each keeps its query and nothing else."""
    boss, handler = await official(pages, "supervisor", "kjj"), await official(pages, "handler", "kjj")
    stranger = await official(pages, "supervisor", "jyj")
    assert await save(handler, "我的逾期", "light=red&after=xyz&q=") == 303
    assert await save(handler, "给大家", "light=red", scope="office") == 403
    assert await save(boss, "本周到期", "due_to=2026-03-06&sort=opened", scope="office") == 303
    assert (await above(handler), await above(boss), await above(stranger)) == (
        ["我的逾期", "本周到期"], ["本周到期"], []
    )  # fmt: skip
    assert await save(handler, "我的逾期", "light=yellow") == 303
    page = (await handler.get("/tickets", light="yellow")).text
    assert '<a href="./tickets?light=yellow" aria-current="true">我的逾期' in page
    assert "/views?query=light%3Dyellow" in page
    mine, office = await ids(handler)
    assert (await stranger.post(f"/views/{office}", act="delete")).status_code == 404
    assert (await boss.post(f"/views/{mine}", act="delete")).status_code == 404
    assert (await handler.post(f"/views/{office}", act="delete")).status_code == 403
    assert (await handler.post(f"/views/{office}", act="office_first")).status_code == 403
    assert (await boss.post(f"/views/{office}", act="delete", nonce="x")).status_code == 403
    assert (await boss.post(f"/views/{office}", act="delete")).status_code == 303
    assert await above(handler) == ["我的逾期"]
    audit = await pages.premises.store.audit.find(AuditFilter(kind="view"), "", 9)
    assert sorted((one.about, one.result) for one in audit.entries.values()) == [
        ("我的逾期", "view_saved"), ("我的逾期", "view_saved"), ("本周到期", "office_view_deleted"),
        ("本周到期", "office_view_saved"),
    ]  # fmt: skip


async def test_with_which_the_list_begins(pages: Pages) -> None:
    """One's own before the office's; bare, the list is what it is without any."""
    boss, handler = await official(pages, "supervisor", "kjj"), await official(pages, "handler", "kjj")
    assert await begins(handler) == "./tickets"
    await save(boss, "本单位", "light=red", scope="office", first="1")
    await save(handler, "我的", "light=blue", first="1")
    assert (await begins(handler), await begins(boss)) == ("./tickets?light=blue", "./tickets?light=red")
    mine, office = await ids(handler)
    await handler.post(f"/views/{mine}", act="not_first")
    assert await begins(handler) == "./tickets?light=red"
    await handler.post(f"/views/{mine}", act="first")
    await handler.post(f"/views/{mine}", act="delete")
    assert await begins(handler) == "./tickets?light=red"
    await boss.post(f"/views/{office}", act="not_office_first")
    assert await begins(handler) == "./tickets"
    assert (await handler.get("/tickets")).status_code == 200
    assert 'href="./tickets?view=first"' in (await handler.get("/desk")).text


async def test_what_cannot_be_saved(pages: Pages) -> None:
    """No name, a long one, a query that is none, too many: said on the form, which keeps what was typed."""
    someone = await official(pages, "reader", "kjj")
    for name, query, words in (
        (" ", "light=red", "请填写名称"),
        ("长" * 21, "light=red", "不超过 20 个字"),
        ("紫", "light=purple", "这些条件不能保存"),
        ("长", "q=" + "a" * 3_000, "这些条件不能保存"),
    ):
        answer = await someone.post("/views", name=name, query=query)
        assert (answer.status_code, words in answer.text, 'role="alert"' in answer.text) == (422, True, True), name
    for number in range(MOST):
        assert await save(someone, f"视图{number}", "light=red") == 303
    answer = await someone.post("/views", name="再来", query="light=red")
    assert (answer.status_code, "最多保存" in answer.text, 'value="再来"' in answer.text) == (422, True, True)
    assert await save(someone, "视图0", "light=green") == 303
