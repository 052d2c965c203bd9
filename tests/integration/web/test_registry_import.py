"""A registry file taken in on a page: what it would change is shown first, and that alone is published."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from html import unescape
from io import BytesIO
from pathlib import Path

import httpx
import pytest
from openpyxl import load_workbook

from streams.files.registry.waiting import WaitingFiles
from streams.store.audit import AuditFilter
from tests.support.officials import Official, official
from tests.support.pages import CONTACT, Pages, pages_on
from tests.support.registry import workbook

pytestmark = pytest.mark.on_sqlite("what comes before publishing: the database hardly shows, beyond the first test")
HIDDEN = re.compile(r'<input type="hidden" name="(\w+)" value="([^"]*)"')
UNITS = ["单位编号", "单位名称", "主管单位编号", "备注栏"]
PEOPLE = ["单位编号", "姓名", "邮箱"]
ASSETS = ["资产编号", "资产名称", "类型", "单位编号"]
KJJ = ["kjj", "市科技局", "gov", ""]
LI = ["kjj", "李值守", "li@kjj.gov.cn"]

Sheets = dict[str, Sequence[Sequence[str]]]
ALL: Sheets = {
    "单位": [UNITS, ["kjj", "市科技局（新）", "gov", "旧名"], ["new", "新单位", "kjj", ""]],
    "联系人": [PEOPLE, LI, ["new", "新人", "new@kjj.gov.cn"]],
    "资产": [ASSETS, ["new-site", "<b>新网站</b>", "网站", "新单位"]],
    "随手记": [["什么"]],
}


@pytest.fixture
async def pages(database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Pages on a ledger with an office, two bureaus, and a site of one of them."""
    async with pages_on(database, tmp_path) as opened:
        yield opened


async def hand_over(someone: Official, content: bytes, name: str = "名录.xlsx", **fields: str) -> httpx.Response:
    """A file is chosen and sent."""
    nonce = dict(HIDDEN.findall((await someone.get("/registry/import")).text))["nonce"]
    return await someone.client.post(
        "/registry/import", data={"nonce": nonce, **fields}, files={"file": (name, content, "application/octet-stream")}
    )


async def confirm(someone: Official, preview: httpx.Response, **fields: str) -> httpx.Response:
    """The button of what was shown."""
    assert 'name="confirm"' in preview.text, preview.text
    found = {name: unescape(value) for name, value in HIDDEN.findall(preview.text)}
    return await someone.post("/registry/import", **{**found, **fields})


@pytest.mark.on_both
async def test_shown_and_then_published(pages: Pages, tmp_path: Path) -> None:
    """New and changed, field by field, what is not known; published, in force, and forgotten again."""
    content = workbook(tmp_path / "made.xlsx", ALL).read_bytes()
    someone = await official(pages, "registrar", "gov")
    preview = await hand_over(someone, content)
    assert preview.status_code == 200, preview.text
    for words in (
        "单位：新增 1，变更 1，不变 0", "资产：新增 1，变更 0，不变 0", "单位名称：市科技局 → 市科技局（新）",
        "备注栏：（空） → 旧名", "单位的列“备注栏”（1 行）不认识", "工作表 随手记 未读取", "&lt;b&gt;新网站&lt;/b&gt;",
        "发布这 3 条",
    ):  # fmt: skip
        assert words in preview.text, words
    assert pages.registering.published == []
    answer = await confirm(someone, preview)
    told = await someone.follow(answer)
    assert "已发布 3 条，工作节点已采用 3 条。" in told.text
    records = dict(pages.registering.published)
    assert records["unit:kjj"]["contacts"] == [{key: CONTACT[key] for key in ("name", "email")}]
    assert records["asset:new-site"]["unit_id"] == "new"
    assert list((tmp_path / "files" / "imports").iterdir()) == []
    assert "与现有名录完全相同" in (await hand_over(someone, content)).text
    entries = (await pages.premises.store.audit.find(AuditFilter(kind="register"), "", 9)).entries.values()
    assert [(one.about, one.result) for one in entries] == [("import 名录.xlsx", "3")]


