"""Files that people hand in, spoiled at random: read, or refused in words; nothing else is raised."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from openpyxl.utils.exceptions import IllegalCharacterError

from schemas.calendar import CalendarError
from streams.files.calendar.formats import parse_calendar
from streams.files.faults import FileError
from streams.files.findings.files import csv_rows
from streams.files.findings.sarif import SarifLog
from streams.files.policy.loading import load_policy
from streams.files.registry.files import read_registry
from streams.rules.intake.intake import Refusal, read_finding
from streams.worker.intake.registrar import read_record
from tests.fuzz.hostile import TEXTS, cases, documents, scalars, texts
from tests.support.world import MAX_BYTES

NOW: Final = datetime(2026, 3, 2, 2, tzinfo=UTC)
_FIELDS: Final = {
    "units": ("unit_id", "name", "supervisor_id", "region", "contacts", "groups", "replaced_by", "unknown"),
    "assets": ("asset_id", "name", "kind", "unit_id", "region", "class", "url", "removed_at", "unknown"),
    "guarded": ("id", "name", "from", "to", "regions", "note"),
}
_GOOD: Final[dict[str, dict[str, Any]]] = {
    "units": {"unit_id": "u1", "name": "某局", "contacts": [{"name": "王五", "email": "wang@unit.gov.cn"}]},
    "assets": {"asset_id": "a1", "name": "某网站", "kind": "website", "unit_id": "u1"},
    "guarded": {"id": "g1", "name": "两会", "from": "2026-03-01", "to": "2026-03-12"},
}
_HEADERS: Final = (
    "单位编号",
    "单位名称",
    "联系人",
    "手机",
    "邮箱",
    "unit_id",
    "name",
    "asset_id",
    "kind",
    "名称",
    "类型",
)


@st.composite
def lists(draw: st.DrawFn) -> dict[str, Any]:
    """What a registry file in YAML holds."""
    document: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(tuple(_FIELDS)), min_size=1, max_size=2, unique=True)):
        record = dict(_GOOD[name])
        for field in draw(st.lists(st.sampled_from(_FIELDS[name]), max_size=3)):
            record[field] = draw(st.one_of(texts, documents))
        document[name] = draw(st.sampled_from(([record], [_GOOD[name], record], [record] * 2)))
    return document


_PIECES: Final = (
    b"*a", b"&a [*a]", b"!!python/object/apply:os.system [id]", b"{{{", b"\t", b"\0", b"<<: *x\n", b"--- \n",
    b"? [x]\n", b"%YAML 9.9\n", b"\xff\xfe", b'"',
)  # fmt: skip


@st.composite
def bent(draw: st.DrawFn, text: str) -> bytes:
    """The text in some encoding, whole or with a piece of something else in it."""
    value = text.encode("utf-8", "surrogatepass")
    how = draw(st.integers(0, 9))
    if how == 0:
        return text.encode("gb18030", "replace")
    if how == 1:
        return text.encode("utf-16", "replace")
    if how == 2:
        return value[: draw(st.integers(0, len(value)))]
    if how == 3:
        place = draw(st.integers(0, len(value)))
        piece = draw(st.sampled_from(_PIECES))
        return value[:place] + piece + value[place:]
    return value


def dumped(document: Any) -> str:
    """YAML, whatever is in it."""
    return str(yaml.dump(document, allow_unicode=True, Dumper=yaml.SafeDumper))


def imported(path: Path, kind: str | None = None) -> None:
    """What passes the check of the whole file passes the worker's too."""
    try:
        records = list(read_registry(path, kind))
    except FileError as error:
        told(error.faults)
        return
    for key, value in records:
        content = read_record(key.encode(), value, MAX_BYTES)
        assert not isinstance(content, Refusal), (key, content)


def told(problems: Iterable[object]) -> None:
    """Every problem is said in words, shortly."""
    said = [str(problem) for problem in problems]
    assert said
    for sentence in said:
        assert len(sentence) > 5
        assert len(sentence) < 20_000


