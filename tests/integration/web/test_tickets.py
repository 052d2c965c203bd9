"""The ledger 台账 in a browser: what is listed, one ticket and what is done about it; on both databases."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from streams.ledger import Ledger
from streams.services.viewers import Role
from streams.store.store import Upload
from tests.support.officials import Official, official
from tests.support.pages import Pages, pages_on

TICKETS = re.compile(r'<tr role="row" data-ticket="([^"]+)"')
NEXT = re.compile(r'rel="next" href="([^"]+)"')


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on a ledger with units, and a site of one of them."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


def listed(html: str) -> list[str]:
    """The tickets of a page, in its order."""
    return TICKETS.findall(html)


async def numbers(pages: Pages, *checks: str) -> list[str]:
    """The numbers of new tickets, one for each check."""
    known = set(pages.desk.tickets())
    await pages.open_tickets(*checks)
    return [one["ticket_id"] for one in pages.desk.tickets().values() if one["ticket_id"] not in known]


async def test_the_list_is_what_the_address_asks_for(pages: Pages) -> None:
    """Filters, their chips, the count, the empty list that says what to do; what cannot be understood is said."""
    await numbers(pages, "link.dead", "text.typo", "wording.serious")
    someone = await official(pages, "supervisor", "gov")
    page = (await someone.get("/tickets")).text
    every = listed(page)
    assert len(every) == 3
    assert 'data-total="3"' in page
    for query, many in {
        "status=acknowledged": 0, "check=死链": 1, "severity=critical": 1, "light=red": 0, "unit=kjj": 3, "unit=gov": 0,
        "unit=gov&sub=1": 3, "q=科技": 3, "q=3301": 3, f"q={every[0]}": 1, "q=教育": 0, "platform=wechat": 0,
        "kind=website": 3, "decide=1": 0, "due_to=2020-01-01": 0, "sort=opened&limit=1": 1, "asset=kjj-site": 3,
        "sort=closed": 0, "q=%25": 0,
    }.items():  # fmt: skip
        answer = await someone.client.get(f"/tickets?{query}")
        assert (answer.status_code, len(listed(answer.text))) == (200, many), query
        assert many or "没有符合条件的整改单" in answer.text
    page = (await someone.client.get("/tickets?unit=kjj&status=open&q=科技")).text
    assert "单位：市科技局" in page
    assert "状态：待签收" in page
    assert 'href="./tickets?status=open&amp;q=%E7%A7%91%E6%8A%80"' in page
    for query, sentence in {
        "colour=red": "没有“colour”这个条件",
        "after=x": "请从第一页看起",
        "light=x": "red（逾期）",
    }.items():
        answer = await someone.client.get(f"/tickets?{query}")
        assert answer.status_code == 422
        assert sentence in answer.text
        assert 'role="alert"' in answer.text


async def test_page_after_page(pages: Pages) -> None:
    """The links lead through all of them and keep the filters; the terminal's order is the same."""
    await numbers(pages, "link.dead", "text.typo", "wording.serious", "function.broken", "content.misplaced")
    someone = await official(pages, "reader")
    whole = listed((await someone.get("/tickets")).text)
    found: list[str] = []
    address = "/tickets?unit=kjj&limit=2"
    for _ in range(9):
        page = (await someone.client.get(address)).text
        found += listed(page)
        link = NEXT.search(page)
        if link is None:
            break
        assert "unit=kjj" in link[1]
        address = "/" + link[1].removeprefix("./").replace("&amp;", "&")
    assert found == whole
    assert "上一页" in page


async def test_the_workbook_is_exactly_this_list(pages: Pages) -> None:
    """Its rows in its order; what looks like a formula is text; it is kept who has taken it away."""
    hostile = '=cmd|"/c calc"!A1'
    await pages.find(
        {"check": "link.dead", "locator": "https://kjj.gov.cn/1", "title": hostile},
        {"check": "text.typo", "locator": "https://kjj.gov.cn/2", "title": "错别字\x07"},
    )
    someone = await official(pages, "handler", "kjj")
    answer = await someone.get("/tickets/export.xlsx", check="link.dead,text.typo", sort="opened")
    assert answer.headers["content-disposition"] == 'attachment; filename="tickets.xlsx"'
    sheet = load_workbook(BytesIO(answer.content)).worksheets[0]
    head, *rows = sheet.iter_rows()
    named = [cell.value for cell in head]
    assert named[:3] == ["序号", "灯", "编号"]
    page = (await someone.get("/tickets", sort="opened")).text
    assert [row[2].value for row in rows] == listed(page)
    wrong = {row[named.index("问题描述")].value for row in rows}
    assert hostile in wrong
    assert {cell.data_type for row in rows for cell in row if cell.value is not None} == {"s"}
    few = await someone.get("/tickets/export.xlsx", columns="ticket,basis")
    assert [cell.value for cell in load_workbook(BytesIO(few.content)).worksheets[0][1]] == ["序号", "编号", "依据"]


