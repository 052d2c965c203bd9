"""Files of findings as messages: JSON Lines as they are, CSV by its header, SARIF in `sarif.py`."""

from __future__ import annotations

import asyncio
import csv
import os
import stat
from collections.abc import AsyncIterator, Iterator
from typing import Any, BinaryIO, Final, NamedTuple, TextIO

import orjson

from streams.cli.failure import Failure
from streams.csv_lines import short_lines

CHUNK: Final = 1024 * 1024  # bytes
LINE_LIMIT: Final = 64 * CHUNK  # bytes; what has no line end by then is not JSON Lines
LISTS: Final = frozenset({"checks", "locators", "evidence.missing"})
AT_ONCE: Final = 2_000  # messages that wait for their acknowledgements together
FLAGS: Final = frozenset({"evidence.home_page"})
NUMBERS: Final = frozenset({"evidence.http_status", "evidence.places", "found"})
TRUE: Final = frozenset({"true", "1", "yes", "是"})


class Entry(NamedTuple):
    """One message and the line it comes from."""

    line: int
    value: bytes
    size: int = 0  # bytes of the file, for the progress


async def json_lines(stream: BinaryIO) -> AsyncIterator[list[Entry]]:
    """Every line that is not blank, in batches as they arrive: a pipe is followed without delay."""
    number, rest = 0, b""
    async for chunk in _chunks(stream):
        *lines, rest = (rest + chunk).split(b"\n")
        if len(rest) > LINE_LIMIT:
            msg = f"line {number + len(lines) + 1} has no end within {LINE_LIMIT // CHUNK} MiB: is it JSON Lines?"
            raise Failure(msg)
        for start in range(0, len(lines), AT_ONCE):
            yield list(_entries(lines[start : start + AT_ONCE], number + start))
        number += len(lines)
    yield list(_entries([rest], number))


def _entries(lines: list[bytes], before: int) -> Iterator[Entry]:
    for number, line in enumerate(lines, before + 1):
        text = line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line
        if text.strip():
            yield Entry(number, text.strip(), len(line) + 1)


async def _chunks(stream: BinaryIO) -> AsyncIterator[bytes]:
    descriptor = stream.fileno()
    mode = os.fstat(descriptor).st_mode
    # Waiting in the loop and not in `read`, so that Ctrl-C and the broker's heartbeats get through.
    waits = stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) or os.isatty(descriptor)
    while True:
        if waits:
            await _readable(descriptor)
        chunk = os.read(descriptor, CHUNK)
        if not chunk:
            return
        yield chunk


async def _readable(descriptor: int) -> None:
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


def csv_rows(stream: TextIO) -> Iterator[Entry]:
    """Each row as a message: columns are named as the fields, `evidence.url` for a part of the evidence.

    Empty cells are left out; `checks`, `locators` and `evidence.missing` hold several values apart by semicolons.
    """
    reader = csv.reader(short_lines(stream))
    header = [name.strip() for name in next(reader, [])]
    if "asset_id" not in header and "type" not in header:
        msg = "the first row of the CSV must name the fields: asset_id, check, observed_at, locator, ..."
        raise Failure(msg)
    for row in reader:
        if any(cell.strip() for cell in row):
            message: dict[str, Any] = {}
            for name, cell in zip(header, row, strict=False):
                if cell.strip():
                    _put(message, name, cell.strip())
            yield Entry(reader.line_num, _written(message, reader.line_num))


def _written(message: dict[str, Any], line: int) -> bytes:
    try:
        return orjson.dumps(message)
    except TypeError as error:  # a lone surrogate, which some encodings can hold
        msg = f"line {line}: {error}"
        raise Failure(msg) from None


def _put(message: dict[str, Any], name: str, cell: str) -> None:
    value: object = cell
    if name in LISTS:
        value = [part.strip() for part in cell.replace("；", ";").split(";") if part.strip()]
    elif name in FLAGS:
        value = cell.lower() in TRUE
    elif name in NUMBERS and cell.isdecimal() and len(cell) < 10:  # noqa: PLR2004
        value = int(cell)
    head, dot, tail = name.partition(".")
    evidence = message.setdefault("evidence", {}) if dot and head == "evidence" else None
    if isinstance(evidence, dict):
        evidence[tail] = value
    else:
        message[name] = value
