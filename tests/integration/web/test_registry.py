"""The registry 名录 in a browser: what is shown of it to whom, and a record changed; on both databases."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from streams.store.audit import AuditFilter
from tests.support.officials import Official, official
from tests.support.pages import CONTACT, Pages, pages_on

pytestmark = pytest.mark.on_sqlite("what pages publish: the database hardly shows, but for what is on both")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
COUNTED = re.compile(r'<a (?:class="[^"]*" )?href="([^"]+)" data-count="(\d+)"')
ODD = "市直/机关?a=1&b=\"><script>alert(1)</script>#'"


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on a ledger with an office, two bureaus, and a site of one of them."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


async def form_of(someone: Official, **query: str) -> dict[str, str]:
    """What the form of a record holds that nobody sees."""
    answer = await someone.get("/registry/edit", **query)
    assert answer.status_code == 200, answer.text
    return {name: unescape(value) for name, value in HIDDEN.findall(answer.text)}


async def edit(someone: Official, query: dict[str, str], **typed: Any) -> Any:
    """The form as it is shown, filled in and submitted."""
    return await someone.post("/registry/edit", **{**await form_of(someone, **query), **typed})


UNIT = {"name": "市科技局", "supervisor_id": "gov"}
SITE = {
    "name": "市科技局门户网站",
    "kind": "website",
    "unit_id": "kjj",
    "url": "https://kjj.gov.cn/",
    "code": "3301000001",
}


@pytest.mark.on_both
async def test_every_number_leads_to_its_rows(pages: Pages) -> None:
    """Open, overdue and assets of the tree, of a unit, of the list of assets and of an asset: each as many rows."""
    await pages.desk.register(
        "asset:kjj-wx", asset_id="kjj-wx", name="科技之窗", kind="account", platform="wechat", unit_id="kjj"
    )
    await pages.open_tickets("link.dead", "text.typo", "wording.serious")
    await pages.installation.until("2026-03-10 10:00")
    pages.installation.clock.real = pages.installation.clock.at
    (ticket, *_) = pages.desk.tickets().values()  # what waits for a recheck is not shown as overdue
    await pages.installation.command("claim_fix", ticket, measures="已经全部改正")
    someone = await official(pages, "reader")
    followed = 0
    for path in (
        "/registry/units",
        "/registry/unit?id=kjj",
        "/registry/unit?id=gov",
        "/registry/assets",
        "/registry/asset?id=kjj-site",
    ):
        answer = await someone.client.get(path)
        assert answer.status_code == 200, answer.text
        for address, count in COUNTED.findall(answer.text):
            rows = (await someone.client.get(answer.request.url.join(unescape(address)))).text
            assert re.search(r'data-total="(\d+)"', rows)[1] == count, (path, address)  # type: ignore[index]
            followed += 1
    assert followed == 20
    assert "逾期 2" in (await someone.get("/registry/unit", id="gov")).text


async def test_of_another_unit_nothing_is_seen(pages: Pages) -> None:
    """Units, assets, producers, searches, forms and what is submitted; ids that are hostile are ids."""
    await pages.desk.register(f"unit:{ODD}", unit_id=ODD, name="<b>怪单位</b>", supervisor_id="jyj")
    await pages.desk.register("producer:crawler", source="crawler", name="市平台", unit_id="kjj")
    await pages.desk.register("asset:lost", asset_id="lost", name="无主网站", kind="website")
    other = await official(pages, "registrar", "jyj")
    looks: list[tuple[str, dict[str, str]]] = [
        ("units", {}),
        ("units", {"q": "科技"}),
        ("assets", {}),
        ("assets", {"q": "科技"}),
        ("assets", {"unit": "kjj"}),
        ("assets", {"registered": "1"}),
        ("producers", {}),
    ]
    for path, fields in looks:
        seen = (await other.get(f"/registry/{path}", **fields)).text
        for words in ("市科技局", "kjj-site", "无主网站", "市平台"):
            assert words not in seen, (path, fields)
    theirs: list[tuple[str, str, dict[str, str]]] = [
        ("unit", "id", {"id": "kjj"}),
        ("asset", "id", {"id": "kjj-site"}),
        ("asset", "id", {"id": "lost"}),
        ("units", "unit", {"unit": "kjj"}),
        ("edit", "id", {"record": "unit", "id": "kjj"}),
        ("edit", "id", {"record": "contact", "id": "kjj", "contact": "0"}),
        ("edit", "id", {"record": "asset", "id": "kjj-site"}),
    ]
    for path, name, fields in theirs:
        found = await other.get(f"/registry/{path}", **fields)
        none = await other.get(f"/registry/{path}", **{**fields, name: "nobody"})
        assert (found.status_code, found.content) == (404, none.content), (path, fields)
    for kind, record_id in (("unit", "kjj"), ("asset", "kjj-site"), ("contact", "kjj")):
        answer = await other.post("/registry/edit", record=kind, id=record_id, contact="new", name="x", digest="")
        assert answer.status_code == 404
    page = await other.get("/registry/unit", id=ODD)
    assert page.status_code == 200
    assert "<script>alert" not in page.text
    assert "&lt;b&gt;怪单位" in page.text
    (link,) = re.findall(r'href="([^"]*registry/unit\?[^"]*)"', (await other.get("/registry/units", q="怪")).text)
    again = await other.client.get(f"http://pages.test/{unescape(link).removeprefix('../')}")
    assert "&lt;b&gt;怪单位" in again.text
    answer = await edit(other, {"record": "unit", "id": ODD}, name="新名称", supervisor_id="jyj")
    assert "新名称" in (await other.follow(answer)).text
    assert pages.registering.published == [(f"unit:{ODD}", {"unit_id": ODD, "name": "新名称", "supervisor_id": "jyj"})]


async def test_the_tree_of_many_and_of_a_circle(pages: Pages) -> None:
    """Nobody is missing: units without a known supervisor stand at the top, a circle is said, much is folded."""
    await pages.desk.register("unit:a", unit_id="a", name="甲局", supervisor_id="b")
    await pages.desk.register("unit:b", unit_id="b", name="乙局", supervisor_id="a")
    await pages.desk.register("unit:c", unit_id="c", name="丙局", supervisor_id="unknown")
    for number in range(7):
        await pages.desk.register(
            f"unit:d{number}",
            unit_id=f"d{number}",
            name=f"{number}级",
            supervisor_id=f"d{number - 1}" if number else "jyj",
        )
    someone = await official(pages, "reader")
    page = (await someone.get("/registry/units")).text
    shown = re.findall(r'<li data-row="(\w+)"', page)
    assert sorted(shown) == ["a", "b", "c", "d0", "d1", "d2", "d3", "d4", "gov", "jyj", "kjj"]
    assert page.count("主管关系成环") == 1
    assert 'registry/units?unit=d4">下属 1 个单位' in page
    assert re.findall(r'<li data-row="(\w+)"', (await someone.get("/registry/units", unit="d4")).text) == [
        "d4",
        "d5",
        "d6",
    ]


async def test_whether_people_can_be_reached(pages: Pages) -> None:
    """The last message to a contact and what became of it; addresses are whole for those alone who may change them."""
    await pages.open_tickets("link.dead")
    await pages.installation.until("2026-03-02 12:00")
    registrar, reader = await official(pages, "registrar"), await official(pages, "reader")
    page = (await registrar.get("/registry/unit", id="kjj")).text
    assert "li@kjj.gov.cn" in page
    assert re.search(r"最近一次 2026-03-02 \d\d:\d\d 已发出", page)
    page = (await reader.get("/registry/unit", id="kjj")).text
    assert "li@kjj.gov.cn" not in page
    assert "l***@kjj.gov.cn" in page
    assert "registry/edit" not in page
    async with pages.installation.ledger.transaction() as tx:
        await tx._session.run("update notices set state = 'undelivered', code = '550'")
    assert '<span class="light red">最近一次 ' in (await reader.get("/registry/unit", id="kjj")).text
    assert "未送达（550）" in (await reader.get("/registry/unit", id="kjj")).text
    assert "没有联系人" in (await reader.get("/registry/unit", id="gov")).text


async def test_a_record_is_changed(pages: Pages) -> None:
    """Unit, contact and asset, new and old: the whole record is published, and the page says what became of it."""
    await pages.desk.register(
        "unit:kjj", unit_id="kjj", name="市科技局", supervisor_id="gov", contacts=[CONTACT], 内部编号="7"
    )
    someone = await official(pages, "registrar", "gov")
    answer = await edit(
        someone,
        {"record": "unit", "id": "kjj"},
        name="市科技局（新）",
        supervisor_id="gov",
        groups="甲群、乙群",
        letterhead_name="科技局办公室",
    )
    page = await someone.follow(answer)
    assert "已保存，工作节点已采用。" in page.text
    assert "市科技局（新）" in page.text
    kept = {"unit_id": "kjj", "supervisor_id": "gov", "内部编号": "7"}
    unit = {
        **kept,
        "name": "市科技局（新）",
        "groups": ["甲群", "乙群"],
        "letterhead": {"name": "科技局办公室"},
        "contacts": [CONTACT],
    }
    assert pages.registering.published.pop() == ("unit:kjj", unit)
    new = {"name": "王负责", "role": "head", "phone": "138 0000 1111", "channels": "sms"}
    assert (await edit(someone, {"record": "contact", "id": "kjj"}, **new)).status_code == 303
    (_, unit) = pages.registering.published.pop()
    assert unit["contacts"] == [
        CONTACT,
        {"name": "王负责", "role": "head", "phone": "13800001111", "channels": ["sms"]},
    ]
    assert (
        await edit(
            someone,
            {"record": "contact", "id": "kjj", "contact": "0"},
            name="李值守",
            role="duty",
            email="new@kjj.gov.cn",
        )
    ).status_code == 303
    assert (await edit(someone, {"record": "contact", "id": "kjj", "contact": "1"}, remove="1")).status_code == 303
    (_, unit) = pages.registering.published.pop()
    assert unit["contacts"] == [{"name": "李值守", "role": "duty", "email": "new@kjj.gov.cn"}]
    answer = await edit(
        someone,
        {"record": "asset", "unit": "kjj"},
        asset_id="kjj-wx",
        **{**SITE, "kind": "account", "platform": "微信", "class": "service"},
    )
    assert "kjj-wx" in (await someone.follow(answer)).text
    (_, asset) = pages.registering.published.pop()
    assert (asset["asset_id"], asset["platform"], asset["class"]) == ("kjj-wx", "wechat", "service")
    entries = (await pages.premises.store.audit.find(AuditFilter(kind="register"), "", 9)).entries.values()
    assert {(one.account, one.about, one.result) for one in entries} == {
        ("registrar-gov", about, "done") for about in ("unit:kjj", "asset:kjj-wx")
    }


WRONG: list[tuple[dict[str, str], dict[str, str], str]] = [
    ({"record": "unit", "id": "kjj"}, {**UNIT, "name": ""}, "请填写单位名称"),
    ({"record": "unit", "id": "kjj"}, {**UNIT, "name": "长" * 201}, "单位名称不超过200个字"),
    ({"record": "unit", "id": "kjj"}, {**UNIT, "supervisor_id": "kjj"}, "主管单位不能是本单位或其下级单位"),
    ({"record": "unit", "id": "kjj"}, {**UNIT, "supervisor_id": "jyj"}, "不在您的单位范围内"),
    ({"record": "unit", "id": "kjj"}, {**UNIT, "replaced_by": "kjj"}, "不能并入本单位"),
    ({"record": "unit", "id": "kjj"}, {**UNIT, "letterhead_phone": "0571"}, "请填写落款单位"),
    ({"record": "unit", "id": "kjj"}, UNIT, "没有改动。"),
    ({"record": "unit"}, {"unit_id": "kjj", "name": "重复", "supervisor_id": "gov"}, "这个编号已登记"),
    ({"record": "unit"}, {"unit_id": "new", "name": "无主管"}, "请选择您的单位或其下级单位"),
    ({"record": "contact", "id": "kjj"}, {"name": "王", "role": "duty", "email": "no address"}, "邮箱格式不正确"),
    ({"record": "contact", "id": "kjj"}, {"name": "王", "role": "duty", "phone": "12"}, "手机号码格式不正确"),
    ({"record": "contact", "id": "kjj"}, {"name": "王", "role": "boss"}, "请从列表中选择"),
    ({"record": "contact", "id": "kjj", "contact": "0"}, {"remove": "1"}, "没有任何联系方式"),
    ({"record": "asset", "id": "kjj-site"}, {**SITE, "unit_id": ""}, "请选择您的单位或其下级单位"),
    ({"record": "asset", "id": "kjj-site"}, {**SITE, "url": "javascript:alert(1)"}, "网址以 http:// 或 https:// 开头"),
    ({"record": "asset", "id": "kjj-site"}, {**SITE, "removed_at": "yesterday"}, "请填写日期"),
    ({"record": "asset", "id": "kjj-site"}, {**SITE, "kind": "=cmd"}, "请从列表中选择"),
]


async def test_what_is_wrong_is_said_at_its_field(pages: Pages) -> None:
    """A sentence, what was typed, and nothing published."""
    someone = await official(pages, "registrar", "gov")
    for query, typed, words in WRONG:
        answer = await edit(someone, query, **typed)
        assert (answer.status_code, words in answer.text) == (422, True), (query, typed, answer.text)
        assert 'role="alert"' in answer.text
    for query in (
        {"record": "x"},
        {"record": "contact"},
        {"record": "contact", "id": "kjj", "contact": "9"},
        {"record": "contact", "id": "kjj", "contact": "-1"},
    ):
        assert (await someone.get("/registry/edit", **query)).status_code == 404
    assert pages.registering.published == []


async def test_whoever_loses_something_is_said_first(pages: Pages) -> None:
    """A unit that nobody could be told of, an asset without a unit: only with a second yes."""
    someone = await official(pages, "registrar")
    for query, typed in (
        ({"record": "contact", "id": "kjj", "contact": "0"}, {"remove": "1"}),
        ({"record": "asset", "id": "kjj-site"}, {**SITE, "unit_id": ""}),
    ):
        answer = await edit(someone, query, **typed)
        assert (answer.status_code, 'name="sure"' in answer.text) == (422, True)
        assert (await edit(someone, query, **typed, sure="1")).status_code == 303


@pytest.mark.on_both
async def test_somebody_else_was_quicker(pages: Pages) -> None:
    """A form of what is no longer so is refused with what has changed; nobody's change is lost, no other is hit."""
    one, two = await official(pages, "registrar", "gov"), await official(pages, "registrar")
    query = {"record": "unit", "id": "kjj"}
    first, second = await form_of(one, **query), await form_of(two, **query)
    assert (await one.post("/registry/edit", **first, **{**UNIT, "name": "甲改的"})).status_code == 303
    answer = await two.post("/registry/edit", **second, **{**UNIT, "region": "乙改的"})
    assert (answer.status_code, "市科技局 → <b>甲改的</b>" in answer.text, "乙改的" in answer.text) == (409, True, True)
    assert 'name="name" type="text" value="甲改的"' in answer.text  # who left it as it was does not take it back
    again = {name: unescape(value) for name, value in HIDDEN.findall(answer.text)}
    assert (
        await two.post("/registry/edit", **again, name="甲改的", supervisor_id="gov", region="乙改的")
    ).status_code == 303
    assert pages.registering.published.pop()[1] == {
        "unit_id": "kjj",
        "name": "甲改的",
        "supervisor_id": "gov",
        "region": "乙改的",
        "contacts": [CONTACT],
    }
    # The contact whose form is open has moved to another place: its neighbour is not overwritten.
    first = await form_of(one, record="contact", id="kjj", contact="0")
    await pages.desk.register(
        "unit:kjj",
        unit_id="kjj",
        name="x",
        supervisor_id="gov",
        contacts=[{"name": "新人", "email": "a@b.cn"}, CONTACT],
    )
    typed = {"name": "李值守", "role": "duty", "email": "li2@kjj.gov.cn"}
    answer = await one.post("/registry/edit", **first, **typed)
    assert (answer.status_code, 'name="contact" value="1"' in answer.text) == (409, True)
    # Two at the same moment, before any worker has it.
    pages.registering.worker_is_away = True
    first, second = await form_of(one, **query), await form_of(two, **query)
    told = await one.follow(await one.post("/registry/edit", **first, **{**UNIT, "name": "同时甲"}))
    assert ("尚在处理" in told.text, told.headers["refresh"]) == (True, "3")
    answer = await two.post("/registry/edit", **second, **{**UNIT, "name": "同时乙"})
    assert (answer.status_code, "registrar-gov刚刚提交了" in answer.text) == (409, True)
    await pages.registering.work()
    assert "已保存" in (await one.client.get(told.request.url)).text


async def test_the_brokers_are_away(pages: Pages) -> None:
    """503 with what was typed, and the same form once more acts once; a hostile form says nothing wrong."""
    someone = await official(pages, "admin")
    form = await form_of(someone, record="unit", id="kjj")
    typed = {**form, **UNIT, "region": "请保留我"}
    pages.registering.broker_is_away = True
    answer = await someone.post("/registry/edit", **typed)
    assert (answer.status_code, "请保留我" in answer.text, f'value="{form["nonce"]}"' in answer.text) == (
        503,
        True,
        True,
    )
    pages.registering.broker_is_away = False
    for _ in range(2):
        assert (await someone.post("/registry/edit", **typed)).status_code == 303
    assert len(pages.registering.published) == 1
    for was in ("[]", "null", "{", '{"contacts": 3}', '{"unit_id": "kjj", "name": ["x"]}'):
        answer = await someone.post("/registry/edit", **{**form, **UNIT, "name": "y", "was": was})
        assert (answer.status_code, "已被他人修改" in answer.text) == (409, True)
    assert (await someone.post("/registry/edit", nonce="x", record="unit", id="kjj")).status_code == 403
