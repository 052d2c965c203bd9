"""Files of findings become messages, line by line."""

import os
from io import StringIO
from pathlib import Path

import orjson
import pytest

from streams.cli.failure import Failure
from streams.cli.findings_files import Entry, csv_rows, json_lines


async def _lines(path: Path) -> list[Entry]:
    with path.open("rb") as stream:
        return [entry async for batch in json_lines(stream) for entry in batch]


async def test_json_lines_keep_their_numbers(tmp_path: Path) -> None:
    """Blank lines count but carry nothing; a mark at the beginning and a missing end of line do not matter."""
    file = tmp_path / "findings.jsonl"
    file.write_bytes(b'\xef\xbb\xbf{"a":1}\r\n\n  \n{"b":2}')

    assert [(line, value) for line, value, _ in await _lines(file)] == [(1, b'{"a":1}'), (4, b'{"b":2}')]


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


def test_csv_without_a_header_is_no_csv_of_ours() -> None:
    """A table whose first row names no field is refused as a whole, not line by line."""
    with pytest.raises(Failure, match="asset_id, check"):
        list(csv_rows(StringIO("www,link.dead\n")))
