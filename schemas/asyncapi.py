"""The AsyncAPI 3.0 document of the contract, from rectify's view: it receives findings, it sends tickets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final, NamedTuple

from schemas.topics import DEAD_LETTER_BYTES, MESSAGE_BYTES, RUNGS, Topics
from schemas.vocabulary import RUNG_LABELS

VERSION: Final = "1.0.0"  # of the contract
_BINDING: Final = "0.5.0"  # of AsyncAPI's Kafka bindings
_SCHEMA_FORMAT: Final = "application/schema+json;version=draft-2020-12"
_ABOUT: Final = (
    "Rectify 整改闭环: findings become tickets with working-day deadlines, reminders, escalations and rechecks. "
    "Every message is one JSON object in UTF-8; times are RFC 3339 with an offset; unknown fields are kept. "
    "Delivery out is at least once; every outbound `id` is deterministic, so a consumer can drop repeats. "
    "What is refused goes to the dead letters."
)


class _Channel(NamedTuple):
    name: str
    address: str
    action: str  # what rectify does: receive or send
    summary: str
    key: str
    messages: tuple[str, ...]
    compacted: bool = False
    max_bytes: int = MESSAGE_BYTES


_TOPICS: Final = Topics()
_CHANNELS: Final = (
    _Channel(
        "findings",
        _TOPICS.findings,
        "receive",
        "检出: findings, ends of runs, and answers to rechecks. Also as CloudEvents 1.0, binary or structured.",
        "`asset_id` is recommended; any key, or none, leads to the same tickets",
        ("finding", "run", "recheck", "cloudevent"),
    ),
    _Channel(
        "commands",
        _TOPICS.commands,
        "receive",
        "指令: what people decide. Topic ACLs guard who may write.",
        "`asset_id` is recommended",
        ("command",),
    ),
    _Channel(
        "registry",
        _TOPICS.registry,
        "receive",
        "登记: assets, units with their contacts, calendars, guarded periods, producers. A null value deletes.",
        "`asset:<id>`, `unit:<id>`, `calendar:<year>`, `guarded:<id>` or `producer:<source>`",
        ("asset", "unit", "calendar", "guarded", "producer", "deletion"),
        compacted=True,
    ),
    _Channel(
        "bulletins",
        _TOPICS.bulletins,
        "receive",
        "通报: bulletins as they were issued, for everybody to read. Topic ACLs guard who may write.",
        "`bulletin_id`",
        ("issued-bulletin",),
        compacted=True,
    ),
    _Channel(
        "tickets",
        _TOPICS.tickets,
        "send",
        "整改单: each ticket as it now stands.",
        "`ticket_id`",
        ("ticket",),
        compacted=True,
    ),
    _Channel("events", _TOPICS.events, "send", "事件: what happened, with rule and reason.", "`asset_id`", ("event",)),
    _Channel(
        "escalations",
        _TOPICS.escalation("{rung}"),
        "send",
        "升级: the supervisors' subscription, one topic for each rung of the policy's ladder.",
        "the supervising unit's `unit_id`, or `unassigned`",
        ("escalation",),
    ),
    _Channel(
        "recheckRequests",
        _TOPICS.recheck_requests,
        "send",
        "复查申请: asks any producer to look again.",
        "`asset_id`",
        ("recheck-request",),
    ),
    _Channel(
        "receipts",
        _TOPICS.receipts,
        "send",
        "回执: what became of each mail and short message.",
        "`notice_id`",
        ("receipt",),
    ),
    _Channel(
        "deadLetters",
        _TOPICS.dead_letters,
        "send",
        "拒收: what could not be read or was refused; key, value and headers as they came, unless `rectify-truncated`.",
        "as it came",
        ("dead-letter",),
        max_bytes=DEAD_LETTER_BYTES,
    ),
)
_CLOUD: Final = ("finding", "run", "recheck")


def document() -> dict[str, Any]:
    """The whole document; its messages refer to the JSON Schema files beside it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Rectify 整改闭环",
            "version": VERSION,
            "description": _ABOUT,
            "license": {"name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "kafka": {
                "host": "localhost:9092",
                "protocol": "kafka",
                "description": "RECTIFY_BROKER; the topic prefix is RECTIFY_TOPIC_PREFIX",
            }
        },
        "channels": {channel.name: _channel(channel) for channel in _CHANNELS},
        "operations": {_operation_name(channel): _operation(channel) for channel in _CHANNELS},
        "components": {"messages": {_camel(name): _message(name, channel) for name, channel in _messages()}},
    }


