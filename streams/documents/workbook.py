"""The annexes 附件 of a bulletin as a workbook, with charts that can be edited."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

from openpyxl import Workbook
from openpyxl.chart import BarChart, Reference
from openpyxl.chart.data_source import StrRef
from openpyxl.chart.series import SeriesLabel
from openpyxl.styles import Alignment, Border, Font, Side
from openpyxl.utils import get_column_letter

from notifiers.text import harmless
from streams.documents.still import still
from streams.services.bulletins.behind import RowsPage

_FIGURES: Final = ("running", "checked", "ratio", "problem", "unqualified", "rate")
_HEADS: Final = (("在册数", 10), ("检查数", 10), ("检查比例", 10), ("问题数", 10), ("不合格数", 10), ("合格率", 10))
_BY: Final = (
    ("area", "分地区", "地区"), ("level", "分层级", "层级"), ("platform", "分平台", "平台"), ("unit", "分单位", "单位"),
)  # fmt: skip
_UNQUALIFIED: Final = (
    ("序号", 6), ("网站标识码", 14), ("名称", 30), ("主办单位", 26), ("平台", 10), ("不合格原因", 44), ("得分", 8),
    ("整改单", 30),
)  # fmt: skip
_PROBLEMS: Final = (
    ("序号", 6), ("名称", 30), ("主办单位", 26), ("平台", 10), ("发现的问题", 34), ("位置", 44), ("处数", 8),
    ("扣分", 8), ("得分", 8), ("依据", 44), ("整改单", 30),
)  # fmt: skip
_SLIPS: Final = (
    ("issued", "下发整改单"), ("done", "完成整改"), ("done_rate", "整改完成率"), ("done_on_time", "按期完成"),
    ("overdue", "逾期未完成"), ("extended", "延期"), ("urged", "催办次数"), ("reopened", "退回重办次数"),
)  # fmt: skip
_WIDTHS: Final = {"名称": 30, "标识码": 14, "单位": 26, "问题": 26, "位置": 44, "立单": 17, "时限": 17, "完成": 17}
_LINES: Final = Border(*(Side(style="thin") for _ in range(4)))
_LONGEST: Final = 32_000  # characters of a cell; Excel takes some more
_WIDEST_CHART: Final = 40  # bars; beyond, nobody can read it

Columns = Sequence[tuple[str, int]]  # what each is called, and its width in characters


def workbook(figures: Mapping[str, Any], slips: RowsPage | None = None) -> bytes:
    """The .xlsx; shares as they are printed, so that nobody rounds them again; `slips`: those of the 台账."""
    book = Workbook()
    book.remove(book.active)
    labels = {row["group"]: row["label"] for row in figures["totals"]}
    totals = _sheet(
        book, "总体情况", (("类型", 24), *_HEADS), [(row["label"], *_cells(row)) for row in figures["totals"]]
    )
    _append(totals, [(label, figures["tickets"][name]) for name, label in _SLIPS], gap=1)
    window = f"期间 {figures['from']} 至 {figures['to']}，截至 {figures['as_of']}，规则包 {figures['pack']}"
    _append(totals, [(text,) for text in (window, *figures["definitions"].values())], gap=1)
    for dimension, title, head in _BY:
        rows = figures["by"].get(dimension, [])
        if any(row["key"] for row in rows):
            cells = [(row["label"], labels[row["group"]], *_cells(row)) for row in rows]
            sheet = _sheet(book, title, ((head, 24), ("类型", 14), *_HEADS), cells)
            _charts(sheet, rows, labels)
    checks = [tuple(row[name] for name in ("label", "assets", "problems", "places")) for row in figures["problems"]]
    kinds = _sheet(book, "问题分类", (("检查项", 44), ("涉及数", 10), ("问题数", 10), ("处数", 10)), checks)
    _chart(kinds, "问题分类", (1, len(checks)), (3,), "F2")
    named = [
        (
            number,
            row["code"],
            row["name"],
            row["unit"],
            row["platform"],
            "；".join(row["reasons"]),
            row["points"],
            _ids(row),
        )
        for number, row in enumerate(figures["lists"]["unqualified"], 1)
    ]
    _sheet(book, "不合格名单", _UNQUALIFIED, named)
    found = [
        (
            number, row["name"], row["unit"], row["platform"], "；".join(row["reasons"]), row["path"], row["places"],
            row["deducted"], row["points"], row["basis"], _ids(row),
        )
        for number, row in enumerate(figures["lists"]["problems"], 1)
    ]  # fmt: skip
    _sheet(book, "问题明细", _PROBLEMS, found)
    if slips is not None:
        _slip_sheet(book, slips)
    made = io.BytesIO()
    book.save(made)
    return still(made.getvalue())


def _slip_sheet(book: Workbook, slips: RowsPage) -> None:
    """台账: the slips of the period, as of the moment."""
    columns = [("序号", 6), ("整改单", 28), *((label, _WIDTHS.get(label, 12)) for label in slips.columns)]
    rows = [(number, "、".join(one.ticket_ids), *one.cells) for number, one in enumerate(slips.rows, 1)]
    sheet = _sheet(book, "整改台账", columns, rows)
    if slips.total > len(rows):
        _append(sheet, [(f"共 {slips.total} 份，只列前 {len(rows)} 份",)], gap=1)


def _sheet(book: Workbook, title: str, columns: Columns, rows: Iterable[Sequence[Any]]) -> Any:
    """A table with lines around its cells, on A4, its heads on every page."""
    sheet = book.create_sheet(title)
    _append(sheet, [[label for label, _ in columns], *rows])
    for head, (_, width) in zip(sheet[1], columns, strict=True):
        head.font = Font(bold=True)
        sheet.column_dimensions[get_column_letter(head.column)].width = width
    widths = [width for _, width in columns]
    for row in sheet.iter_rows(max_col=len(columns)):
        for cell, width in zip(row, widths, strict=True):
            text = cell.value if isinstance(cell.value, str) else ""
            across = "center" if cell.row == 1 else "right" if text.endswith("%") else None
            cell.alignment = Alignment(across, "center", wrap_text=2 * len(text) > width)
            cell.border = _LINES
    sheet.freeze_panes = "A2"
    sheet.print_title_rows = "1:1"
    sheet.page_setup.orientation = "landscape"
    sheet.page_setup.paperSize = sheet.PAPERSIZE_A4
    sheet.page_setup.fitToHeight = 0  # as many pages as it needs
    sheet.sheet_properties.pageSetUpPr.fitToPage = True
    return sheet


def _append(sheet: Any, rows: Iterable[Sequence[Any]], gap: int = 0) -> None:
    """Rows below what is there, so many lines further down; a text that looks like a formula stays a text."""
    begin = sheet.max_row + 1 + gap if sheet["A1"].value is not None else 1
    for number, row in enumerate(rows, begin):
        for column, value in enumerate(row, 1):
            cell = sheet.cell(number, column, harmless(value)[:_LONGEST] if isinstance(value, str) else value)
            if isinstance(value, str):
                cell.data_type = "s"


def _charts(sheet: Any, rows: Sequence[Mapping[str, Any]], labels: Mapping[str, str]) -> None:
    """One for each kind of asset; its rows stand together."""
    place = 2
    for group, label in labels.items():
        numbers = [number for number, row in enumerate(rows, 1) if row["group"] == group]
        if numbers:
            height = _chart(sheet, f"{label}检查数与不合格数", (numbers[0], len(numbers)), (4, 7), f"J{place}")
            place += height


def _chart(sheet: Any, title: str, rows: tuple[int, int], columns: Sequence[int], place: str) -> int:
    """Bars of some columns over rows (the first, and how many); how many lines of the sheet it covers."""
    first, many = rows
    if not 0 < many <= _WIDEST_CHART:
        return 0
    chart = BarChart()
    chart.type, chart.title, chart.style = "bar", title, 10
    chart.x_axis.scaling.orientation = "maxMin"  # the first row on top
    chart.x_axis.delete = chart.y_axis.delete = False
    for column in columns:
        chart.add_data(Reference(sheet, min_col=column, min_row=first + 1, max_row=first + many))
        chart.series[-1].tx = _head(sheet, column)
    chart.set_categories(Reference(sheet, min_col=1, min_row=first + 1, max_row=first + many))
    chart.height = 4.0 + 0.8 * many  # centimetres
    sheet.add_chart(chart, place)
    return int(chart.height * 2) + 2


def _head(sheet: Any, column: int) -> Any:
    """A series is called what the head of its column says."""
    return SeriesLabel(strRef=StrRef(f"'{sheet.title}'!${get_column_letter(column)}$1"))


def _cells(row: Mapping[str, Any]) -> tuple[Any, ...]:
    return tuple(row[name] for name in _FIGURES)


def _ids(row: Mapping[str, Any]) -> str:
    return "、".join(row["ticket_ids"])
