"""The AsyncAPI document: valid by AsyncAPI's own schema, complete by the contract's list of topics."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

import schemas
from schemas.topics import RUNGS, Topics
from tests.support.json_schemas import faults_draft7

EXPORTED = Path(schemas.__path__[0]) / "exported"
OFFICIAL = json.loads(Path(__file__).with_name("asyncapi-3.0.0.json").read_text("utf-8"))


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    """Return the published document."""
    loaded: dict[str, Any] = yaml.safe_load((EXPORTED / "asyncapi.yaml").read_text("utf-8"))
    return loaded


def refs(node: object) -> Iterator[str]:
    """Every reference, at any depth."""
    if isinstance(node, dict):
        if isinstance(node.get("$ref"), str):
            yield node["$ref"]
        for part in node.values():
            yield from refs(part)
    elif isinstance(node, list):
        for part in node:
            yield from refs(part)


def resolve(document: dict[str, Any], ref: str) -> Any:
    """What a reference means: a place in the document, or a file beside it."""
    name, _, pointer = ref.partition("#")
    node: Any = json.loads((EXPORTED / name).read_text("utf-8")) if name else document
    for step in pointer.split("/")[1:]:
        node = node[step]
    return node


def test_it_is_valid(document: dict[str, Any]) -> None:
    """By the schema that AsyncAPI publishes; a wrong one is noticed."""
    assert faults_draft7(OFFICIAL, document) == []
    assert faults_draft7(OFFICIAL, {**document, "operations": {"x": {"action": "publish"}}}) != []


def test_every_reference_resolves(document: dict[str, Any]) -> None:
    """Inside the document and to the schema files."""
    found = list(refs(document))
    assert any(ref.startswith("./") for ref in found)
    for ref in found:
        assert isinstance(resolve(document, ref), dict), ref


def test_every_topic_has_a_channel(document: dict[str, Any]) -> None:
    """The topics that rectify creates, with their limits and the way they are kept."""
    channels = {channel["address"]: channel for channel in document["channels"].values()}
    for rung in RUNGS:
        channels[Topics().escalation(rung)] = channels[Topics().escalation("{rung}")]
    del channels[Topics().escalation("{rung}")]
    specs = {spec.name: spec for spec in Topics().specs()}
    assert channels.keys() == specs.keys()
    for name, channel in channels.items():
        kept = channel["bindings"]["kafka"]["topicConfiguration"]
        assert kept["max.message.bytes"] == specs[name].max_message_bytes
        assert kept["cleanup.policy"] == ["compact" if specs[name].compacted else "delete"]


def test_directions(document: dict[str, Any]) -> None:
    """From rectify's view: what workers read is received, the rest is sent; each channel once."""
    actions = {resolve(document, o["channel"]["$ref"])["address"]: o["action"] for o in document["operations"].values()}
    assert {address for address, action in actions.items() if action == "receive"} == set(Topics().inbound)
    assert len(actions) == len(document["channels"]) == len(document["operations"])


def test_every_schema_is_a_message(document: dict[str, Any]) -> None:
    """Each schema but those of files (policy pack, mapping) is the payload of one message, which names its key."""
    messages = document["components"]["messages"].values()
    files = {message["payload"]["schema"].get("$ref") for message in messages} - {None}
    assert files == {f"./{path.name}" for path in EXPORTED.glob("*.json")} - {"./policy.json", "./mapping.json"}
    assert all(message["bindings"]["kafka"]["key"]["description"] for message in messages)


def test_dead_letters_and_cloudevents(document: dict[str, Any]) -> None:
    """Their headers are part of the contract."""
    messages = document["components"]["messages"]
    assert messages["deadLetter"]["headers"]["required"] == [
        "rectify-error",
        "rectify-error-detail",
        "rectify-origin-topic",
        "rectify-origin-partition",
        "rectify-origin-offset",
    ]
    assert "rectify-truncated" in messages["deadLetter"]["headers"]["properties"]
    for kind in ("finding", "run", "recheck"):
        assert messages[kind]["headers"]["properties"]["ce_type"] == {"const": f"rectify.{kind}.v1"}
    assert messages["cloudevent"]["contentType"] == "application/cloudevents+json"
