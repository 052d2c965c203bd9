"""The registry as a file that `registry import` takes: YAML, workbook or CSV; what goes out comes in the same."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import yaml
from openpyxl import Workbook
from openpyxl.styles import Font

from notifiers.text import harmless
from streams.presentation.registry import SHEETS, cell_words, headed

_REQUIRED: Final = {
    "unit": {"unit_id", "name"},
    "contact": {"unit_id", "name"},
    "asset": {"asset_id", "name", "kind"},
    "guarded": {"name", "from", "to"},
}
_LISTS: Final = {"unit": "units", "asset": "assets", "guarded": "guarded", "producer": "producers"}
_WIDTH: Final = 22  # characters
_EXPLAINED: Final = (
    "每张工作表第一行是列名，请勿改动；可以删去不用的列，但已登记的内容也会随之清空。",
    "单位：每行一个单位；主管单位编号填另一单位的编号或名称；主管单位可填落款，用于发给所管单位的通知。联系人：每行一人，角色填“值守”或“负责人”，渠道可填“邮件、短信”，不填为全部。",
    "资产：每行一个网站或新媒体账号；类型填“网站”或“新媒体”，平台如微信、微博；单位编号填主办单位的编号或名称。",
    "重要保障期：开始、结束填日期或时间，地区不填为全部。",
    "填好后先核对差异：rectify registry import 名录.xlsx --dry-run",
)

Records = Mapping[str, Sequence[Mapping[str, Any]]]  # kind -> records as they were published


def write_yaml(path: Path, records: Records) -> None:
    """All kinds, producers too."""
    with path.open("x", encoding="utf-8") as file:
        for kind, name in _LISTS.items():
            if records.get(kind):
                yaml.safe_dump({name: [dict(one) for one in records[kind]]}, file, allow_unicode=True, sort_keys=False)


def write_workbook(path: Path, records: Records, *, template: bool = False) -> None:
    """A sheet for each kind; with `template` only the headers, and a sheet that explains them."""
    with path.open("xb") as file:  # before anything is written into what openpyxl keeps beside it
        _filled(records, template=template).save(file)


def _filled(records: Records, *, template: bool) -> Workbook:
    book = Workbook(write_only=True)
    if template:
        page = book.create_sheet("说明")
        page.column_dimensions["A"].width = 110
        for line in _EXPLAINED:
            page.append([line])
    people = [
        {"unit_id": unit["unit_id"], **person}
        for unit in records.get("unit", ())
        for person in unit.get("contacts") or ()
    ]
    rows = {**records, "unit": [*map(headed, records.get("unit", ()))], "contact": people}
    for kind, (title, headers) in SHEETS.items():
        sheet = book.create_sheet(title)
        fields = _fields(kind, rows.get(kind, ()))
        sheet.freeze_panes = "A2"
        for number in range(1, len(fields) + 1):
            sheet.column_dimensions[chr(64 + number) if number <= 26 else "Z"].width = _WIDTH  # noqa: PLR2004
        sheet.append(
            [_header(sheet, headers, field, required=template and field in _REQUIRED[kind]) for field in fields]
        )
        for row in _cells(fields, rows.get(kind, ())):
            sheet.append([_text(sheet, text) for text in row])
    return book


def write_csv(path: Path, kind: str, records: Iterable[Mapping[str, Any]]) -> None:
    """One kind, readable by Excel; units with their contacts in columns of their own."""
    flat = [_flat(one) for one in records]
    fields = _fields(kind, flat)
    with path.open("x", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow([SHEETS[kind][1].get(field, field) for field in fields])
        writer.writerows(_cells(fields, flat))


def _fields(kind: str, records: Iterable[Mapping[str, Any]]) -> list[str]:
    """The known fields, and then the others that some record has."""
    fields = dict.fromkeys(SHEETS[kind][1])
    for record in records:
        fields.update(dict.fromkeys(name for name in record if name != "contacts"))
    return list(fields)


def _cells(fields: Sequence[str], records: Iterable[Mapping[str, Any]]) -> Iterator[list[str]]:
    for record in records:
        yield [cell_words(field, record.get(field)) for field in fields]


def _flat(record: Mapping[str, Any]) -> dict[str, Any]:
    plain = {name: value for name, value in headed(record).items() if name != "contacts"}
    for number, person in enumerate(record.get("contacts") or (), 1):
        plain |= {f"contact{number}_{name}": value for name, value in person.items()}
    return plain


def _header(sheet: Any, headers: Mapping[str, str], field: str, *, required: bool) -> Any:
    cell = _text(sheet, f"{headers.get(field, field)}{'（必填）' if required else ''}")
    cell.font = Font(bold=True)
    return cell


def _text(sheet: Any, text: str) -> Any:
    """A cell that says what it says: what looks like a formula is text, too."""
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415 - only workbooks that are written row by row need it

    cell = WriteOnlyCell(sheet, harmless(text) or None)
    if text:
        cell.data_type = "s"  # otherwise `=1+1` would be computed
    return cell