async def test_whose_letters_did_not_arrive(pages: Pages) -> None:
    """A column of the list says how many notices about a ticket nobody has got."""
    pages.installation.unknown.add("li@kjj.gov.cn")
    (number,) = await numbers(pages, "link.dead")
    someone = await official(pages, "reader")
    page = (await someone.get("/tickets", columns="ticket,undelivered")).text
    cell = page.partition(f'data-ticket="{number}"')[2].partition("</tr>")[0]
    assert "<div>1 条</div>" in cell


async def test_of_another_unit_nothing_is_seen(pages: Pages) -> None:
    """Two viewers of different units: lists, counts, numbers, names, workbooks, tickets, files, forms."""
    (number,) = await numbers(pages, "link.dead")
    upload = Upload(number, "a" * 64, "link:x", "a.png", "image/png", 3, pages.premises.now().at)
    await pages.premises.store.add_uploads([upload])
    other = await official(pages, "supervisor", "jyj")
    for query in ("", "unit=kjj", f"q={number}", "q=科技", "asset=kjj-site", "status=open&sort=opened", "sort=closed"):
        page = (await other.client.get(f"/tickets?{query}")).text
        for asked in (f"q={number}", f"q%3D{number}", f'value="{number}"', f"：{number}"):  # what the viewer has typed
            page = page.replace(asked, "")
        assert number not in page
        assert 'data-total="1"' not in page
    book = load_workbook(BytesIO((await other.get("/tickets/export.xlsx")).content)).worksheets[0]
    assert book.max_row == 1
    paths = ("", f"/files/{'a' * 64}", "/acts/extend", "/acts/note")
    for path in paths:
        theirs, none = await other.get(f"/tickets/{number}{path}"), await other.get(f"/tickets/ZG000000-0{path}")
        assert (theirs.status_code, theirs.content, theirs.headers) == (404, none.content, none.headers)
    theirs = await other.post(f"/tickets/{number}/acts/note", text="看不到")
    none = await other.post("/tickets/ZG000000-0/acts/note", text="看不到")
    assert (theirs.status_code, theirs.content) == (404, none.content)
    assert pages.commands.published == []


async def test_all_of_a_ticket(pages: Pages) -> None:
    """What the terminal tells: facts, problems, evidence, story, who was told and why; and what can be done now."""
    (number,) = await numbers(pages, "link.dead")
    page = (await (await official(pages, "supervisor", "gov")).get(f"/tickets/{number}")).text
    for words in (
        "第1个问题",
        "首次检出",
        "指纹",
        "通知：",
        "李值守",
        "为什么是这个时限",
        "逐日计算",
        "时限自立单起计算",
    ):
        assert words in page, words
    assert "li@kjj.gov.cn" not in page
    assert f'href="../tickets/{number}/acts/extend"' in page
    assert "<b>审核通过</b>：尚未反馈整改。" in page
    reader = (await (await official(pages, "reader")).get(f"/tickets/{number}")).text
    assert "/acts/" not in reader
    assert "本账号只能查看。" in reader
    handler = (await (await official(pages, "handler", "kjj")).get(f"/tickets/{number}")).text
    assert f"/tickets/{number}/acts/ask?kind=extension" in handler
    assert "<b>延期</b>：" in handler


async def test_a_ticket_on_paper(pages: Pages) -> None:
    """整改通知单 and 督办单: the facts of the ticket, and room to write; of another unit nothing."""
    (number,) = await numbers(pages, "link.dead")
    someone = await official(pages, "supervisor", "gov")
    notice = (await someone.get(f"/tickets/{number}/print")).text
    for words in ("<h1>整改通知单</h1>", number, "市科技局", "3301000001", "第1个问题", "签收（姓名、时间）", "盖章"):
        assert words in notice, words
    slip = (await someone.get(f"/tickets/{number}/print", form="supervision")).text
    for words in ("<h1>督办单</h1>", "承办单位", "0 次", "领导批示"):
        assert words in slip, words
    assert (await (await official(pages, "reader", "jyj")).get(f"/tickets/{number}/print")).status_code == 404


