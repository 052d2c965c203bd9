"""What everybody did at the desk, as those who administer see it: on both databases."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from streams.services.pages_upkeep import forget_on_pages
from streams.store.audit import AuditEntry, AuditFilter, AuditKind
from tests.support.officials import Official, official
from tests.support.pages import Pages, pages_on


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on an empty ledger."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


def rows(page: httpx.Response) -> list[list[str]]:
    """The cells of the list."""
    assert page.status_code == 200, page.text
    found = re.findall(r'<tr data-row="\w+">(.*?)</tr>', page.text)
    return [re.findall(r"<td[^>]*>(.*?)</td>", row) for row in found]


def total(page: httpx.Response) -> str:
    """What the list says that there are."""
    (found,) = re.findall(r'data-total="([^"]+)"', page.text)
    return str(found)


async def add(pages: Pages, number: int, account: str = "赵敏", **fields: str) -> None:
    """Entries, a minute apart."""
    start = pages.premises.now().real
    kind: AuditKind = "export" if "about" in fields else "logout"
    await pages.premises.store.audit.add(
        *(
            AuditEntry(start + timedelta(minutes=i), account, kind, fields.get("about", f"{i}"), "", "203.0.113.9")
            for i in range(number)
        )
    )


async def every_page(admin: Official, **query: str) -> list[list[str]]:
    """The rows of all pages, as somebody turns them over."""
    found, page = [], await admin.get("/account/audit", **query)
    while True:
        found += rows(page)
        more = re.search(r'href="\.\./account/audit\?([^"]*)">更早', page.text)
        if more is None:
            return found
        page = await admin.client.get(f"/account/audit?{more[1].replace('&amp;', '&')}")


async def test_what_everybody_did(pages: Pages) -> None:
    """Logins and failures with address and time, in words; a name that nobody has is not told: it may be a password."""
    admin = await official(pages, "admin")
    await pages.client.post("/login", data={"name": "my secret password", "password": "x"})
    await pages.client.post("/login", data={"name": admin.name, "password": "<script>"})
    other = await official(pages, "reader", name="王敏")
    pages.forward(seconds=1)
    await other.post("/logout")
    first, *others = rows(await admin.get("/account/audit"))
    assert first[1:] == ["王敏", "退出", "", "", "203.0.113.9"]
    assert re.fullmatch(r"2026-03-02 \d\d:\d\d:\d\d", first[0])
    assert sorted(row[1:] for row in others) == [
        ["admin-all", "登录失败", "", "账号或密码不正确", "203.0.113.9"],
        ["（无此账号）", "登录失败", "", "账号或密码不正确", "203.0.113.9"],
    ]


async def test_filters_and_pages(pages: Pages) -> None:
    """By account, kind and day; turned over, every entry is shown once, also while others are added."""
    admin = await official(pages, "admin")
    await add(pages, 120)
    await add(pages, 3, "王敏", about="tickets?unit=kjj&q=<b>")
    assert len(await every_page(admin)) == 123
    assert total(await admin.get("/account/audit")) == "123"
    assert len(await every_page(admin, account="王敏")) == 3
    (row, *_) = await every_page(admin, kind="export")
    assert row[3] == "tickets?unit=kjj&amp;q=&lt;b&gt;"
    page = await admin.get("/account/audit", kind="logout")
    await add(pages, 5)
    older = re.search(r'href="\.\./account/audit\?([^"]*)">更早', page.text)
    assert older is not None
    seen = {row[3] for row in rows(page)}
    next_page = await admin.client.get(f"/account/audit?{older[1].replace('&amp;', '&')}")
    assert not seen & {row[3] for row in rows(next_page)}
    assert await every_page(admin, **{"from": "2026-03-03"}) == []
    assert len(await every_page(admin, **{"from": "2026-03-02", "to": "2026-03-02"})) == 128
    wrong = await admin.get("/account/audit", **{"from": "yesterday"})
    assert (wrong.status_code, 'href="#audit-from"' in wrong.text) == (422, True)
    assert (await admin.get("/account/audit", after="x", kind="'")).status_code == 200
    await add(pages, 1000)
    assert total(await admin.get("/account/audit")) == "1000+"


async def test_of_ones_own_units(pages: Pages) -> None:
    """Who administers one unit sees what its accounts did, and those of the units below; nothing that is nobody's."""
    await official(pages, "reader", "jyj", "教育")
    await official(pages, "reader", "kjj", "科技")
    for account in ("教育", "科技", "", "cli:root", "zongjian"):
        await add(pages, 1, account)
    gov, kjj = await official(pages, "admin", "gov"), await official(pages, "admin", "kjj")
    assert {row[1] for row in await every_page(gov)} == {"科技"}  # the education bureau is not below it
    assert {row[1] for row in await every_page(kjj)} == {"科技"}
    assert await every_page(kjj, account="教育") == []
    everybody = await every_page(await official(pages, "admin"))
    assert {row[1] for row in everybody} == {"教育", "科技", "（无此账号）", "cli:root", "zongjian"}
    assert (await (await official(pages, "supervisor")).get("/account/audit")).status_code == 403


async def test_kept_for_a_while(pages: Pages) -> None:
    """Older entries are forgotten, younger ones stay."""
    await add(pages, 2)
    now = pages.premises.now().real
    before = now + timedelta(seconds=30)
    done = await forget_on_pages(pages.premises.settings, pages.premises.ledger, pages.premises.now().at, before)
    assert done.audit == 1
    assert (await pages.premises.store.audit.find(AuditFilter(), "", 10)).total == 1
