"""`rectify registry import|export|template|remove` beside a ledger: nothing is taken away or dropped without a word."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook, load_workbook
from typer.testing import CliRunner, Result

from streams.cli.terminal.root import app
from streams.ledger import open_ledger
from tests.support.processors import ProcessorOnLedger, StillClock

CONTACT = {"name": "李值守", "email": "li@kjj.gov.cn", "phone": "13800000001", "role": "duty"}


class Office:
    """A registry of two units and two assets, and the command line beside it, without a broker."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        self._settings = {"RECTIFY_DATABASE_URL": database, "RECTIFY_BROKER": "127.0.0.1:1"}

    async def typed(self, *words: str) -> Result:
        """What a command says."""
        return await asyncio.to_thread(CliRunner(env=self._settings).invoke, app, words)

    async def looked_at(self, name: str, *words: str) -> Any:
        """What a dry run says of a file, as a document."""
        told = await self.typed("registry", "import", str(self.folder / name), "--dry-run", "--json", *words)
        assert told.exit_code == 0, told.output
        return json.loads(told.stdout)

    def file(self, name: str, text: str) -> str:
        """A file of this text."""
        (self.folder / name).write_text(text, encoding="utf-8")
        return name

    def workbook(self, name: str, **sheets: list[list[str]]) -> str:
        """A workbook with these rows."""
        book = Workbook()
        book.remove(book.worksheets[0])
        for title, rows in sheets.items():
            sheet = book.create_sheet(title)
            for row in rows:
                sheet.append(row)
        book.save(self.folder / name)
        return name


@pytest.fixture
async def office(tmp_path: Path, sqlite_database: str) -> Office:
    """See `Office`."""
    ledger = await open_ledger(sqlite_database, owner="test")
    processor = ProcessorOnLedger(ledger, StillClock("2026-03-02 10:05"))
    await processor.register("unit:zwgk", unit_id="zwgk", name="市政务公开办", contacts=[{**CONTACT, "role": "head"}])
    await processor.register(
        "unit:kjj",
        unit_id="kjj",
        name="市科技局",
        supervisor_id="zwgk",
        region="咸宁",
        contacts=[CONTACT],
        groups=["科技群"],
    )
    await processor.register(
        "asset:kjj-site", asset_id="kjj-site", name="市科技局门户网站", kind="website", unit_id="kjj",
        **{"class": "service"}, url="https://kjj.gov.cn/", icp="鄂ICP备1号",
    )  # fmt: skip
    await processor.register(
        "asset:kjj-wx", asset_id="kjj-wx", name="科技咸宁", kind="account", platform="wechat", unit_id="kjj"
    )
    await processor.register(
        "guarded:lianghui", name="两会", **{"from": "2026-03-03", "to": "2026-03-12"}, regions=["咸宁"]
    )
    await processor.register("producer:crawler", source="crawler", name="爬虫", checks=["link.dead"])
    await processor.send({"asset_id": "kjj-site", "check": "link.dead", "observed_at": "2026-03-02T10:00:00+08:00"})
    await ledger.close()
    return Office(tmp_path, sqlite_database)


async def test_a_column_that_is_missing_takes_owners_away_only_when_asked(office: Office) -> None:
    """The record of a table replaces the whole one: it is said who loses what, and nothing goes out without a yes."""
    name = office.file("wipe.csv", "资产编号,名称,类型\nkjj-site,市科技局门户网站,网站\nnew,新站,网站\n")
    told = await office.looked_at(name, "--kind", "asset")
    assert told["changes"] == {"asset": {"new": 1, "changed": 1, "unchanged": 0}}
    assert told["ownerless"] == [{"key": "asset:kjj-site", "what": "市科技局门户网站"}]
    assert told["without"] == [{"key": "asset:new", "what": "新站"}]
    refused = await office.typed("registry", "import", str(office.folder / name), "--kind", "asset")
    assert refused.exit_code == 1
    assert "失去主办单位 · lose their unit（1）：asset:kjj-site 市科技局门户网站" in refused.stderr
    assert "--yes" in refused.stderr


async def test_a_last_address_that_goes_is_asked_for(office: Office) -> None:
    """A unit without a contact can be told nothing."""
    told = await office.looked_at(office.file("u.yaml", "units:\n- {unit_id: kjj, name: 市科技局}\n"))
    assert told["unreachable"] == [{"key": "unit:kjj", "what": "市科技局"}]


async def test_the_words_that_people_write_are_understood(office: Office) -> None:
    """Unit names for ids, the number of the national register for the asset's id, sheets by what they hold."""
    name = office.workbook(
        "名录.xlsx",
        网站=[["网站标识码", "网站名称", "类型", "单位"], ["4212000001", "市教育局网站", "网站", "市科技局"]],
        新媒体=[["编号", "账号名称", "类型", "责任单位"], ["kjj-wx", "科技咸宁", "新媒体", "市科技局"]],
    )
    told = await office.looked_at(name)
    assert told["changes"] == {"asset": {"new": 1, "changed": 1, "unchanged": 0}}  # the account loses its platform
    assert told["dangling"] == told["without"] == told["ownerless"] == told["passed_over"] == []


