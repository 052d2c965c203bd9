"""Tables as people keep them 问题清单: .xlsx or CSV, a title above the headers, sums and signatures below the rows.

F-4  The row of headers is the first that has the required ones; nothing above it counts. Rows without any of the
     required cells, sums 合计 and repeated headers are left out, and counted. A day or time may be Excel's own,
     `2026-11-27`, `2026/11/27 10:30`, `2026.11.27` or `2026年11月27日 10时30分`, in the zone of RECTIFY_TIMEZONE; a
     number that Excel has shortened (1.23E+15) is no number any more. What is wrong with a row is said with its sheet
     and number, and the others go.
"""

from __future__ import annotations

import csv
import io
import re
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from openpyxl import load_workbook
from openpyxl.utils.datetime import from_excel

from schemas.mapping import SheetShape
from streams.files.csv_lines import csv_records
from streams.files.faults import FileError, FileFault
from streams.files.workbook_limits import unfit

MOST_ROWS: Final = 200_000
_COLUMNS: Final = 200
_ABOVE: Final = 30  # rows in which the headers are looked for
_SUMS: Final = ("合计", "总计", "小计", "共计", "汇总")
_XLSX, _XLS = b"PK\x03\x04", b"\xd0\xcf\x11\xe0"
_NOTE: Final = re.compile(r"\(.*?\)|[*:\s]")  # `页面地址（必填）*`
_TIME: Final = re.compile(
    r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T]*(\d{1,2})[:时](\d{1,2})(?:[:分](\d{1,2})?秒?)?)?"
)
_SHORTENED: Final = re.compile(r"\d(\.\d+)?[eE]\+\d{2,}")
_EXACT: Final = 2**53
_SERIALS: Final = range(20_000, 80_000)  # Excel's days from 1954 to 2119

SUM = "合计行 · a sum"
NO_ROW = "不是问题行（标题、备注、签字） · no row of the table"
HEADERS = "重复的表头 · the headers once more"


class SheetRows(NamedTuple):
    """The rows as objects, each with its place in `_row`."""

    rows: list[dict[str, Any]]
    left_out: tuple[str, ...]
    faults: tuple[tuple[str, str], ...]


class _Row(NamedTuple):
    place: str
    cells: Sequence[object]
    fault: str = ""


def sheet_rows(shape: SheetShape, content: bytes, zone: ZoneInfo) -> SheetRows:
    """All rows of all sheets that have the headers. Raises FileError: no table, or none that has them."""
    tables = _workbook(content) if content.startswith(_XLSX) else [_csv(content)]
    rows: list[dict[str, Any]] = []
    left_out: list[str] = []
    faults: list[tuple[str, str]] = []
    seen: list[str] = []
    found = False
    for table in tables:
        header = _header(shape, table, seen)
        if header is None:
            continue
        found = True
        for row in table:
            _take(shape, header, row, zone, (rows, left_out, faults))
            if len(rows) > MOST_ROWS:
                raise FileError(FileFault("", row.place, "", f"more than {MOST_ROWS} rows; hand them in in parts"))
    if not found:
        needed = "、".join(shape.columns[name][0] for name in shape.required)
        known = "、".join(seen)[:300]
        said = f"没有找到表头，至少须有 · no row has the headers {needed}；见到 · found: {known}"
        raise FileError(FileFault("", "", "", said))
    return SheetRows(rows, tuple(left_out), tuple(faults))


def _take(
    shape: SheetShape,
    header: Mapping[int, str],
    row: _Row,
    zone: ZoneInfo,
    into: tuple[list[dict[str, Any]], list[str], list[tuple[str, str]]],
) -> None:
    rows, left_out, faults = into
    if row.fault:
        faults.append((row.place, row.fault))
        return
    texts = [_text(cell) for cell in row.cells]
    if not any(texts):
        return
    own = {name: texts[n] for n, name in header.items() if n < len(texts) and texts[n]}
    if next(filter(None, texts)).startswith(_SUMS):
        left_out.append(SUM)
    elif not any(own.get(name) for name in shape.required):
        left_out.append(NO_ROW)
    elif all(_word(text) in map(_word, shape.columns[name]) for name, text in own.items()):
        left_out.append(HEADERS)
    else:
        try:
            for n, name in header.items():
                if name in own:
                    own[name] = _cell(shape, name, row.cells[n], own[name], zone)
        except ValueError as error:
            faults.append((row.place, str(error)))
            return
        rows.append({"_row": row.place, **own})


