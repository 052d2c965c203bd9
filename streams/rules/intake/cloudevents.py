"""The envelope of a record: CloudEvents 1.0 over Kafka, structured and binary mode, or none (rules I-1, I-3, I-6).

Structured mode is known by the content type, or by the object itself: one with `specversion`, `type` and data can be
nothing else. Its data is an object (`data`) or the same as bytes (`data_base64`, JSON format 3.1). The five bytes that
a schema registry's serializers put before JSON (0x00 and the schema's number) are passed over.
"""

from __future__ import annotations

from base64 import b64decode
from collections.abc import Mapping, Sequence
from typing import Any, Final

from pydantic_core import from_json, to_json

from streams.rules.state.refusals import Unreadable, not_json

KINDS: Final = ("finding", "run", "recheck")
_TYPES: Final[Mapping[str, str]] = {f"rectify.{kind}.v1": kind for kind in KINDS}
_CLOUD: Final = b"application/cloudevents"
_STRUCTURED: Final = b"application/cloudevents+json"
_VERSION: Final = "1.0"
SCHEMA_MARK: Final = b"\x00"  # no JSON text begins with it
_DATA: Final = frozenset({"data", "data_base64"})
_SCHEMA_BYTES: Final = 5  # the mark and four bytes of the schema's number

Headers = Sequence[tuple[str, bytes]]


def unwrapped(value: bytes | None, headers: Headers, max_bytes: int) -> tuple[bytes, str | None]:
    """The JSON text and, where headers say that it is a CloudEvent, its type. Raises Unreadable."""
    if value is None:
        raise Unreadable("null_value", "value: null; a message is one JSON object")
    if len(value) > max_bytes:
        raise Unreadable("too_large", f"value: {len(value)} bytes; the limit is {max_bytes}")
    value = without_schema(value)
    if not headers:
        return value, None
    named = {name.lower().replace("-", "_"): content or b"" for name, content in headers}
    content_type = named.get("content_type", b"").lower().strip()
    if content_type.startswith(_STRUCTURED):
        return _structured(_object(value))
    if content_type.startswith(_CLOUD):
        kind = _text(content_type.partition(b";")[0])[:80]
        raise Unreadable("invalid_cloudevent", f"content-type: {kind!r}; one event a message, as {_text(_STRUCTURED)}")
    if "ce_type" not in named:
        return value, None
    _known_version("ce_specversion", _text(named.get("ce_specversion", b"1.0")))
    return value, _text(named["ce_type"])


def without_schema(value: bytes) -> bytes:
    """The JSON text behind a schema's number; what has none as it is."""
    return value[_SCHEMA_BYTES:] if value.startswith(SCHEMA_MARK) else value


def enveloped(body: bytes) -> tuple[bytes, str] | None:
    """The data and the type of a CloudEvent that no header announces; None of anything else. Raises Unreadable."""
    try:
        document = from_json(body)
    except ValueError:
        return None
    if not isinstance(document, dict) or not {"specversion", "type"} <= document.keys():
        return None
    return _structured(document) if _DATA & document.keys() else None


def typed(body: bytes, cloud_type: str) -> tuple[bytes, str]:
    """The data with our `type`, which the envelope has said, and that type. Raises Unreadable."""
    kind = _TYPES.get(cloud_type)
    if kind is None:
        raise unknown_type("ce_type", cloud_type, tuple(_TYPES))
    return _written({**_object(body), "type": kind}), kind


def declared_type(body: bytes) -> str:
    """What the field `type` says. Raises Unreadable unless it is one of KINDS."""
    kind = _object(body).get("type")
    if kind not in KINDS:
        raise unknown_type("type", kind, KINDS)
    return str(kind)


def unknown_type(field: str, kind: object, known: Sequence[str]) -> Unreadable:
    """The refusal of a type that nobody knows."""
    return Unreadable("unknown_type", f"{field}: {str(kind)[:80]!r} is not one of {', '.join(known)}")


def _structured(envelope: dict[str, Any]) -> tuple[bytes, str]:
    _known_version("specversion", envelope.get("specversion", _VERSION))
    kind = envelope.get("type")
    if not isinstance(kind, str):
        raise Unreadable("invalid_cloudevent", f"type: a CloudEvent needs one of {', '.join(_TYPES)}")
    data, encoded = envelope.get("data"), envelope.get("data_base64")
    if encoded is not None and data is None:
        return _decoded(encoded), kind
    if encoded is not None:
        raise Unreadable("invalid_cloudevent", "data_base64: a CloudEvent has `data` or `data_base64`, not both")
    if not isinstance(data, dict):
        raise Unreadable("invalid_cloudevent", "data: a CloudEvent of ours has one JSON object as its `data`")
    return _written(data), kind


def _decoded(encoded: object) -> bytes:
    try:
        if isinstance(encoded, str):
            return b64decode(encoded, validate=True)
    except ValueError:  # binascii.Error is one
        pass
    raise Unreadable("invalid_cloudevent", "data_base64: it is not text in base64 (RFC 4648)")


def _known_version(field: str, version: object) -> None:
    if version != _VERSION:
        raise Unreadable("invalid_cloudevent", f"{field}: {str(version)[:80]!r}; CloudEvents {_VERSION} is expected")


def _object(body: bytes) -> dict[str, Any]:
    try:
        document = from_json(body)
    except ValueError as error:
        raise Unreadable(*not_json(str(error), body)) from None
    if not isinstance(document, dict):
        raise Unreadable("invalid_field", "value: a message is one JSON object")
    return document


def _written(document: dict[str, Any]) -> bytes:
    # NaN and numbers of any length stay as they came: what the message may hold is judged once, in plain.py.
    return to_json(document, inf_nan_mode="constants")


def _text(content: bytes) -> str:
    return content.decode("utf-8", "replace")
