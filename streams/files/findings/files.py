"""Files of findings as messages: JSON Lines as they are (other JSON too), CSV by its header, SARIF in `sarif.py`."""

from __future__ import annotations

import asyncio
import codecs
import json
import os
import re
import stat
from collections.abc import AsyncIterator, Iterator
from typing import Any, BinaryIO, Final, NamedTuple, TextIO

import orjson

from streams.files.csv_lines import CsvRecord, csv_records
from streams.files.faults import FileError, FileFault

CHUNK: Final = 1024 * 1024  # bytes
LINE_LIMIT: Final = 64 * CHUNK  # bytes; what has no line end by then is not JSON Lines
BLANKS: Final = b" \t\r\n\x1e"  # the last is what stands before each record in RFC 7464
REQUIRED: Final = ("asset_id", "check", "observed_at")
_WHOLE: Final = re.compile(rb"\[|\{[ \t\r]*\n")  # an array, or an object that does not end on its line
_BETWEEN: Final = re.compile(r"[\s\x1e,\[\]]*")
LISTS: Final = frozenset({"checks", "locators", "evidence.missing"})
AT_ONCE: Final = 2_000  # messages that wait for their acknowledgements together
FLAGS: Final = frozenset({"evidence.home_page", "first_load"})
NUMBERS: Final = frozenset({"evidence.http_status", "evidence.places", "found"})
TRUE: Final = frozenset({"true", "1", "yes", "是"})


class FileMessage(NamedTuple):
    """One message and the line it comes from."""

    line: int
    value: bytes
    size: int = 0  # bytes of the file, for the progress
    place: str = ""  # where it stands, in a file that has no lines
    fault: str = ""  # why it is no message


async def json_lines(stream: BinaryIO, most: int = LINE_LIMIT) -> AsyncIterator[list[FileMessage]]:
    """Every line that is not blank, in batches as they arrive: a pipe is followed without delay.

    An array, or objects over several lines, are read as well, as a whole: at most `most` bytes.
    """
    number, rest, begun = 0, b"", False
    chunks = _decoded(_chunks(stream))
    async for chunk in chunks:
        rest += chunk
        head = b"" if begun else rest.lstrip(BLANKS)
        if head.startswith(b"[") or b"\n" in head:
            begun = True
            if _WHOLE.match(head):
                async for more in chunks:
                    rest += more
                    if len(rest) > most:
                        msg = f"larger than {most} bytes (RECTIFY_MAX_FILE_BYTES); write one message on each line"
                        raise FileError(FileFault(reason=msg))
                yield list(_values(rest))
                return
        *lines, rest = rest.split(b"\n")
        if len(rest) > LINE_LIMIT:
            msg = f"line {number + len(lines) + 1} has no end within {LINE_LIMIT // CHUNK} MiB: is it JSON Lines?"
            raise FileError(FileFault(reason=msg))
        for start in range(0, len(lines), AT_ONCE):
            yield list(_entries(lines[start : start + AT_ONCE], number + start))
        number += len(lines)
    yield list(_entries([rest], number))


def _entries(lines: list[bytes], before: int) -> Iterator[FileMessage]:
    for number, line in enumerate(lines, before + 1):
        if text := line.strip(BLANKS):
            yield FileMessage(number, text, len(line) + 1)


def _values(content: bytes) -> Iterator[FileMessage]:
    """Objects one after the other or in an array, over as many lines as they like."""
    try:
        text = content.decode()
    except UnicodeDecodeError:
        msg = "the file is not text in UTF-8"
        raise FileError(FileFault(reason=msg)) from None
    decoder, place, line, counted = json.JSONDecoder(), 0, 1, 0
    while (place := _BETWEEN.match(text, place).end()) < len(text):  # type: ignore[union-attr] # matches nothing too
        line, counted = line + text.count("\n", counted, place), place
        try:
            _, end = decoder.raw_decode(text, place)
        except (ValueError, RecursionError) as error:
            yield FileMessage(
                line, b"", fault=f"从此处起不是 JSON，其后未读 · no JSON from here on, the rest is not read: {error}"
            )
            return
        yield FileMessage(line, text[place:end].encode(), end - place)
        place = end