ACTS: list[tuple[Role, str, str, dict[str, Any], str, str]] = [
    ("handler", "kjj", "acknowledge", {}, "acknowledged", "签收"),
    ("handler", "kjj", "ask", {"kind": "extension", "due_at": "2026-03-31", "reason": "机房搬迁"}, "asked", "申请"),
    ("supervisor", "gov", "refuse_ask", {"ask_id": "", "reason": "时间充足"}, "ask_refused", "不同意"),
    ("supervisor", "gov", "extend", {"working_days": "2", "reason": "设备更换"}, "extended", "延"),
    ("handler", "kjj", "claim", {"measures": "已更换全部死链", "url": "https://kjj.gov.cn/1"}, "fix_claimed", "整改"),
    ("supervisor", "gov", "send_back", {"reason": "仍有一条"}, "sent_back", "退回"),
    ("handler", "kjj", "note", {"text": "已联系承建公司"}, "noted", "已联系承建公司"),
    ("supervisor", "gov", "waive", {"until": "2026-12-31", "reason": "栏目调整"}, "waived", "报备"),
    ("supervisor", "gov", "reopen", {"reason": "抽查未改"}, "reopened", "重新打开"),
    ("supervisor", "gov", "dismiss", {"reason_code": "false_alarm", "reason": "访问限制"}, "dismissed", "误报"),
    ("supervisor", "gov", "reopen", {"reason": "判断有误"}, "reopened", "重新打开"),
    ("supervisor", "gov", "close", {"reason": "现场核实"}, "closed", "销号"),
    ("supervisor", "gov", "reopen", {"reason": "再查仍在"}, "reopened", "重新打开"),
    ("supervisor", "gov", "reassign", {"unit_id": "jyj"}, "reassigned", "转派"),
]  # fmt: skip


async def test_what_people_do_is_what_the_event_says(pages: Pages) -> None:
    """Each act by its form: the answering event stands in the page's status, the act in the audit."""
    (number,) = await numbers(pages, "link.dead")
    everybody = await official(pages, "admin")
    for role, unit_id, act, fields, kind, words in ACTS:
        someone = await official(pages, role, unit_id, name=f"{role}-{len(pages.commands.published)}")
        form = (
            await someone.get(f"/tickets/{number}/acts/{act}", **({"kind": fields["kind"]} if "kind" in fields else {}))
        ).text
        assert 'name="nonce"' in form.partition("<main")[2], act
        if act == "refuse_ask":
            fields["ask_id"] = pages.desk.events("asked")[-1]["ask_id"]
        answer = await someone.post(f"/tickets/{number}/acts/{act}", **fields)
        assert answer.status_code == 303, (act, answer.text)
        told = await (everybody if act == "reassign" else someone).client.get(
            str(answer.request.url.join(answer.headers["location"]))
        )
        if act != "reassign":  # it is another unit's now, and the admin has not submitted it
            status = told.text.partition('role="status"')[2].partition("</div>")[0]
            assert words in status, (act, status)
        event = pages.desk.events(kind)[-1]
        assert (event["by"], event["via"]) == (someone.name, f"account:{someone.name}")
        pages.forward(minutes=5)


async def test_many_at_once(pages: Pages) -> None:
    """What will happen is said first, by unit; then each has its own command and its own outcome."""
    every = await numbers(pages, "link.dead", "text.typo", "wording.serious")
    someone = await official(pages, "supervisor", "gov")
    page = (await someone.get("/tickets")).text
    assert page.count('<input type="checkbox" name="ticket"') == 3
    await someone.post(f"/tickets/{every[0]}/acts/close", reason="现场核实")
    first = await someone.post("/tickets/bulk", act="extend", ticket=[*every, "ZG000000-0"])
    for words in ("<h1>延期 3 张整改单</h1>", "市科技局：3 张", "整改单已销号：1 张"):
        assert words in first.text, words
    assert len(pages.commands.published) == 1
    fields = {"act": "extend", "confirm": "1", "ticket": ",".join(every)}
    wrong = await someone.post("/tickets/bulk", **fields, working_days="2")
    assert (wrong.status_code, "请填写理由" in wrong.text) == (422, True)
    told = await someone.follow(await someone.post("/tickets/bulk", **fields, working_days="2", reason="统一迁移"))
    assert "已办 2 张，不予受理 1 张" in told.text
    assert {event["ticket_id"] for event in pages.desk.events("extended")} == set(every[1:])
    assert "不选，对全部 2 张" in (await someone.get("/tickets")).text
    all_of = await someone.post("/tickets/bulk", act="waive", all="1", query="unit=kjj&limit=1")
    assert "<h1>报备 2 张整改单</h1>" in all_of.text
    other = await official(pages, "supervisor", "jyj")
    nothing = await other.post("/tickets/bulk", **fields, working_days="2", reason="统一迁移")
    assert (nothing.status_code, "请先在列表中选择整改单" in nothing.text) == (422, True)
    assert (await (await official(pages, "reader")).post("/tickets/bulk", **fields)).status_code == 403
    assert (await someone.get("/tickets/bulk")).status_code == 404
    assert len(pages.commands.published) == 4