@cases(60, 0.08)
@given(lists().map(dumped).flatmap(bent))
def test_registry_in_yaml(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """Aliases, tags, numbers, encodings."""
    path = tmp_path_factory.getbasetemp() / "registry.yaml"
    path.write_bytes(content)
    imported(path)


@cases(60, 0.06)
@given(st.sampled_from(("asset", "unit")), st.lists(st.lists(texts, max_size=6), max_size=4), st.data())
def test_registry_in_csv(
    tmp_path_factory: pytest.TempPathFactory, kind: str, rows: list[list[str]], data: st.DataObject
) -> None:
    """Formulas, quotes, separators, columns that nobody knows."""
    header = data.draw(st.lists(st.sampled_from(_HEADERS), min_size=1, max_size=6))
    path = tmp_path_factory.getbasetemp() / "registry.csv"
    path.write_bytes(data.draw(bent(table([header, *rows], data.draw(st.sampled_from(",;\t"))))))
    imported(path, kind)


def table(rows: list[list[str]], delimiter: str = ",") -> str:
    """As CSV."""
    file = io.StringIO(newline="")
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


@cases(25, 0.01)
@given(st.lists(st.lists(scalars, max_size=6), max_size=4), st.data())
def test_registry_in_a_workbook(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]], data: st.DataObject
) -> None:
    """Formulas, cells of every type, and a file of which some bytes are others."""
    book = Workbook()
    book.remove(book.worksheets[0])
    for title in data.draw(st.lists(st.sampled_from(("单位", "资产", "联系人", "重要保障期", "别的")), min_size=1)):
        sheet = book.create_sheet(title)
        sheet.append(data.draw(st.lists(st.sampled_from(_HEADERS), min_size=1, max_size=6)))
        for row in rows:
            try:
                sheet.append([cell if isinstance(cell, str | float | bool | None) else str(cell) for cell in row])
            except (IllegalCharacterError, ValueError):
                continue
    path = tmp_path_factory.getbasetemp() / "registry.xlsx"
    try:
        book.save(path)
    except UnicodeEncodeError:
        return
    content = bytearray(path.read_bytes())
    # How long the file is depends on the time that stands in it, and what is drawn must not.
    for place in data.draw(st.lists(st.integers(0, 1 << 20), max_size=3)):
        content[place % len(content)] ^= data.draw(st.integers(0, 255))
    path.write_bytes(bytes(content))
    imported(path)


def checked(entries: Callable[[], Iterable[Any]]) -> None:
    """Each line is a finding or a refusal; a file that is none of its kind is a failure in words."""
    try:
        for entry in entries():
            message = read_finding(entry.value, (), NOW, MAX_BYTES)
            if isinstance(message, Refusal):
                told([message.detail])
    except FileError as error:
        told(error.faults)


@cases(60, 0.07)
@given(st.lists(st.lists(texts, max_size=6), max_size=4), st.data())
def test_findings_in_csv(rows: list[list[str]], data: st.DataObject) -> None:
    """Every cell that a table may hold."""
    names = (
        "asset_id",
        "check",
        "observed_at",
        "locator",
        "evidence.url",
        "evidence",
        "found",
        "checks",
        "evidence.",
        ".",
    )
    header = data.draw(st.lists(st.sampled_from(names), min_size=1, max_size=7))
    content = data.draw(bent(table([header, *rows])))
    encoding = data.draw(st.sampled_from(("utf-8-sig", "gb18030", "utf-16", "utf-7")))
    try:
        checked(lambda: csv_rows(io.TextIOWrapper(io.BytesIO(content), encoding, newline="")))
    except (UnicodeError, csv.Error) as error:  # said by `FindingsFile`, which knows the encoding
        told([error])


