"""Files of findings become messages, line by line."""

import os
from io import StringIO
from pathlib import Path

import orjson
import pytest

from streams.files.faults import FileError
from streams.files.findings.files import FileMessage, csv_rows, json_lines


async def _lines(path: Path) -> list[FileMessage]:
    with path.open("rb") as stream:
        return [entry async for batch in json_lines(stream) for entry in batch]


async def test_json_lines_keep_their_numbers(tmp_path: Path) -> None:
    """Blank lines count but carry nothing; a mark at the beginning and a missing end of line do not matter."""
    file = tmp_path / "findings.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"b":2}')

    assert [entry[:2] for entry in await _lines(file)] == [(1, b'{"a":1}'), (4, b'{"b":2}')]


async def test_json_lines_longer_than_a_read(tmp_path: Path) -> None:
    """A line that is longer than one read, and many short ones, arrive whole and in order."""
    file = tmp_path / "findings.jsonl"
    long = b'"' + b"x" * 3_000_000 + b'"'
    file.write_bytes(long + b"\n" + b"".join(b"%d\n" % number for number in range(5_000)))

    first, *rest = await _lines(file)

    assert first.value == long
    assert [(entry.line, int(entry.value)) for entry in rest] == [(n + 2, n) for n in range(5_000)]


async def test_a_pipe_is_followed_without_delay() -> None:
    """What has been written to a pipe is there before the writer closes it."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb") as stream:
        batches = json_lines(stream)
        os.write(writing, b'{"a":1}\n{"b"')

        assert [entry.value for entry in await anext(batches)] == [b'{"a":1}']

        os.write(writing, b":2}\n")
        assert [entry.value for entry in await anext(batches)] == [b'{"b":2}']
        os.close(writing)
        assert [batch async for batch in batches] == [[]]


def test_csv_columns_become_fields() -> None:
    """Dotted columns go into the evidence, known types are read, empty cells and rows are left out."""
    table = StringIO(
        "asset_id,check,observed_at,title,evidence.url,evidence.home_page,evidence.http_status,evidence.missing\n"
        "www,link.dead,2026-02-13T16:00:00+08:00,,https://a.cn/,是,404,备案号；地址\n"
        ",,,,,,,\n"
        'www,home.stale,2026-02-13T16:00:00+08:00,"两\n行",,false,oops,\n'
    )

    first, second = csv_rows(table)

    assert orjson.loads(first.value) == {
        "asset_id": "www",
        "check": "link.dead",
        "observed_at": "2026-02-13T16:00:00+08:00",
        "evidence": {"url": "https://a.cn/", "home_page": True, "http_status": 404, "missing": ["备案号", "地址"]},
    }
    assert orjson.loads(second.value)["evidence"] == {"home_page": False, "http_status": "oops"}
    assert orjson.loads(second.value)["title"] == "两\n行"
    assert (first.line, second.line) == (2, 5)


HEADER = "asset_id,check,observed_at,locator\n"
ROW = "www,link.dead,2026-02-13T16:00:00+08:00,{}\n"


def _faults(text: str) -> tuple[list[int], list[tuple[int, str]]]:
    """The lines that are messages, and those that are not, with the reason."""
    entries = list(csv_rows(StringIO(text, newline="")))
    return [entry.line for entry in entries if not entry.fault], [(e.line, e.fault) for e in entries if e.fault]


def test_csv_lines_with_something_wrong_are_named_and_the_others_go() -> None:
    """More cells than names, a cell under no name; blank cells too many, or too few, do no harm."""
    good, faults = _faults(
        HEADER + ROW.format("a") + ROW.format("b,c,d") + ROW.format("e,,") + "www,link.dead,x\n" + "\n"
    )
    assert good == [2, 4, 5]
    assert [(line, fault.partition(" · ")[2]) for line, fault in faults] == [(3, "6 cells under 4 names")]
    good, faults = _faults(f"asset_id,check,,observed_at,\nwww,x,?,y,\n{'a,b,,c'}\n")
    assert (good, faults[0][0]) == ([3], 2)
    assert "column 3 has no name" in faults[0][1]


def test_csv_with_a_quote_that_is_never_closed_loses_that_line_alone() -> None:
    """Whatever follows: nothing with quotes, a quoted cell, the end of the file; quoted line breaks are none of it."""
    swallowed = ROW.format('"a')
    good, faults = _faults(HEADER + ROW.format('"x\ny"') + swallowed + ROW.format("b") + ROW.format("c"))
    assert good == [3, 5, 6]
    assert [line for line, _ in faults] == [4]
    assert faults[0][1].endswith('a quote (") that begins here is not closed')
    good, faults = _faults(HEADER + swallowed + ROW.format("b") + ROW.format('"c"') + ROW.format("d"))
    assert good == [3, 4, 5]
    assert [line for line, _ in faults] == [2]
    good, faults = _faults(HEADER + ROW.format("b") + swallowed)
    assert (good, [line for line, _ in faults]) == ([2], [3])
    good, faults = _faults(HEADER + swallowed + ROW.format("x" * 400) * 2_000)  # beyond what a cell may hold
    assert (len(good), [line for line, _ in faults]) == (2_000, [2])


@pytest.mark.parametrize("mark", ["", "sep=;\n", '"sep=;"\n', "SEP=;\r\n"])
def test_csv_with_semicolons_or_tabs_is_read(mark: str) -> None:
    """As Excel saves it where the comma is a decimal sign, with or without the line that says so."""
    table = mark + (HEADER + ROW.format("a")).replace(",", ";")
    assert _faults(table)[0] == [2 + bool(mark)]
    if not mark:
        assert _faults(table.replace(";", "\t"))[0] == [2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("www,link.dead\n", "asset_id, check"),
        ("", "asset_id, check"),
        ("asset_id|check|observed_at\n", r"it has: asset_id\|check\|observed_at"),
        ("asset_id,check\n", "lacks observed_at"),
        ("asset_id,check,observed_at,locator,locator\n", r"names a field twice: locator \(4, 5\)"),
        ('"asset_id,check\n', "asset_id, check"),
    ],
)
def test_a_csv_whose_first_row_is_wrong_is_refused_as_a_whole(text: str, said: str) -> None:
    """No names, a name twice, a needed name that is missing: one sentence, not one for each line."""
    with pytest.raises(FileError, match=said):
        list(csv_rows(StringIO(text)))


@pytest.mark.parametrize(
    "content",
    [
        b'[{"a":1},\n{"b":2}]',
        b'[\n  {"a":1},\n  {"b":2}\n]\n',
        b'{\n "a":1\n}\n{\n "b":2\n}\n',
        b'\x1e{"a":1}\n\x1e{"b":2}\n',
        b'\x1e{\n"a":1}\n\x1e{\n"b":2}\n',
        '{"a":1}\r\n{"b":2}\r\n'.encode("utf-16"),
        '[{"a":1},{"b":2}]'.encode("utf-16"),
        '{"a":1}\n{"b":2}'.encode("utf-16-le"),
        '{"a":1}\n{"b":2}'.encode("utf-16-be"),
    ],
)
async def test_json_in_other_forms_is_read_too(tmp_path: Path, content: bytes) -> None:
    """An array, objects over several lines, RFC 7464, what PowerShell writes."""
    (tmp_path / "x.json").write_bytes(content)
    assert [orjson.loads(entry.value) for entry in await _lines(tmp_path / "x.json")] == [{"a": 1}, {"b": 2}]


async def test_json_over_several_lines_is_read_up_to_what_is_wrong(tmp_path: Path) -> None:
    """The line is named; what stands before it goes."""
    (tmp_path / "x.json").write_bytes(b'[\n  {"a":1},\n  {"b":2,}\n]')
    first, bad = await _lines(tmp_path / "x.json")
    assert (first.line, first.value) == (2, b'{"a":1}')
    assert bad.line == 3
    assert "no JSON from here on" in bad.fault
    (tmp_path / "y.json").write_bytes("[1]".encode("utf-16") + b"x")
    with pytest.raises(FileError, match="begins as UTF-16"):
        await _lines(tmp_path / "y.json")
