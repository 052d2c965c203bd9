"""Registry tables: the rows of a workbook's sheets or of a CSV file, read one by one."""

from __future__ import annotations

import codecs
import csv
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any, Final, NamedTuple

from openpyxl import load_workbook

from streams.files.csv_lines import csv_records
from streams.files.faults import FileFault
from streams.files.registry import columns
from streams.files.registry.columns import row_data
from streams.files.workbook_limits import unfit

SHEET_ROWS: Final = 200_000
SHEET_COLUMNS: Final = 200
_SHEETS: Final = {
    "unit": ("单位", "单位名录", "units", "unit"),
    "asset": ("资产", "资产名录", "网站和新媒体", "网站", "新媒体", "政务新媒体", "政府网站", "assets", "asset"),
    "guarded": ("重要保障期", "guarded"),
    "contact": ("联系人", "contacts", "contact"),
}
_EXPLAINS: Final = "说明"  # the sheet of our own template that is for people
_CHUNK: Final = 1024 * 1024  # bytes

Loc = tuple[int | str, ...]


class Note(NamedTuple):
    """Something that is passed over, in a sentence."""

    text: str


class TableRow(NamedTuple):
    """One record as it stands in a file; `where` says place and column of a field."""

    kind: str
    data: dict[str, Any]
    where: Callable[[Loc], tuple[str, str]]


def csv_rows(path: Path, kind: str) -> Iterator[TableRow | FileFault]:
    """The rows of a CSV file in UTF-8 or GB 18030, with commas, semicolons or tabs."""
    encoding = _encoding(path)
    if encoding is None:
        yield FileFault("", "line 1", "", "neither UTF-8 nor GB 18030 text; save the table as `CSV UTF-8`")
        return
    with path.open(encoding=encoding, newline="") as file:
        try:
            yield from _table(kind, ((f"line {one.last}", one.fault or one.cells) for one in csv_records(file)))
        except csv.Error as error:
            yield FileFault("", "", "", f"not CSV ({error})")


def workbook_rows(path: Path) -> Iterator[TableRow | FileFault | Note]:
    """The rows of a workbook's sheets: units with their contacts, assets, guarded periods."""
    refusal = unfit(path)
    if refusal is not None:
        yield FileFault("", "workbook", "", refusal)
        return
    try:
        book = load_workbook(path, read_only=True, data_only=True, keep_links=False)
    except Exception as error:  # noqa: BLE001 - whatever a broken file makes openpyxl raise
        yield FileFault("", "workbook", "", f"cannot be read as .xlsx ({type(error).__name__}: {error})")
        return
    try:
        yield from _sheets(book)
    except Exception as error:  # noqa: BLE001 - the same, of what is read row by row
        yield FileFault("", "workbook", "", f"cannot be read to its end ({type(error).__name__}: {error})")
    finally:
        book.close()


def _sheets(book: Any) -> Iterator[TableRow | FileFault | Note]:
    sheets: dict[str, list[Any]] = {kind: [] for kind in _SHEETS}
    for sheet in book.worksheets:
        title = sheet.title.strip().lower()
        kind = next((kind for kind, names in _SHEETS.items() if title in names), None)
        if kind is not None:
            sheets[kind].append(sheet)
        elif title != _EXPLAINS:
            known = "、".join(names[0] for names in _SHEETS.values())
            yield Note(f"工作表 {sheet.title} 未读取；可读取 {known} · the sheet {sheet.title} is not read")
    if not (sheets["unit"] or sheets["asset"] or sheets["guarded"]):
        found = ", ".join(sheet.title for sheet in book.worksheets)
        yield FileFault("", "workbook", "", f"expected a sheet 单位 (units) or 资产 (assets), found {found}")
        return
    people: dict[str, list[TableRow]] = {}
    for row in _all_of("contact", sheets["contact"]):
        if isinstance(row, FileFault):
            yield row
        else:
            people.setdefault(str(row.data.pop("unit_id", "")), []).append(row)
    for row in _all_of("unit", sheets["unit"]):
        own = people.pop(str(row.data.get("unit_id")), None) if isinstance(row, TableRow) else None
        yield _with_contacts(row, own) if isinstance(row, TableRow) and own else row
    for kind in ("asset", "guarded"):
        yield from _all_of(kind, sheets[kind])
    for unit_id, rows in people.items():
        place, column = rows[0].where(("unit_id",))
        yield FileFault("", place, column, f"the unit {unit_id!r} does not stand in the sheet of units")


def _all_of(kind: str, sheets: Sequence[Any]) -> Iterator[TableRow | FileFault]:
    for sheet in sheets:
        yield from _sheet(kind, sheet)


def _with_contacts(unit: TableRow, people: Sequence[TableRow]) -> TableRow:
    before = list(unit.data.get("contacts", ()))

    def where(loc: Loc) -> tuple[str, str]:
        match loc:
            case ("contacts", int(index), *rest) if index >= len(before):
                return people[index - len(before)].where(tuple(rest))
        return unit.where(loc)

    return TableRow(unit.kind, {**unit.data, "contacts": [*before, *(row.data for row in people)]}, where)


def _sheet(kind: str, sheet: Any) -> Iterator[TableRow | FileFault]:
    sheet.reset_dimensions()
    rows = sheet.iter_rows(max_row=SHEET_ROWS + 1, max_col=SHEET_COLUMNS, values_only=True)
    yield from _table(kind, ((f"sheet {sheet.title}, row {number}", cells) for number, cells in enumerate(rows, 1)))


def _table(kind: str, rows: Iterable[tuple[str, Sequence[object] | str]]) -> Iterator[TableRow | FileFault]:
    """The rows below the first one that is filled; in place of its cells stands what is wrong with a row."""
    filled = ((place, cells) for place, cells in rows if any(cells) or any(map(_is_filled, cells)))
    first = next(filled, None)
    if first is None:
        return
    place, header = first
    if isinstance(header, str):
        yield FileFault("", place, "", header)
        return
    table = columns.columns(kind, header)
    named = [path for path in table.paths if path is not None]
    for path in sorted({path for path in named if named.count(path) > 1}, key=str):
        yield FileFault("", place, table.names[path], "this column stands here twice")

    for number, (place, cells) in enumerate(filled, 1):
        if number >= SHEET_ROWS and place.startswith("sheet"):
            yield FileFault("", place, "", f"more than {SHEET_ROWS} rows; publish them as CSV with --kind")
            return
        if isinstance(cells, str):
            yield FileFault("", place, "", cells)
            continue
        if len(cells) > len(header) and any(map(_is_filled, cells[len(header) :])):
            yield FileFault("", place, "", f"{len(cells)} cells, but the header has {len(header)} columns")
            continue

        def where(loc: Loc, place: str = place) -> tuple[str, str]:
            return place, table.names.get(loc) or ".".join(map(str, loc))

        yield TableRow(kind, row_data(kind, table, cells), where)


def _is_filled(cell: object) -> bool:
    return cell not in (None, "")


def _encoding(path: Path) -> str | None:
    return next((name for name in ("utf-8-sig", "gb18030") if _decodes(path, name)), None)


def _decodes(path: Path, encoding: str) -> bool:
    decoder = codecs.getincrementaldecoder(encoding)()
    with path.open("rb") as file:
        try:
            for chunk in chain(iter(lambda: file.read(_CHUNK), b""), [b""]):
                if "\0" in decoder.decode(chunk, final=not chunk):
                    return False  # UTF-16, or no text at all
        except UnicodeDecodeError:
            return False
    return True