WRONG: list[tuple[str, dict[str, Any], int, str]] = [
    ("extend", {"reason": "搬迁"}, 422, "两者选一"),
    ("extend", {"reason": "搬迁", "working_days": "2", "due_at": "2026-04-01"}, 422, "两者选一"),
    ("extend", {"reason": "搬迁", "due_at": "明天"}, 422, "请填写日期"),
    ("extend", {"reason": "", "working_days": "2"}, 422, "请填写理由"),
    ("extend", {"reason": "<script>", "working_days": "٢"}, 422, "正整数"),
    ("extend", {"reason": "长" * 2_001, "working_days": "1"}, 422, "不超过2000个字"),
    ("extend", {"reason": "太久", "working_days": "300"}, 409, "延期"),
    ("reassign", {"unit_id": "nobody"}, 422, "没有找到这个单位"),
    ("approve", {"reason": "好了"}, 409, "尚未反馈整改"),
    ("split", {"reason": "分开"}, 422, "请至少选择一处"),
    ("merge", {"into": "ZG000000-0", "reason": "同因"}, 409, "ZG000000-0"),
]


async def test_what_is_wrong_is_said_and_kept(pages: Pages) -> None:
    """At its field, in a summary, by the event; what was typed stands there, escaped; a form of nobody's is refused."""
    (number,) = await numbers(pages, "link.dead")
    someone = await official(pages, "supervisor", "gov")
    for act, fields, status, words in WRONG:
        answer = await someone.post(f"/tickets/{number}/acts/{act}", **fields)
        assert (answer.status_code, words in answer.text) == (status, True), (act, fields, answer.text)
        assert 'role="alert"' in answer.text
        assert "<script>" not in answer.text.replace("<script type", "")
    pages.commands.broker_is_away = True
    answer = await someone.post(f"/tickets/{number}/acts/note", text="请保留我")
    assert (answer.status_code, "请保留我" in answer.text, "内容尚未提交" in answer.text) == (503, True, True)
    pages.commands.broker_is_away = False
    pages.commands.worker_is_away = True
    told = await someone.follow(await someone.post(f"/tickets/{number}/acts/note", text="请保留我"))
    assert "尚在处理" in told.text
    assert told.headers["refresh"] == "3"
    assert (await someone.post(f"/tickets/{number}/acts/note", text="x", nonce="x")).status_code == 403
    for path in ("acts/unknown", "acts/ask", "acts/ask?kind=x", "files/x"):
        assert (await someone.client.get(f"/tickets/{number}/{path}")).status_code == 404


async def test_a_page_asks_little(pages: Pages, monkeypatch: pytest.MonkeyPatch) -> None:
    """At most six statements of the ledger for a list, whatever it lists."""
    await numbers(pages, "link.dead", "text.typo")
    someone = await official(pages, "supervisor", "gov")
    asked: list[object] = []
    for name in ("read", "glance"):
        real = getattr(Ledger, name)

        async def counted(self: Ledger, *args: Any, real: Any = real, **more: Any) -> Any:
            asked.append(args[0])
            return await real(self, *args, **more)

        monkeypatch.setattr(Ledger, name, counted)
    await someone.get("/tickets")
    for query in ("unit=gov&sub=1", "status=open,closed", "q=科技", "status=open,closed&limit=1"):
        asked.clear()
        listed = await someone.client.get(f"/tickets?{query}")
        assert listed.status_code == 200, query
        assert 0 < len(asked) <= 6, (query, len(asked))


async def test_files_are_attachments(pages: Pages) -> None:
    """What a handler has handed in comes back byte for byte, as an attachment."""
    (number,) = await numbers(pages, "link.dead")
    someone: Official = await official(pages, "handler", "kjj")
    picture = b"\x89PNG\r\n\x1a\n" + bytes(64)
    nonce = pages.premises.nonces.make(someone.digest, pages.premises.now().real)
    answer = await someone.client.post(
        f"/tickets/{number}/acts/claim",
        data={"nonce": nonce, "measures": "已更换全部死链"},
        files={"files": ("整改后.png", picture, "image/png")},
    )
    assert answer.status_code == 303, answer.text
    (event,) = pages.desk.events("fix_claimed")
    (kept,) = event["evidence"]["files"]
    page = (await someone.get(f"/tickets/{number}")).text
    assert f"/files/{kept['sha256']}" in page
    file = await someone.get(f"/tickets/{number}/files/{kept['sha256']}")
    assert file.content == picture
    assert file.headers["content-disposition"].startswith("attachment")
    assert file.headers["x-content-type-options"] == "nosniff"
    assert "附件 1 个" in (await someone.get("/tickets")).text
