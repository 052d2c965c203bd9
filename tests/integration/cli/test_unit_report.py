"""整改报告 of a unit: the same from the terminal and from the unit's page; on SQLite."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from docx import Document
from openpyxl import load_workbook

from tests.support.command_line import CommandLine
from tests.support.officials import official
from tests.support.pages import Pages, pages_on

NOW = "start=2026-03-11T10:00:00+08:00,rate=0.000001,at=2026-01-01T00:00:00Z"
PERIOD = {"from": "2026-03-01", "to": "2026-03-31"}
SPAN = ("--from", PERIOD["from"], "--to", PERIOD["to"])


@pytest.fixture
async def pages(sqlite_database: str, tmp_path: Path) -> AsyncIterator[Pages]:
    """Two tickets of a site: one was claimed and is proved gone, the other is overdue."""
    async with pages_on(sqlite_database, tmp_path) as opened:
        first, _ = await opened.open_tickets("link.dead", "column.stale")
        await opened.desk.command(
            action="claim_fix", asset_id="kjj-site", ticket_id=first["ticket_id"], by="张三", measures="更换链接",
            at=opened.installation.now(),
        )  # fmt: skip
        await opened.installation.until("2026-03-04 10:00")
        gone = {"type": "recheck", "asset_id": "kjj-site", "check": "link.dead", "locator": "https://kjj.gov.cn/1"}
        await opened.desk.send(
            {**gone, "source": "crawler", "outcome": "absent", "observed_at": opened.installation.now()}
        )
        await opened.installation.until("2026-03-11 10:00")
        yield opened


def paragraphs(content: bytes) -> list[str]:
    """The text of a Word document."""
    return [one.text for one in Document(io.BytesIO(content)).paragraphs]


async def test_what_a_unit_was_told_did_and_still_has_to_do(pages: Pages, tmp_path: Path, sqlite_database: str) -> None:
    """What was found, done, when, by which proof, what is open and late; room for the rest; and a 台账 of the same."""
    someone = await official(pages, "reader", "gov")
    answer = await someone.get("/bulletins/report", id="kjj", **PERIOD)
    told = paragraphs(answer.content)
    text = "\n".join(told)
    assert told[0] == "市科技局整改情况报告"
    assert "2026年3月1日至3月31日，市科技局收到整改单 2 份，完成整改 1 份，未完成 1 份（其中逾期 1 份）。" in told
    assert "（一）市科技局门户网站（3301000001）" in told
    assert "措施：更换链接（张三，2026-03-02 反馈）" in told
    assert (
        text.index("二、整改完成情况")
        < text.index("更换链接")
        < text.index("三、未完成的整改")
        < text.index("措施：未反馈")
    )
    assert "完成：2026-03-04（2 个工作日）；复核：复查确认问题已不存在；证据时间：2026-03-04 10:00" in told
    assert "原因和计划：（请填写）" in told
    rectify = CommandLine(tmp_path, DATABASE_URL=sqlite_database, CLOCK=NOW)
    ended = await rectify.run("bulletin", "report", "--unit", "市科技局", *SPAN, "--out", "report.docx")
    assert (ended.code, paragraphs((tmp_path / "report.docx").read_bytes())) == (0, told)
    assert (await rectify.run("bulletin", "report", "--unit", "谁", *SPAN)).code == 1
    assert (await rectify.run("bulletin", "draft", *SPAN, "--format", "xlsx", "--out", "a.xlsx")).code == 0
    rows = list(load_workbook(tmp_path / "a.xlsx")["整改台账"].values)
    assert [(row[6], row[10], row[11]) for row in rows[1:]] == [
        ("死链", "已完成", "2026-03-04 10:00"),
        ("栏目不更新", "未完成", None),
    ]


async def test_of_another_unit_there_is_none(pages: Pages) -> None:
    """W-1: a unit that the viewer does not see is none; days that are none are said on the unit's page."""
    other, someone = await official(pages, "reader", "jyj"), await official(pages, "reader", "kjj")
    assert (await other.get("/bulletins/report", id="kjj", **PERIOD)).status_code == 404
    for wrong, said in (({"from": "三月"}, "请填写整改报告的起止日期"), ({"from": "2026-04-01"}, "起日晚于止日")):
        answer = await someone.get("/bulletins/report", **{"id": "kjj", **PERIOD, **wrong})
        assert (answer.status_code, said in answer.text) == (422, True)