def _messages() -> Iterable[tuple[str, _Channel]]:
    return ((name, channel) for channel in _CHANNELS for name in channel.messages)


def _camel(name: str) -> str:
    head, *tail = name.split("-")
    return head + "".join(part.capitalize() for part in tail)


def _channel(channel: _Channel) -> dict[str, Any]:
    kafka: dict[str, Any] = {
        "topicConfiguration": {
            "cleanup.policy": ["compact" if channel.compacted else "delete"],
            "max.message.bytes": channel.max_bytes,
        },
        "bindingVersion": _BINDING,
    }
    described: dict[str, Any] = {
        "address": channel.address,
        "summary": channel.summary,
        "messages": {_camel(name): {"$ref": f"#/components/messages/{_camel(name)}"} for name in channel.messages},
        "bindings": {"kafka": kafka},
    }
    if "{rung}" in channel.address:
        labels = ", ".join(f"{rung} {RUNG_LABELS[rung]}" for rung in RUNGS)
        described["parameters"] = {
            "rung": {
                "description": f"{labels}; a policy pack may name others",
                "examples": list(RUNGS),
            }
        }
    return described


def _operation_name(channel: _Channel) -> str:
    return f"{channel.action}{channel.name[0].upper()}{channel.name[1:]}"


def _operation(channel: _Channel) -> dict[str, Any]:
    place = f"#/channels/{channel.name}"
    return {
        "action": channel.action,
        "channel": {"$ref": place},
        "summary": channel.summary,
        "messages": [{"$ref": f"{place}/messages/{_camel(name)}"} for name in channel.messages],
    }


def _message(name: str, channel: _Channel) -> dict[str, Any]:
    message: dict[str, Any] = {
        "name": name,
        "contentType": "application/json",
        "payload": _payload({"$ref": f"./{name}.json"}),
        "bindings": {
            "kafka": {"key": {"type": "string", "description": channel.key}, "bindingVersion": _BINDING},
        },
    }
    if name in _CLOUD:
        message["headers"] = _cloud_headers(name)
    return {**message, **_SPECIAL.get(name, {})}


def _payload(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"schemaFormat": _SCHEMA_FORMAT, "schema": dict(schema)}


def _cloud_headers(name: str) -> dict[str, Any]:
    return {
        "type": "object",
        "description": "CloudEvents 1.0 in binary mode; without these headers it is a plain message",
        "properties": {
            "ce_specversion": {"const": "1.0"},
            "ce_type": {"const": f"rectify.{name}.v1"},
            "ce_id": {"type": "string"},
            "ce_source": {"type": "string"},
        },
    }


def _texts(**fields: str) -> dict[str, Any]:
    return {name.replace("_", "-"): {"type": "string", "description": words} for name, words in fields.items()}


_REFUSED: Final = _texts(
    rectify_error="a short machine code",
    rectify_error_detail="a sentence that names field and reason",
    rectify_origin_topic="the topic it came from",
    rectify_origin_partition="its partition, a decimal number",
    rectify_origin_offset="its offset, a decimal number",
)
_SPECIAL: Final[Mapping[str, Mapping[str, Any]]] = {
    "cloudevent": {
        "title": "CloudEvents 1.0 in structured mode",
        "contentType": "application/cloudevents+json",
        "payload": _payload(
            {
                "type": "object",
                "required": ["specversion", "type", "source", "id", "data"],
                "properties": {
                    "specversion": {"const": "1.0"},
                    "type": {"enum": [f"rectify.{name}.v1" for name in _CLOUD]},
                    "source": {"type": "string"},
                    "id": {"type": "string"},
                    "data": {"type": "object", "description": "a finding, a run or a recheck; `type` may be left out"},
                },
            }
        ),
    },
    "deletion": {"title": "a null value deletes the record of its key", "payload": _payload({"type": "null"})},
    "dead-letter": {
        "title": "Dead letter 拒收",
        "contentType": "application/octet-stream",
        "payload": _payload({"description": "the original bytes, or null"}),
        "headers": {
            "type": "object",
            "description": "the original headers, and these",
            "required": list(_REFUSED),
            "properties": {
                **_REFUSED,
                **_texts(
                    rectify_truncated="the value is cut to 64 KiB, as the broker refused it whole; or key, value and "
                    "headers are left out: of a batch, and where a producer has too much refused"
                ),
            },
        },
    },
}
