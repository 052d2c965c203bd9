"""What was posted, taken apart: one object, an array, NDJSON, or CloudEvents (structured, binary, batched)."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import Iterator, Mapping
from typing import Any, Final, Literal
from urllib.parse import unquote_to_bytes

from pydantic_core import from_json, to_json

from streams.services.handing_in import HandedItem

ITEMS: Final = 1_000
UNPACKED_BYTES: Final = 8 * 1024 * 1024

Kind = Literal["finding", "run", "recheck"]

_EVENT: Final = "application/cloudevents"
_BATCH: Final = "application/cloudevents-batch+json"
_STRUCTURED: Final = "application/cloudevents+json"
_AS_EVENT: Final = (("content-type", _STRUCTURED.encode()),)
_GZIP: Final = 31  # zlib's number for a gzip header
_SMALL: Final = 64 * 1024  # bytes that are unpacked in the loop
_BOM: Final = b"\xef\xbb\xbf"
_TOO_LARGE, _UNKNOWN_FORM, _UNREADABLE = 413, 415, 400


class NotTaken(Exception):
    """The body as a whole cannot be taken: status, code, and what to do."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail


async def unpacked(body: bytes, encoding: str) -> bytes:
    """The body without its packing. Raises NotTaken: more than 8 MiB, not gzip."""
    coding = encoding.strip().lower()
    if coding in ("", "identity"):
        plain = body
    elif coding in ("gzip", "x-gzip"):
        plain = _gunzip(body) if len(body) <= _SMALL else await asyncio.to_thread(_gunzip, body)
    else:
        raise NotTaken(_UNKNOWN_FORM, "unknown_encoding", f"Content-Encoding: {coding[:40]!r}; gzip, or none")
    if len(plain) > UNPACKED_BYTES:
        raise NotTaken(_TOO_LARGE, "too_large", f"the body is larger than {UNPACKED_BYTES} bytes; send it in parts")
    return plain.removeprefix(_BOM)


def _gunzip(packed: bytes) -> bytes:
    """At most one byte more than the limit."""
    plain, rest = bytearray(), packed
    while rest and len(plain) <= UNPACKED_BYTES:
        member = zlib.decompressobj(_GZIP)
        try:
            plain += member.decompress(rest, UNPACKED_BYTES + 1 - len(plain))
        except zlib.error as error:
            raise NotTaken(_UNREADABLE, "invalid_gzip", f"the body is not gzip: {error}") from None
        if not member.eof and len(plain) <= UNPACKED_BYTES:
            raise NotTaken(_UNREADABLE, "invalid_gzip", "the body is gzip that was cut off")
        rest = member.unused_data
    return bytes(plain)


def items_of(body: bytes, headers: Mapping[str, str], kind: Kind) -> list[HandedItem]:
    """The messages of a body; what has no `type` is of this kind. Raises NotTaken: too many, none, no such form."""
    content_type = headers.get("content-type", "").partition(";")[0].strip().lower()
    if content_type == _BATCH:
        items = [HandedItem(_written(event), _AS_EVENT) for event in _array(body)]
    elif content_type == _STRUCTURED:
        items = [HandedItem(body, _AS_EVENT)]
    elif content_type.startswith(_EVENT):
        detail = f"Content-Type: {content_type[:80]!r}; CloudEvents come as {_STRUCTURED} or {_BATCH}"
        raise NotTaken(_UNKNOWN_FORM, "unknown_content_type", detail)
    elif "ce-type" in headers:
        items = [HandedItem(body, tuple(_of_event(headers)))]
    else:
        items = [HandedItem(value) for value in _plain(body.strip(), content_type, kind)]
    if len(items) > ITEMS:
        raise NotTaken(_TOO_LARGE, "too_many_items", f"{len(items)} items; the limit is {ITEMS}: send it in parts")
    return items


def _of_event(headers: Mapping[str, str]) -> Iterator[tuple[str, bytes]]:
    """Binary mode, as it is over Kafka (CloudEvents HTTP 3.1.3.2: values are percent-encoded)."""
    for name, value in headers.items():
        if name.startswith("ce-"):
            yield f"ce_{name[3:]}", unquote_to_bytes(value)


def _plain(body: bytes, content_type: str, kind: Kind) -> list[bytes]:
    if body.startswith(b"["):
        return [_written(_with_type(one, kind)) for one in _array(body)]
    if b"\n" not in body or not _is_lines(body, content_type):
        return [_typed(body, kind)] if body else []
    return [_typed(line.strip(), kind) for line in body.split(b"\n") if line.strip()]


def _is_lines(body: bytes, content_type: str) -> bool:
    """Whether every line is a message; an object that is written over many lines is one message."""
    return "ndjson" in content_type or "jsonl" in content_type or _is_json(body.partition(b"\n")[0])


def _is_json(text: bytes) -> bool:
    try:
        from_json(text)
    except ValueError:
        return False
    return True


def _array(body: bytes) -> list[Any]:
    try:
        found = from_json(body)
    except ValueError as error:
        raise NotTaken(_UNREADABLE, "invalid_json", f"the array is not JSON: {error}") from None
    if not isinstance(found, list):
        raise NotTaken(_UNREADABLE, "invalid_json", "a batch is one JSON array")
    return found


def _typed(value: bytes, kind: Kind) -> bytes:
    """The message with its kind, byte for byte as it came otherwise."""
    if kind == "finding" or not value.startswith(b"{") or value[1:].lstrip().startswith(b"}"):
        return value
    if b'"type"' in value:
        try:
            document = from_json(value)
        except ValueError:
            return value
        if "type" in document:
            return value
    return b'{"type":"%s",%s' % (kind.encode(), value[1:])


def _with_type(document: Any, kind: Kind) -> Any:
    if kind == "finding" or not isinstance(document, dict) or "type" in document:
        return document
    return {"type": kind, **document}


def _written(document: Any) -> bytes:
    # NaN and numbers of any length stay as they came, and are judged with the message.
    return to_json(document, inf_nan_mode="constants")