async def test_what_is_wrong_is_said_where(pages: Pages, tmp_path: Path) -> None:
    """Place, column and reason of each fault, in words; nothing is published of a file with one."""
    someone = await official(pages, "admin")
    sheets: Sheets = {
        "单位": [UNITS, KJJ, ["kjj", "重复", "", ""], ["", "无编号", "", ""]],
        "联系人": [PEOPLE, ["kjj", "甲", "no address"], ["nobody", "乙", ""]],
        "资产": [ASSETS, ["a", "甲站", "门户", "kjj"]],
    }
    answer = await hand_over(someone, workbook(tmp_path / "made.xlsx", sheets).read_bytes())
    assert answer.status_code == 422
    for fault in (
        "工作表 联系人 第2行|邮箱|邮箱格式不正确",
        "工作表 单位 第4行|单位编号|必填，不能为空",
        "工作表 资产 第2行|类型|请填网站或新媒体",
        "工作表 联系人 第3行|单位编号|单位 nobody 不在单位表中",
    ):
        cells = zip(("位置", "列", "原因"), fault.split("|"), strict=True)
        assert "".join(f'<td data-label="{label}">{text}</td>' for label, text in cells) in answer.text, answer.text
    others: list[tuple[bytes, str, dict[str, str], str]] = [
        (b"", "名录.xlsx", {}, "是空文件"),
        (b"x", "名录.xlsx", {}, "不是完好的 Excel 文件"),
        (b"x", "名录.pdf", {}, "请选择 Excel"),
        (b"unit_id,name\n", "名录.csv", {}, "单位还是资产"),
        (b"unit_id,name\n", "名录.csv", {"kind": "unit"}, "没有任何记录"),
        (b"units: {", "../../x.yaml", {}, "“x.yaml”有 1 处"),
        (b"units: 3", "x.yaml", {}, "应为列表"),
        (b"", "", {}, "请选择文件"),
    ]
    for content, name, fields, words in others:
        answer = await hand_over(someone, content, name, **fields)
        assert (answer.status_code, words in answer.text) == (422, True), (name, answer.text)
        assert 'role="alert"' in answer.text
    assert pages.registering.published == []


async def test_whoever_loses_something_is_said_first(pages: Pages, tmp_path: Path) -> None:
    """A file that takes a unit its last address is published with a second yes alone."""
    someone = await official(pages, "registrar")
    preview = await hand_over(someone, workbook(tmp_path / "made.xlsx", {"单位": [UNITS, KJJ]}).read_bytes())
    assert "失去全部联系方式的单位（1）" in preview.text
    answer = await confirm(someone, preview)
    assert (answer.status_code, pages.registering.published) == (422, [])
    assert (await confirm(someone, preview, sure="1")).status_code == 303


async def test_what_is_published_is_what_was_shown(pages: Pages, tmp_path: Path) -> None:
    """If the registry has changed meanwhile it is shown anew; another's file, an old one, is not to be had."""
    content = workbook(tmp_path / "made.xlsx", {"单位": [UNITS, ["kjj", "甲", "gov", ""]], "联系人": [PEOPLE, LI]})
    someone, other = await official(pages, "registrar"), await official(pages, "admin")
    preview = await hand_over(someone, content.read_bytes())
    await pages.desk.register("unit:kjj", unit_id="kjj", name="乙", supervisor_id="gov", contacts=[CONTACT])
    again = await confirm(someone, preview)
    assert (again.status_code, "单位名称：乙 → 甲" in again.text, pages.registering.published) == (409, True, [])
    found = {name: unescape(value) for name, value in HIDDEN.findall(again.text) if name != "nonce"}
    assert "文件已过期" in (await other.post("/registry/import", **found)).text
    assert "文件已过期" in (await someone.post("/registry/import", **{**found, "file_digest": "../../x"})).text
    pages.registering.broker_is_away = True
    answer = await confirm(someone, again)
    assert (answer.status_code, 'name="confirm"' in answer.text) == (503, True)
    pages.registering.broker_is_away = False
    pages.registering.worker_is_away = True
    told = await someone.follow(await confirm(someone, answer))
    assert ("工作节点已采用 0 条" in told.text, told.headers["refresh"]) == (True, "3")
    WaitingFiles(tmp_path / "files" / "imports").forget(pages.premises.now().real + timedelta(hours=2))
    assert "文件已过期" in (await confirm(someone, answer)).text


