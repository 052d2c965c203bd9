"""Registry files for `rectify registry import`: YAML, workbook or CSV, checked as a whole before anything is sent."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final

import orjson
from pydantic import BaseModel, ValidationError

from schemas.base import ID_LIMIT
from schemas.registry import GuardedPeriod, is_record_id
from streams.files.faults import FileError, FileFault
from streams.files.registry.records import IDS, MODELS
from streams.files.registry.spool import Spool
from streams.files.registry.tables import Loc, Note, TableRow, csv_rows, workbook_rows
from streams.files.yaml import MarkedYaml, YamlError, load_yaml
from streams.rules.state.plain import fault

YAML_BYTES: Final = 16 * 1024 * 1024  # bytes
STRANGERS: Final = 1_000  # unknown fields that are counted one by one
SHOWN: Final = 200  # faults that are listed
TELL: Final = 5_000  # rows
_LISTS: Final = {"units": "unit", "assets": "asset", "guarded": "guarded", "producers": "producer"}
_TABLE_KINDS: Final = ("asset", "unit")


def read_registry(path: Path, kind: str | None = None, tell: Callable[[int], None] | None = None) -> Spool:
    """The records of a file, in its order. `kind` (`asset`, `unit`) says what a CSV file holds.

    `tell` hears now and then how many rows have been read.

    The whole file is checked first; what passes waits on disk, so that a large table is parsed once and never stands
    in memory.

    Raises:
        FileError: with everything that is wrong; nothing has been handed out then.

    """
    spool = Spool()
    faults = list(islice(_faults(path, kind, spool, tell), SHOWN))
    if faults:
        raise FileError(*faults)
    return spool


def _faults(path: Path, kind: str | None, spool: Spool, tell: Callable[[int], None] | None) -> Iterator[FileFault]:
    rows = 0
    try:
        for rows, row in enumerate(_rows(path, kind), 1):
            if tell is not None and rows % TELL == 0:
                tell(rows)
            if isinstance(row, Note):
                spool.notes.append(row.text)
                continue
            faults = (row,) if isinstance(row, FileFault) else _checked(row, spool)
            yield from (found._replace(file=path.name) for found in faults)
    except OSError as error:
        yield FileFault(path.name, "", "", f"cannot be read ({error.strerror})")
        return
    for key, place, column, first in spool.repeated():
        yield FileFault(path.name, place, column, f"{key} stands here for the second time, first at {first}")
    if not rows:
        yield FileFault(path.name, "", "", "no unit, asset, guarded period or producer stands in it")


def _rows(path: Path, kind: str | None) -> Iterator[TableRow | FileFault | Note]:
    suffix = path.suffix.lower()
    if kind is not None and kind not in _TABLE_KINDS:
        yield FileFault("", "", "--kind", f"expected asset or unit, not {kind}")
    elif suffix in (".yaml", ".yml"):
        yield from _yaml_rows(path)
    elif suffix == ".xlsx":
        yield from workbook_rows(path)
    elif suffix != ".csv":
        yield FileFault("", "", "", f"expected a .yaml, .xlsx or .csv file, not {suffix or 'a file without an ending'}")
    elif kind is None:
        yield FileFault("", "", "--kind", "a CSV file holds either assets or units: say --kind asset or --kind unit")
    else:
        yield from csv_rows(path, kind)


def _yaml_rows(path: Path) -> Iterator[TableRow | FileFault]:
    if path.stat().st_size > YAML_BYTES:
        yield FileFault("", "", "", f"larger than {YAML_BYTES // 1024 // 1024} MiB; publish it as CSV with --kind")
        return
    try:
        document = load_yaml(path.read_bytes())
    except YamlError as error:
        yield FileFault("", f"line {error.line}", "", error.reason)
        return
    lists = document.data
    if not isinstance(lists, dict):
        yield FileFault("", "line 1", "", f"expected lists {', '.join(_LISTS)}")
        return
    for name, records in lists.items():
        place = f"line {document.line((name,))}"
        if name not in _LISTS:
            yield FileFault("", place, str(name), f"expected one of {', '.join(_LISTS)}")
        elif not isinstance(records, list):
            yield FileFault("", place, str(name), "expected a list")
        else:
            for index, record in enumerate(records):
                yield _yaml_row(document, (name, index), record)


def _yaml_row(document: MarkedYaml, path: Loc, record: object) -> TableRow | FileFault:
    def where(loc: Loc) -> tuple[str, str]:
        return f"line {document.line((*path, *loc))}", ".".join(map(str, loc))

    if not isinstance(record, dict):
        return FileFault("", where(())[0], str(path[0]), "expected a record with fields")
    return TableRow(_LISTS[str(path[0])], {str(name): _as_text(value) for name, value in record.items()}, where)


def _as_text(value: Any) -> Any:
    """Numbers in YAML are ids and phone numbers: every field of a registry record is text."""
    if isinstance(value, dict):
        return {str(name): _as_text(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_as_text(part) for part in value]
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _checked(row: TableRow, spool: Spool) -> Sequence[FileFault]:
    """What is wrong with a row; a row that passes is laid down."""
    try:
        text = orjson.dumps(row.data)
        record = MODELS[row.kind].model_validate_json(text)
    except ValidationError as error:
        return [
            FileFault("", *row.where(part["loc"]), part["msg"].removeprefix("Value error, "))
            for part in _first_of_each(error)
        ]
    except TypeError as error:
        return [FileFault("", *row.where(()), str(error))]
    # Every number is text by now, and what JSON cannot hold was not written: of what I-4 refuses only NUL is left.
    unfit = fault(record) if b"\\u0000" in text else None
    if unfit is not None:
        return [FileFault("", *row.where(()), unfit.detail)]
    place, column = row.where((IDS[row.kind],))
    key = _key(row.kind, record)
    if not is_record_id(key.partition(":")[2]):
        return [
            FileFault("", place, column, f"an id has 1 to {ID_LIMIT} printable characters; without `id` the name is it")
        ]
    for name in record.model_extra or ():
        if len(spool.strangers) < STRANGERS:
            spool.strangers[row.kind, name] += 1
    said = record.model_dump_json(by_alias=True, exclude_none=True, exclude_unset=True)
    spool.add(key, place, column, said.encode())
    return ()


def _first_of_each(error: ValidationError) -> Iterator[Any]:
    """One error for each field: pydantic tells one for each member of a union, in steps of its own."""
    fields: set[Loc] = set()
    for part in error.errors(include_url=False, include_context=False, include_input=False):
        loc = part["loc"]
        end = next((n for n, step in enumerate(loc) if str(step) == "date" or "[" in str(step)), len(loc))
        part["loc"] = loc[: max(end, 1)]
        if part["loc"] not in fields:
            fields.add(part["loc"])
            yield part


def _key(kind: str, record: BaseModel) -> str:
    if isinstance(record, GuardedPeriod):
        return f"guarded:{record.extra.get('id') or record.name}"
    return f"{kind}:{getattr(record, IDS[kind])}"
