"""The published contract: the committed files are what the models say, and they accept what was ever written."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import schemas
from schemas.event import BODIES, Event
from schemas.export import MODELS, export
from tests.support.json_schemas import faults, is_schema

EXPORTED = Path(schemas.__path__[0]) / "exported"
EXAMPLES = sorted(Path(__file__).with_name("examples").glob("*.json"))
AT = "2026-02-13T16:00:00+08:00"
FINDING: dict[str, Any] = {"asset_id": "a", "check": "link.dead", "observed_at": AT}
RUN: dict[str, Any] = {
    "type": "run",
    "asset_id": "a",
    "run_id": "r",
    "source": "s",
    "status": "complete",
    "finished_at": AT,
}
RECHECK: dict[str, Any] = {"type": "recheck", "asset_id": "a", "outcome": "absent", "observed_at": AT}
COMMAND: dict[str, Any] = {"asset_id": "a", "ticket_id": "t", "by": "b", "at": AT}


def test_the_committed_files_are_fresh(tmp_path: Path) -> None:
    """Who changes a model runs `rectify schemas export`."""
    fresh = {path.name: path.read_text("utf-8") for path in export(tmp_path / "new")}
    committed = {path.name: path.read_text("utf-8") for path in EXPORTED.iterdir()}
    assert committed == fresh


def test_the_contracts_files_are_there() -> None:
    """The names that the contract promises."""
    promised = "finding run recheck command asset unit calendar ticket event escalation recheck-request receipt"
    names = {path.name for path in EXPORTED.iterdir()}
    assert names >= {"asyncapi.yaml", *(f"{name}.json" for name in promised.split())}
    assert all(path.read_bytes().endswith(b"\n") for path in EXPORTED.iterdir())


@pytest.mark.parametrize("name", MODELS)
def test_each_is_a_json_schema(name: str) -> None:
    """Of 2020-12, with a name of its own, a title and a description."""
    schema = json.loads((EXPORTED / f"{name}.json").read_text("utf-8"))
    assert is_schema(schema)
    assert schema["$id"] == f"urn:rectify:v1:{name}"
    assert schema["title"]
    assert schema["description"]


KEYWORDS: dict[str, tuple[str, ...]] = {
    "array": ("items", "prefixItems", "minItems", "maxItems", "uniqueItems", "contains"),
    "object": (
        "properties",
        "required",
        "additionalProperties",
        "patternProperties",
        "propertyNames",
        "minProperties",
        "maxProperties",
    ),
    "string": ("minLength", "maxLength", "pattern", "format"),
    "number": ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
}
NAME = frozenset({"string"})
IN_PLACE = ("if", "then", "else", "not")


def unstrict(schema: Any, types: frozenset[str], place: str) -> list[str]:
    """What a validator refuses that wants each keyword beside its type, and each required name among the properties."""
    if not isinstance(schema, dict):
        return []
    own = schema.get("type", [])
    types = frozenset([own] if isinstance(own, str) else own) or types
    found = [f"{place}: a union of types"] if isinstance(own, list) and set(own) - {"null"} != set(own[:1]) else []
    for kind, keywords in KEYWORDS.items():
        fitting = types & ({"number", "integer"} if kind == "number" else {kind})
        found += [f"{place}: {word} without type {kind}" for word in keywords if word in schema and not fitting]
    found += [
        f"{place}: {n} is required and no property"
        for n in schema.get("required", ())
        if n not in schema.get("properties", ())
    ]
    for word in IN_PLACE:
        found += unstrict(schema.get(word), types, f"{place}/{word}")
    for word in ("allOf", "anyOf", "oneOf"):
        for number, part in enumerate(schema.get(word, ())):
            found += unstrict(part, types, f"{place}/{word}/{number}")
    for word in ("properties", "$defs", "patternProperties"):
        for name, part in schema.get(word, {}).items():
            found += unstrict(part, frozenset(), f"{place}/{word}/{name}")
    for word in ("items", "additionalProperties", "contains", "propertyNames"):
        found += unstrict(schema.get(word), NAME if word == "propertyNames" else frozenset(), f"{place}/{word}")
    return found


@pytest.mark.parametrize("path", sorted(EXPORTED.glob("*.json")), ids=lambda path: path.stem)
def test_strict_validators_take_the_schemas(path: Path) -> None:
    """As ajv with `strict: true`: what it would call a slip of the pen is none."""
    assert not unstrict(json.loads(path.read_text("utf-8")), frozenset(), path.stem)


def test_what_strict_validators_refuse_is_noticed() -> None:
    """The check above sees what they see."""
    then = {"properties": {"checks": {"minItems": 1}}, "required": ["checks", "other"]}
    assert unstrict({"type": "object", "allOf": [{"if": {"properties": {}}, "then": then}]}, frozenset(), "x") == [
        "x/allOf/0/then: other is required and no property",
        "x/allOf/0/then/properties/checks: minItems without type array",
    ]


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_goldens(path: Path) -> None:
    """What was ever written is accepted, by the model and by the schema."""
    name = path.name.split(".", 1)[0]
    text = path.read_text("utf-8")
    assert faults(name, json.loads(text)) == []
    MODELS[name].model_validate_json(text)


def test_each_kind_has_a_golden() -> None:
    """A kind without one could change unnoticed."""
    assert {path.name.split(".", 1)[0] for path in EXAMPLES} == set(MODELS)


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_unknown_fields_are_kept(path: Path) -> None:
    """A newer program may say more; nobody refuses it, nobody loses it."""
    name = path.name.split(".", 1)[0]
    document = {**json.loads(path.read_text("utf-8")), "field_of_a_later_version": {"a": [1]}}
    assert faults(name, document) == []
    again = MODELS[name].model_validate_json(json.dumps(document)).model_dump(by_alias=True)
    assert again["field_of_a_later_version"] == {"a": [1]}


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("finding", {"check": "link.dead", "observed_at": AT}),
        ("finding", {**FINDING, "observed_at": 1_690_000_000}),
        ("finding", {**FINDING, "locator": "x" * 2_049}),
        ("finding", {**FINDING, "severity": "high"}),
        ("finding", {**FINDING, "evidence": []}),
        ("finding", {**FINDING, "type": "run"}),
        ("finding", {**FINDING, "asset_id": ""}),
        ("run", RUN),
        ("run", {**RUN, "checks": []}),
        ("run", {**RUN, "checks": ["c"], "found": -1}),
        ("recheck", RECHECK),
        ("recheck", {**RECHECK, "check": "c"}),
        ("recheck", {**RECHECK, "ticket_id": None}),
        ("command", {**COMMAND, "action": "delete"}),
        ("command", {**COMMAND, "action": "acknowledge", "ticket_id": None}),
        ("command", {**COMMAND, "action": "reassign"}),
        ("command", {**COMMAND, "action": "waive"}),
        ("command", {**COMMAND, "action": "extend"}),
        ("command", {**COMMAND, "action": "extend", "due_at": AT, "working_days": 2}),
        ("command", {**COMMAND, "action": "accept_run", "source": "s"}),
        ("asset", {"asset_id": "a", "name": "b", "kind": "site"}),
        ("unit", {"unit_id": "u", "name": "n", "contacts": [{"name": "x", "channels": ["fax"]}]}),
        ("calendar", {"year": "2026", "days": []}),
        ("guarded", {"name": "x", "from": "2026-03-01"}),
        ("receipt", {"id": "x", "notice_id": "y", "state": "lost"}),
        ("event", {"id": "x", "type": "exploded", "at": AT}),
    ],
)
def test_model_and_schema_refuse_the_same(name: str, document: dict[str, Any]) -> None:
    """A producer that checks against the schema is not surprised by the batch processor."""
    assert faults(name, document) != []
    with pytest.raises(ValidationError):
        MODELS[name].model_validate_json(json.dumps(document))


@pytest.mark.parametrize("kind", BODIES)
def test_an_event_has_what_its_type_has(kind: str) -> None:
    """A body that lacks a field of its type is refused by model and schema; null is a value."""
    common = dict.fromkeys(("asset_id", "unit_id", "ticket_id", "ticket_version"))
    event = {"id": "x", "type": kind, "at": AT, "rule": "T-1", "reason": "r", "summary": "s", **common}
    whole = {**event, **dict.fromkeys(BODIES[kind])}
    assert faults("event", whole) == []
    Event.model_validate_json(json.dumps(whole))
    for field in BODIES[kind]:
        lacking = {name: value for name, value in whole.items() if name != field}
        assert faults("event", lacking) == [f"$: {field!r} is a required property"]
        with pytest.raises(ValidationError):
            Event.model_validate_json(json.dumps(lacking))