def decoded(content: bytes) -> bytes:
    """A file's text as UTF-8, which UTF-16 and a mark at the beginning are turned into. Raises ValueError."""
    encoding = _encoding(content)
    return content.decode(encoding).encode() if encoding else content.removeprefix(codecs.BOM_UTF8)


def _encoding(begin: bytes) -> str | None:
    if begin.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if begin[:1] in b"{[" and begin[1:2] == b"\0":
        return "utf-16-le"
    return "utf-16-be" if begin[:1] == b"\0" and begin[1:2] in (b"{", b"[") else None


async def _decoded(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    first, decoder = True, None
    try:
        async for chunk in chunks:
            if first and (encoding := _encoding(chunk)):
                decoder = codecs.getincrementaldecoder(encoding)()
            text = chunk.removeprefix(codecs.BOM_UTF8) if first else chunk
            first = False
            yield text if decoder is None else decoder.decode(text).encode()
        if decoder is not None:
            decoder.decode(b"", final=True)
    except UnicodeError:
        msg = "the file begins as UTF-16 and goes on as something else; save it as UTF-8"
        raise FileError(FileFault(reason=msg)) from None


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


def csv_rows(stream: TextIO) -> Iterator[FileMessage]:
    """Each row as a message: columns are named as the fields, `evidence.url` for a part of the evidence.

    Empty cells are left out; `checks`, `locators` and `evidence.missing` hold several values apart by semicolons.
    What is wrong with a row is told with its line, and the others go.
    """
    records = csv_records(stream)
    header = _header(next(records, None))
    for record in records:
        cells = [cell.strip() for cell in record.cells]
        if fault := record.fault or _surplus(header, cells, record):
            yield FileMessage(record.line, b"", fault=fault)
        elif any(cells):
            message: dict[str, Any] = {}
            for name, cell in zip(header, cells, strict=False):
                if cell:
                    _put(message, name, cell)
            yield FileMessage(record.last, _written(message, record.last))


def _header(record: CsvRecord | None) -> list[str]:
    names = [name.strip() for name in record.cells] if record is not None else []
    while names and not names[-1]:
        names.pop()
    if record is None or record.fault or not {"asset_id", "type"} & set(names):
        expected = "the first row of the CSV must name the fields: asset_id, check, observed_at, locator, ..."
        msg = f"首行须是列名 · {expected}" + (f" (it has: {', '.join(names)[:200]})" if names else "")
        raise FileError(FileFault(reason=msg))
    twice = [
        f"{name} ({', '.join(str(n) for n, one in enumerate(names, 1) if one == name)})"
        for name in dict.fromkeys(names)
        if name and names.count(name) > 1
    ]
    if twice:
        msg = f"列名重复 · the first row names a field twice: {'; '.join(twice)}"
        raise FileError(FileFault(reason=msg))
    missing = [name for name in REQUIRED if name not in names]
    if missing and "type" not in names:
        msg = f"缺列 · the first row of the CSV lacks {', '.join(missing)}; each finding needs them"
        raise FileError(FileFault(reason=msg))
    return names


def _surplus(header: list[str], cells: list[str], record: CsvRecord) -> str:
    lines = "" if record.last == record.line else f"（至第 {record.last} 行 · down to line {record.last}）"
    if any(cells[len(header) :]):
        return f"{len(cells)} 格，列名只有 {len(header)} 个 · {len(cells)} cells under {len(header)} names{lines}"
    nameless = [n for n, (name, cell) in enumerate(zip(header, cells, strict=False), 1) if cell and not name]
    return f"第 {nameless[0]} 列没有列名 · column {nameless[0]} has no name{lines}" if nameless else ""


def _written(message: dict[str, Any], line: int) -> bytes:
    try:
        return orjson.dumps(message)
    except TypeError as error:  # a lone surrogate, which some encodings can hold
        msg = f"line {line}: {error}"
        raise FileError(FileFault(reason=msg)) from None


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
