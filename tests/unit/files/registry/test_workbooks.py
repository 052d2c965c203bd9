"""Registry workbooks: what Excel makes of a table, and what is said when something is wrong with it."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook

from streams.files.registry.export import write_csv, write_workbook
from streams.files.workbook_limits import UNPACKED_BYTES
from tests.support.registry import imported, refused, workbook


class TestWorkbook:
    """An .xlsx file."""

    def test_chinese_sheets_and_headers(self, tmp_path: Path) -> None:
        """Sheets 单位, 资产 and 联系人 in Chinese, phones as the numbers that Excel makes of them."""
        path = workbook(
            tmp_path / "登记表.xlsx",
            {
                "说明": [["本表由各单位填写"]],
                "资产": [
                    ["资产编号*", "名称", "类型", "平台", "主办单位编号", "类别", "网址", "备注"],
                    [
                        "kjj-site",
                        "市科技局网站",
                        "网站",
                        None,
                        "szkjj",
                        "服务类",
                        "https://kjj.xianning.gov.cn/",
                        "老站",
                    ],
                    ["kjj-wx", "咸宁科技", "政务新媒体", "微信", "szkjj", "发布类", None, None],
                ],
                "单位": [
                    [],
                    ["单位编号", "单位名称", "主管单位编号", "联系人", "手机（必填）", "工作群"],
                    ["szkjj", "市科技局", "szf-b", "王芳", 13800000001.0, "科技局群、督办群"],
                ],
                "联系人": [
                    ["单位编号", "姓名", "角色", "邮箱", "通知方式"],
                    ["szkjj", "李强", "负责人", "liqiang@xianning.gov.cn", "邮件、短信"],
                ],
            },
        )
        records = imported(path)
        assert records["unit:szkjj"]["groups"] == ["科技局群", "督办群"]
        assert records["unit:szkjj"]["contacts"] == [
            {"name": "王芳", "phone": "13800000001"},
            {
                "name": "李强",
                "role": "head",
                "email": "liqiang@xianning.gov.cn",
                "channels": ["email", "sms"],
            },
        ]
        assert records["asset:kjj-wx"] == {
            "asset_id": "kjj-wx",
            "name": "咸宁科技",
            "kind": "account",
            "platform": "wechat",
            "unit_id": "szkjj",
            "class": "publishing",
        }
        assert records["asset:kjj-site"]["备注"] == "老站"

    def test_what_has_become_of_units_and_assets(self, tmp_path: Path) -> None:
        """A-11, A-13, A-14: merged into, moved to, removed and verified by whom."""
        path = workbook(
            tmp_path / "撤并.xlsx",
            {
                "资产": [
                    ["资产编号", "名称", "类型", "迁移至", "关停日期", "核实人"],
                    ["kjj-site", "市科技局网站", "网站", "new-site", "2026-03-01", "王主任"],
                ],
                "单位": [["单位编号", "单位名称", "并入单位"], ["szkjj", "市科技局", "szgxj"]],
            },
        )
        records = imported(path)
        assert records["unit:szkjj"]["replaced_by"] == "szgxj"
        site = records["asset:kjj-site"]
        assert (site["replaced_by"], site["removed_at"], site["removed_by"]) == ("new-site", "2026-03-01", "王主任")

    def test_english_headers_and_dates(self, tmp_path: Path) -> None:
        """English sheets and headers; a day is a cell of its own kind."""
        path = workbook(
            tmp_path / "registry.xlsx",
            {
                "Units": [
                    [
                        "Unit ID",
                        "Name",
                        "contact_name",
                        "contact_email",
                        "contact2_name",
                        "contact2_phone",
                        "head",
                        "head phone",
                    ],
                    ["u1", "Unit", "A", "a@unit.gov.cn", "B", "13800000001", "C", "13800000002"],
                ],
                "guarded": [
                    ["name", "from", "to", "regions"],
                    ["NPC", date(2026, 3, 1), "2026-03-12", "咸宁、黄石"],
                ],
            },
        )
        records = imported(path)
        assert records["unit:u1"]["contacts"] == [
            {"name": "A", "email": "a@unit.gov.cn"},
            {"name": "B", "phone": "13800000001"},
            {"name": "C", "phone": "13800000002", "role": "head"},
        ]
        assert records["guarded:NPC"]["from"] == "2026-03-01"
        assert records["guarded:NPC"]["regions"] == ["咸宁", "黄石"]

    def test_faults_name_sheet_row_and_column(self, tmp_path: Path) -> None:
        """The place is said as the person who filled the sheet sees it."""
        path = workbook(
            tmp_path / "r.xlsx",
            {
                "单位": [["单位编号", "单位名称", "邮箱"], ["u1", None, "x"], ["u2", "二", None]],
                "联系人": [["单位编号", "姓名", "手机"], ["u2", "王", "027-8888"], ["u9", "李", None]],
            },
        )
        assert refused(path) == [
            "r.xlsx: sheet 单位, row 2: 单位名称: Field required",
            "r.xlsx: sheet 单位, row 2: contacts.0.name: Field required",
            "r.xlsx: sheet 单位, row 2: 邮箱: 'x' is not an e-mail address",
            "r.xlsx: sheet 联系人, row 2: 手机: '027-8888' is not a mobile number",
            "r.xlsx: sheet 联系人, row 3: 单位编号: the unit 'u9' does not stand in the sheet of units",
        ]

    def test_no_sheet_that_we_know(self, tmp_path: Path) -> None:
        """The sheets that are there are named."""
        (said,) = refused(workbook(tmp_path / "r.xlsx", {"Sheet1": [["a"]], "Sheet2": []}))
        assert said == "r.xlsx: workbook: expected a sheet 单位 (units) or 资产 (assets), found Sheet1, Sheet2"

    def test_a_zip_bomb(self, tmp_path: Path) -> None:
        """A small file that unpacks to more than the memory holds is not opened."""
        path = tmp_path / "bomb.xlsx"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("xl/a.xml", "w") as part:
            for _ in range(UNPACKED_BYTES // 2**20 + 1):
                part.write(bytes(2**20))
        (said,) = refused(path)
        assert said.startswith("bomb.xlsx: workbook: unpacks to more than 256 MiB")

    @pytest.mark.parametrize("content", [b"", b"no zip", b"PK\x05\x06" + bytes(18)])
    def test_what_is_no_workbook(self, tmp_path: Path, content: bytes) -> None:
        """A broken file is refused in words."""
        path = tmp_path / "r.xlsx"
        path.write_bytes(content)
        (said,) = refused(path)
        assert said.startswith("r.xlsx: workbook: ")

    def test_a_cell_at_the_far_end(self, tmp_path: Path) -> None:
        """A sheet that claims a million rows is read no further than the limit."""
        book = Workbook()
        sheet = book.active
        sheet.title = "units"
        sheet.append(["unit_id", "name"])
        sheet["A1048576"] = "u1"
        sheet["B1048576"] = "one"
        book.save(tmp_path / "r.xlsx")
        assert refused(tmp_path / "r.xlsx") == ["r.xlsx: no unit, asset, guarded period or producer stands in it"]


@pytest.mark.parametrize("ending", ["xlsx", "csv"])
def test_a_letterhead_has_columns_of_its_own(ending: str, tmp_path: Path) -> None:
    """N-60: what goes out as a table comes in the same; a unit without one has none."""
    head = {"name": "某县政务公开办", "contact": "赵敏", "phone": "0715-8880001", "sms_sign": "某县政务公开"}
    units: list[dict[str, Any]] = [
        {"unit_id": "city", "name": "市政府办", "letterhead": head},
        {"unit_id": "kjj", "name": "市科技局"},
    ]
    path = tmp_path / f"units.{ending}"
    if ending == "xlsx":
        write_workbook(path, {"unit": units})
    else:
        write_csv(path, "unit", units)
    records = imported(path, kind="unit") if ending == "csv" else imported(path)
    assert records["unit:city"]["letterhead"] == head
    assert "letterhead" not in records["unit:kjj"]