FOREIGN: list[tuple[Sheets, str]] = [
    ({"单位": [UNITS, ["jyj", "市教育局", "kjj", ""]]}, "unit:jyj"),  # another's unit
    ({"单位": [UNITS, ["kjj", "市科技局", "jyj", ""]], "联系人": [PEOPLE, LI]}, "unit:kjj"),  # given away
    ({"单位": [UNITS, ["new", "新单位", "", ""]]}, "unit:new"),  # nobody's
    ({"资产": [ASSETS, ["jyj-site", "教育网", "网站", "kjj"]]}, "asset:jyj-site"),  # another's asset
    ({"资产": [ASSETS, ["kjj-site", "科技网", "网站", "jyj"]]}, "asset:kjj-site"),
    ({"资产": [ASSETS, ["x", "无主网站", "网站", ""]]}, "asset:x"),
    ({"重要保障期": [["编号", "名称", "开始", "结束"], ["p", "两会", "2026-03-01", "2026-03-09"]]}, "guarded:p"),
]


async def test_of_ones_own_units_alone(pages: Pages, tmp_path: Path) -> None:
    """A record of another unit is named with its line, and the whole file refused; a new unit below is one's own."""
    await pages.desk.register("asset:jyj-site", asset_id="jyj-site", name="教育网", kind="website", unit_id="jyj")
    someone = await official(pages, "registrar", "gov")
    for sheets, key in FOREIGN:
        answer = await hand_over(someone, workbook(tmp_path / "made.xlsx", sheets).read_bytes())
        assert (answer.status_code, f"第2行：{key}</li>" in answer.text) == (422, True), (key, answer.text)
        assert 'name="confirm"' not in answer.text
    below = [UNITS, ["b", "孙单位", "a", ""], ["a", "子单位", "kjj", ""]]
    answer = await hand_over(someone, workbook(tmp_path / "made.xlsx", {"单位": below}).read_bytes())
    assert (await confirm(someone, answer)).status_code == 303
    assert {key for key, _ in pages.registering.published} == {"unit:a", "unit:b"}


async def test_what_is_exported_is_imported_again(pages: Pages) -> None:
    """The viewer's part alone, with contacts; taken in again it changes nothing, and a formula is text."""
    await pages.desk.register("asset:jyj-site", asset_id="jyj-site", name="教育网", kind="website", unit_id="jyj")
    await pages.desk.register("asset:x", asset_id="x", name="=cmd|'/c calc'!A1", kind="website", unit_id="kjj")
    await pages.desk.register("guarded:p", id="p", name="两会", **{"from": "2026-03-01", "to": "2026-03-09"})
    for unit_id, kinds in (
        ("gov", ("单位：新增 0，变更 0，不变 2", "资产：新增 0，变更 0，不变 2")),
        ("", ("重要保障期：新增 0",)),
    ):
        someone = await official(pages, "registrar", unit_id)
        answer = await someone.get("/registry/export.xlsx")
        assert answer.headers["content-disposition"] == 'attachment; filename="registry.xlsx"'
        cells = [
            cell for sheet in load_workbook(BytesIO(answer.content)) for row in sheet for cell in row if cell.value
        ]
        assert {cell.data_type for cell in cells} == {"s"}
        assert ("教育网" in {cell.value for cell in cells}) == (not unit_id)
        again = await hand_over(someone, answer.content)
        assert "与现有名录完全相同" in again.text, again.text
        assert all(words in again.text for words in kinds), again.text