async def test_what_is_not_understood_is_said(office: Office) -> None:
    """Unknown sheets and columns with what is like them, and units that nobody has registered."""
    name = office.workbook(
        "名录.xlsx",
        资产=[["资产编号", "名称", "类型", "单位编码号", "备注"], ["a", "甲", "网站", "kjj", "x"]],
        网站和账号=[["资产编号"], ["b"]],
    )
    told = await office.looked_at(name)
    assert "工作表 网站和账号 未读取" in told["passed_over"][0]
    assert any("资产的列 单位编码号（1 行）不认识，仅原样保存；是否 单位编码？" in said for said in told["passed_over"])
    assert told["without"] == [{"key": "asset:a", "what": "甲"}]
    text = "units:\n- {unit_id: x, name: 新, supervisor_id: nosuch, contacts: [{name: 甲, phone: '13800000002'}]}\n"
    told = await office.looked_at(office.file("d.yaml", text))
    assert told["dangling"] == [{"key": "unit:x", "what": "supervisor_id: nosuch"}]


@pytest.mark.parametrize("name", ["all.yaml", "all.xlsx"])
async def test_what_goes_out_comes_in_the_same(office: Office, name: str) -> None:
    """An export imported again changes nothing; an existing file is not overwritten."""
    out = str(office.folder / name)
    assert (await office.typed("registry", "export", out)).exit_code == 0
    told = await office.looked_at(name)
    kinds = {"unit": 2, "asset": 2, "guarded": 1} | ({"producer": 1} if name.endswith("yaml") else {})
    assert told["changes"] == {kind: {"new": 0, "changed": 0, "unchanged": many} for kind, many in kinds.items()}
    again = await office.typed("registry", "export", out)
    assert (again.exit_code, "文件已存在" in again.stderr) == (1, True)


@pytest.mark.parametrize(("kind", "many"), [("unit", 2), ("asset", 2)])
async def test_a_table_of_one_kind(office: Office, kind: str, many: int) -> None:
    """CSV too: the contacts of a unit stand in columns of their own."""
    assert (await office.typed("registry", "export", str(office.folder / "t.csv"), "--kind", kind)).exit_code == 0
    told = await office.looked_at("t.csv", "--kind", kind)
    assert told["changes"] == {kind: {"new": 0, "changed": 0, "unchanged": many}}


async def test_the_template_is_read_as_it_is_filled_in(office: Office) -> None:
    """Its headers are all known, its explanation is passed over in silence."""
    path = office.folder / "空白.xlsx"
    assert (await office.typed("registry", "template", str(path))).exit_code == 0
    book = load_workbook(path)
    assert book.sheetnames == ["说明", "单位", "联系人", "资产", "重要保障期"]
    book["单位"].append(["jyj", "市教育局", "市政务公开办"])
    book["联系人"].append(["jyj", "王某", "wang@jyj.gov.cn", "13800000003", "负责人", "邮件、短信"])
    book["资产"].append(["jyj-site", "市教育局网站", "网站", None, "市教育局"])
    book.save(path)
    told = await office.looked_at("空白.xlsx")
    assert told["changes"] == {kind: {"new": 1, "changed": 0, "unchanged": 0} for kind in ("unit", "asset")}
    assert told["passed_over"] == told["dangling"] == told["without"] == []


async def test_removing_says_what_it_leaves_behind(office: Office) -> None:
    """How many tickets are open, and not without a yes; what is not registered is named."""
    told = await office.typed("registry", "remove", "asset:kjj-site", "unit:kjj")
    assert told.exit_code == 1
    assert "asset:kjj-site：在办整改单 1 件" in told.stdout
    assert "unit:kjj：在办整改单 1 件" in told.stdout
    assert "--yes" in told.stderr
    unknown = await office.typed("registry", "remove", "asset:nosuch", "--yes")
    assert (unknown.exit_code, "未登记 · not registered: asset:nosuch" in unknown.stderr) == (1, True)
    assert (await office.typed("registry", "remove", "kjj-site")).exit_code == 2


async def test_without_a_database_it_says_that_it_cannot_compare(tmp_path: Path) -> None:
    """A machine that reaches Kafka alone: published only with a yes."""
    office = Office(tmp_path, f"sqlite:///{tmp_path / 'none.db'}")
    name = office.file("u.yaml", "assets:\n- {asset_id: a, name: 甲, kind: website, unit_id: u}\n")
    told = await office.looked_at(name)
    assert told["not_compared"]
    assert told["dangling"] == []
    refused = await office.typed("registry", "import", str(tmp_path / name))
    assert (refused.exit_code, "未能与现有名录比较" in refused.stderr) == (1, True)
