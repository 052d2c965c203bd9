"""A form as it came: its fields, and its files on the way to the shelf. Nothing is held in memory but short fields."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import parse_qsl

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from notifiers.text import clean
from streams.files.uploads.shelf import Incoming, Shelf, TooLarge

FIELD_BYTES: Final = 64 * 1024  # of all fields together
FIELDS: Final = 500
PLAIN_BYTES: Final = 3 * FIELD_BYTES  # as a browser writes them: a Chinese character takes nine
FILES: Final = 5
FILE_BYTES: Final = 10 * 1024 * 1024
FORM_BYTES: Final = FILES * FILE_BYTES + 2 * FIELD_BYTES  # with files
_NAME: Final = 120  # characters of a file's name
_ENDING: Final = 10
_PATHS: Final = re.compile(r"[\\/:]")


class BadForm(Exception):
    """Not a form of ours; `status` says how."""

    def __init__(self, status: int = 400) -> None:
        super().__init__(status)
        self.status = status


@dataclass(slots=True)
class FileSent:
    """A file that came with a form; `fault` is the sentence for whoever sent it."""

    name: str
    incoming: Incoming | None
    fault: str = ""


@dataclass(slots=True)
class SentForm:
    """What was sent."""

    fields: dict[str, list[str]] = field(default_factory=dict)
    files: list[FileSent] = field(default_factory=list)

    def one(self, name: str) -> str:
        """A field's value without blanks around it; empty without one."""
        return self.fields.get(name, [""])[-1].strip()

    def every(self, name: str) -> list[str]:
        """All values of a field, each once."""
        return list(dict.fromkeys(value.strip() for value in self.fields.get(name, ()) if value.strip()))

    def drop(self) -> None:
        """The files that nobody has kept are gone."""
        for one in self.files:
            if one.incoming is not None:
                one.incoming.drop()


def plain_name(text: str) -> str:
    """The name of a file without a path, and without what a terminal or a header would obey."""
    last = _PATHS.split(clean(text).replace('"', ""))[-1].strip(". ")
    if len(last) > _NAME:
        stem, dot, ending = last.rpartition(".")
        last = f"{stem[: _NAME - len(ending) - 1]}.{ending}" if dot and len(ending) <= _ENDING else last[:_NAME]
    return last or "附件"


async def read_form(request: Request, shelf: Shelf | None) -> SentForm:
    """The form of a request; without a shelf, files are passed over. Raises BadForm, OSError (the shelf is full)."""
    kind, options = parse_options_header(request.headers.get("content-type"))
    if kind == b"application/x-www-form-urlencoded":
        return await _plain(request)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BadForm
    reading = _Multipart(shelf)
    parser = MultipartParser(boundary, reading.callbacks())  # type: ignore[arg-type]
    try:
        async for chunk in request.stream():
            await asyncio.to_thread(parser.write, chunk)  # it writes to the disk
        parser.finalize()
    except FormParserError:
        reading.form.drop()
        raise BadForm from None
    except BaseException:
        reading.form.drop()
        raise
    if not reading.ended:
        reading.form.drop()
        raise BadForm
    return reading.form


async def _plain(request: Request) -> SentForm:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > PLAIN_BYTES:
            raise BadForm(413)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=FIELDS, errors="strict")
    except ValueError:
        raise BadForm from None
    form = SentForm()
    for name, value in pairs:
        form.fields.setdefault(name, []).append(value)
    return form


class _Multipart:
    """What the parser calls, part by part."""

    def __init__(self, shelf: Shelf | None) -> None:
        self.form = SentForm()
        self.ended = False
        self._shelf = shelf
        self._room = FIELD_BYTES
        self._parts = 0
        self._begin()

    def callbacks(self) -> dict[str, object]:
        """By the parser's names."""
        return {
            "on_part_begin": self._begin,
            "on_header_field": self._header_name,
            "on_header_value": self._header_value,
            "on_header_end": self._header_end,
            "on_headers_finished": self._headers,
            "on_part_data": self._data,
            "on_part_end": self._end,
            "on_end": self._over,
        }

    def _begin(self) -> None:
        self._header, self._value = b"", b""
        self._headers_found: dict[bytes, bytes] = {}
        self._field: str | None = None
        self._text = bytearray()
        self._file: FileSent | None = None

    def _header_name(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _header_value(self, data: bytes, start: int, end: int) -> None:
        self._value += data[start:end]

    def _header_end(self) -> None:
        self._headers_found[self._header.lower()] = self._value
        self._header, self._value = b"", b""

    def _headers(self) -> None:
        self._parts += 1
        if self._parts > FIELDS:
            raise BadForm
        kind, options = parse_options_header(self._headers_found.get(b"content-disposition"))
        if kind != b"form-data" or b"name" not in options:
            raise BadForm
        if b"filename" in options:
            self._file = self._new_file(_text(options[b"filename"]))
        else:
            self._field = _text(options[b"name"])

    def _new_file(self, name: str) -> FileSent | None:
        if not name or self._shelf is None:
            return None  # a field of files that was left empty
        shown = plain_name(name)
        if len(self.form.files) >= FILES:
            sent = FileSent(shown, None, f"附件最多{FILES}个")
            if len(self.form.files) > FILES:
                return None
        else:
            sent = FileSent(shown, self._shelf.receive(FILE_BYTES))
        self.form.files.append(sent)
        return sent

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._field is not None:
            self._room -= end - start
            if self._room < 0:
                raise BadForm(413)
            self._text += data[start:end]
        elif self._file is not None and self._file.incoming is not None:
            try:
                self._file.incoming.write(data[start:end])
            except TooLarge:
                self._file.incoming.drop()
                self._file.incoming = None
                self._file.fault = f"“{self._file.name}”超过{FILE_BYTES // 1024 // 1024}MB"

    def _end(self) -> None:
        if self._field is not None:
            self.form.fields.setdefault(self._field, []).append(_text(bytes(self._text)))
        elif self._file is not None and self._file.incoming is not None:
            self._file.incoming.finish()
            if not self._file.incoming.size:
                self._file.incoming.drop()
                self._file.incoming = None
                self._file.fault = f"“{self._file.name}”是空文件"
        self._field = self._file = None

    def _over(self) -> None:
        self.ended = True


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise BadForm from None