_RESULT: Final = {
    "ruleId": "link.dead", "message": {"text": "x"}, "level": "error",
    "locations": [{"physicalLocation": {"artifactLocation": {"uri": "https://a.gov.cn/"}, "region": {"startLine": 1}}}],
}  # fmt: skip


@cases(60, 0.07)
@given(st.dictionaries(st.sampled_from((*_RESULT, "ruleIndex", "rule", "kind", "suppressions")), documents, max_size=3),
       st.dictionaries(st.sampled_from(("tool", "results", "invocations", "automationDetails")), documents, max_size=2),
       st.data())  # fmt: skip
def test_findings_in_sarif(result: dict[str, Any], run: dict[str, Any], data: st.DataObject) -> None:
    """Of every shape that JSON can have."""
    driver = {"name": data.draw(scalars), "rules": data.draw(documents)}
    log = {"runs": [{"tool": {"driver": driver}, "results": [{**_RESULT, **result}], **run}]}
    content = data.draw(bent(json.dumps(log)))
    checked(lambda: SarifLog.read(io.BytesIO(content), "www", NOW).entries())


@cases(40, 0.02)
@given(st.dictionaries(st.sampled_from(("pack", "version", "title", "extends", "checks", "ladder", "limits", "sending",
                                        "working_hours", "severity", "guarded", "unknown")), documents, max_size=3)
       .map(dumped).flatmap(bent))  # fmt: skip
def test_a_pack(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    """A pack of one's own, with anything anywhere."""
    path = tmp_path_factory.getbasetemp() / "pack.yaml"
    path.write_bytes(content)
    try:
        load_policy(path)
    except FileError as error:
        told(error.faults)


_YEAR: Final = {"year": 2031, "source": "s", "days": [{"date": f"2031-10-{n:02}", "off": True} for n in range(1, 12)]}
_ICS: Final = (
    "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nDTSTART:20311001\r\nDTEND:{0}\r\n"
    "SUMMARY:{1}（休）\r\n{2}:{3}\r\nEND:VEVENT\r\nEND:VCALENDAR"
)
_ICS_FIELDS: Final = (
    "RRULE",
    "RDATE",
    "EXDATE",
    "RECURRENCE-ID",
    "DURATION",
    "STATUS",
    "UID",
    "CATEGORIES",
    "DTSTART;TZID=x",
)
_ICS_VALUES: Final = (
    "FREQ=YEARLY",
    "FREQ=DAILY;COUNT=11;BYDAY=MO",
    "20311002",
    "P3D",
    "20311001T000000Z/PT1H",
    "CANCELLED",
    "FREQ=MONTHLY",
)


@cases(60, 0.06)
@given(st.sampled_from((".json", ".yaml", ".ics", ".txt")), st.data())
def test_a_calendar(suffix: str, data: st.DataObject) -> None:
    """All its formats."""
    if suffix == ".ics":
        field, value = st.sampled_from(_ICS_FIELDS), st.one_of(st.sampled_from(_ICS_VALUES), texts)
        end = data.draw(st.one_of(st.just("20311010"), texts))
        text = _ICS.format(end, data.draw(texts), data.draw(field), data.draw(value))
    else:
        spoiled = data.draw(
            st.dictionaries(st.sampled_from(("year", "days", "papers", "source")), documents, max_size=2)
        )
        text = json.dumps({**_YEAR, **spoiled}) if suffix == ".json" else dumped({**_YEAR, **spoiled})
    try:
        parse_calendar(data.draw(bent(text)), f"calendar{suffix}")
    except CalendarError as error:
        told([error])


def test_every_text_in_every_place_of_a_registry(tmp_path: Path) -> None:
    """No text is forgotten by chance."""
    path = tmp_path / "registry.yaml"
    for text in TEXTS:
        for name, fields in _FIELDS.items():
            for field in fields:
                path.write_bytes(dumped({name: [{**_GOOD[name], field: text}]}).encode("utf-8", "surrogatepass"))
                imported(path)
