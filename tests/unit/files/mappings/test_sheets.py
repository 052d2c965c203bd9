"""Problem lists 问题清单 and exports as people keep them: Excel or CSV, in whatever form."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from io import BytesIO

import pytest
from openpyxl import Workbook

from streams.files.faults import FileError
from streams.rules.intake.fingerprint import identify
from tests.support.reports import SAMPLES, SITE, Read, read

NAMES = {"市科技局网站": "kjj-site", "市统计局": "tjj-site"}.get
HEADERS = ["序号", "网站名称", "栏目", "问题类型", "问题描述", "页面地址", "发现时间"]


def _sheet(*rows: Sequence[object], name: str = "问题清单") -> bytes:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = name
    for row in rows:
        sheet.append(row)
    file = BytesIO()
    book.save(file)
    return file.getvalue()


def _read(content: bytes, mapping: str = "problem-list") -> Read:
    return read(mapping, content, exit=None, asset="", asset_of=NAMES)


def test_a_list_as_a_contractor_delivers_it() -> None:
    """A title above, a sum below, Excel's own dates and two written ones, a name in place of the asset's id."""
    found = _read((SAMPLES / "problem-list" / "many.xlsx").read_bytes())
    assert [(one["asset_id"], one["check"], one["observed_at"][:16]) for one in found.reading.messages] == [
        ("kjj-site", "text.typo", "2026-11-27T10:20"),
        ("kjj-site", "column.stale", "2026-11-27T10:30"),
        ("kjj-site", "column.blank", "2026-11-27T00:00"),
        ("kjj-site", "link.dead", "2026-11-27T00:00"),
    ]
    assert found.reading.messages[0]["evidence"]["word"] == "按装"
    assert found.reading.messages[3]["locator"] == f"{SITE}/bsfw/apply"
    assert found.reading.left_out == {"合计行 · a sum": 1}
    assert found.reading.refused == ()
    assert found.run.message is None


def test_a_bad_row_is_named_by_the_number_that_its_sheet_shows() -> None:
    """F-4: and the others go."""
    content = _sheet(
        ["关于检查情况的通报附件"],
        [],
        HEADERS,
        [1, "市科技局网站", "首页", "错别字", "“登陆”应为“登录”", f"{SITE}/", "2026.11.27"],
        [2, "无此网站", "首页", "错别字", "…", f"{SITE}/", "2026-11-27"],
        [3, "市统计局", "首页", "不存在的类型", "…", f"{SITE}/", "2026-11-27"],
        [4, "市统计局", "首页", "死链", "…", f"{SITE}/a", "上周五"],
        [5, "市统计局", "首页", None, "没写类型", f"{SITE}/a", "2026-11-27"],
        HEADERS,
        [6, "市统计局", "通知公告", "栏目未更新", "…", None, dt.datetime(2026, 11, 27, 9, 5)],  # noqa: DTZ001 - Excel has no zones
        ["填表人：张三"],
        ["总计", None, None, None, "6个问题"],
    )
    found = _read(content).reading
    assert [(one["asset_id"], one["check"], one["locator"]) for one in found.messages] == [
        ("kjj-site", "text.typo", f"{SITE}/"),
        ("tjj-site", "column.stale", "通知公告"),
    ]
    said = {row.place: row.reason for row in found.refused}
    assert list(said) == [f"sheet 问题清单, row {n}" for n in (7, 5, 6, 8)]
    assert "上周五" in said["sheet 问题清单, row 7"]
    assert "无此网站" in said["sheet 问题清单, row 5"]
    assert "不存在的类型" in said["sheet 问题清单, row 6"]
    assert "没有问题类型" in said["sheet 问题清单, row 8"]
    assert sum(found.left_out.values()) == 3


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16"])
def test_a_csv_in_the_encoding_that_excel_chose(encoding: str) -> None:
    """With a semicolon or a comma, headers with notes."""
    text = "问题类型（必填）*,问题描述,网站,链接,检查日期\n死链,打不开,市统计局,http://a.cn/x,2026年11月27日 10时30分\n"
    (message,) = _read(text.encode(encoding)).reading.messages
    assert (message["asset_id"], message["check"], message["observed_at"]) == (
        "tjj-site", "link.dead", "2026-11-27T10:30:00+08:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("result", "outcome"), [("已整改", "absent"), ("未整改", "present"), ("页面无法打开", "unverifiable")]
)
def test_a_column_of_results_answers_rechecks(result: str, outcome: str) -> None:
    """复查结果: of the very problem that the row is about, where two words stand on one page."""
    content = _sheet(
        [*HEADERS, "复查结果", "复查时间"],
        [1, "市科技局网站", "首页", "错别字", "“登陆”应为“登录”", f"{SITE}/", "2026-11-20", result, "2026-11-28 15:00"],
    )
    (answer,) = _read(content).reading.messages
    assert (answer["type"], answer["outcome"], answer["observed_at"][:16]) == ("recheck", outcome, "2026-11-28T15:00")
    assert answer["fingerprint"] == identify("kjj-site", "text.typo", f"{SITE}/", "登陆").fingerprint


def test_a_result_that_nobody_knows_is_refused() -> None:
    """With the words that are known."""
    content = _sheet(
        [*HEADERS, "复查结果"], [1, "市科技局网站", "首页", "死链", "…", f"{SITE}/", "2026-11-20", "跟进中"]
    )
    (row,) = _read(content).reading.refused
    assert "已整改、未整改" in row.reason


def test_messages_of_citizens() -> None:
    """12345: unanswered from receipt, answered a proof; a number that Excel has shortened is lost, and that is said."""
    content = _sheet(
        ["工单编号", "网站", "诉求类型", "标题", "受理时间", "答复内容", "答复时间"],
        ["WZ001", "市统计局", "网民找错", "链接打不开", "2026/11/25 09:00", None, None],
        ["WZ002", "市统计局", "咨询", "何时开放", "2026/11/25 09:00", "已开放", "2026/11/26 10:00"],
        ["1.23E+15", "市统计局", "投诉", "…", "2026/11/25 09:00", None, None],
    )
    found = _read(content, "12345").reading
    assert [(one["type"], one["check"], one["locator"]) for one in found.messages] == [
        ("finding", "message.zhaocuo", "WZ001"),
        ("recheck", "message.unanswered", "WZ002"),
    ]
    assert found.messages[0]["received_at"] == "2026-11-25T09:00:00+08:00"
    assert found.messages[1]["evidence"]["answer"] == "已开放"
    assert [row.place for row in found.refused] == ["sheet 问题清单, row 4"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (_sheet(["网站", "网址"], ["a", "b"]), "没有找到表头"),
        (b"PK\x03\x04 no workbook", "not an .xlsx workbook"),
        (b"\xd0\xcf\x11\xe0 old", "另存为 .xlsx"),
        (b"\xff\xfe\x00", "neither UTF-8 nor GB 18030"),
    ],
)
def test_what_is_no_list_is_said(content: bytes, said: str) -> None:
    """F-4: what was looked for, and what to do."""
    with pytest.raises(FileError, match=said):
        _read(content)