def _cell(shape: SheetShape, name: str, cell: object, text: str, zone: ZoneInfo) -> str:
    called = shape.columns[name][0]
    if name in shape.times:
        return _time(called, cell, text, zone)
    if _SHORTENED.fullmatch(text) or (isinstance(cell, (int, float)) and abs(cell) > _EXACT):
        raise ValueError(
            f"{called}“{text}”被 Excel 缩写，原编号已丢失：把该列设为文本后重新导出"
            f" · Excel has shortened this number; make the column text and export again"
        )
    return text


def _time(called: str, cell: object, text: str, zone: ZoneInfo) -> str:
    if isinstance(cell, (int, float)) and int(cell) in _SERIALS:
        cell = from_excel(cell)
    if isinstance(cell, datetime):
        return cell.replace(tzinfo=zone).isoformat()
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day, tzinfo=zone).isoformat()
    parts = _TIME.fullmatch(unicodedata.normalize("NFKC", text))
    try:
        if parts is None:
            aware = datetime.fromisoformat(text)
            return (aware if aware.tzinfo is not None else aware.replace(tzinfo=zone)).isoformat()
        year, month, day, hour, minute, second = (int(part or 0) for part in parts.groups())
        return datetime(year, month, day, hour, minute, second, tzinfo=zone).isoformat()
    except ValueError:
        raise ValueError(
            f"{called}“{text[:50]}”不是日期，如 2026-11-27 10:30 · {called} {text[:50]!r} is no day or time"
        ) from None


def _header(shape: SheetShape, table: Iterator[_Row], seen: list[str]) -> dict[int, str] | None:
    """The columns by their numbers, once the row that names them is reached."""
    fields = {_word(header): name for name, headers in shape.columns.items() for header in headers}
    for row, _ in zip(table, range(_ABOVE), strict=False):
        found: dict[int, str] = {}
        for number, cell in enumerate(row.cells):
            name = fields.get(_word(_text(cell)))
            if name is not None and name not in found.values():
                found[number] = name
        if set(shape.required) <= set(found.values()):
            return found
        seen.extend(text for cell in row.cells if (text := _text(cell)))
    return None


def _word(text: str) -> str:
    return _NOTE.sub("", unicodedata.normalize("NFKC", text)).lower()


def _text(cell: object) -> str:
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, (datetime, date)):
        return cell.isoformat()
    return "" if cell is None else str(cell).strip()


def _workbook(content: bytes) -> Iterator[Iterator[_Row]]:
    with tempfile.NamedTemporaryFile(suffix=".xlsx") as file:
        file.write(content)
        file.flush()
        refusal = unfit(Path(file.name))
        if refusal is not None:
            raise FileError(FileFault("", "workbook", "", refusal))
        try:
            book = load_workbook(file.name, read_only=True, data_only=True, keep_links=False)
        except Exception as error:  # noqa: BLE001 - whatever a broken file makes openpyxl raise
            raise _unreadable(error) from None
        yield from map(_sheet, book.worksheets)


def _sheet(sheet: Any) -> Iterator[_Row]:
    try:
        sheet.reset_dimensions()
        rows: Iterable[Sequence[object]] = sheet.iter_rows(max_row=MOST_ROWS + 100, max_col=_COLUMNS, values_only=True)
        for number, cells in enumerate(rows, 1):
            yield _Row(f"sheet {sheet.title}, row {number}", cells)
    except Exception as error:  # noqa: BLE001 - the same, of what is read row by row
        raise _unreadable(error) from None


def _unreadable(error: Exception) -> FileError:
    return FileError(FileFault("", "workbook", "", f"cannot be read as .xlsx ({type(error).__name__}: {error})"))


def _csv(content: bytes) -> Iterator[_Row]:
    if content.startswith(_XLS):
        raise FileError(FileFault("", "", "", "旧的 .xls 文件，请另存为 .xlsx · an old .xls; save it as .xlsx"))
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
            break
        except UnicodeError:
            continue
    else:
        raise FileError(FileFault("", "", "", "neither UTF-8 nor GB 18030 text; save the table as `CSV UTF-8`"))
    try:
        for record in csv_records(io.StringIO(text, newline="")):
            yield _Row(f"line {record.last}", record.cells, record.fault)
    except csv.Error as error:
        raise FileError(FileFault("", "", "", f"not CSV: {error}")) from None
