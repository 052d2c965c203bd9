"""The contract as files: a JSON Schema (2020-12) for every kind of message and for packs, and the AsyncAPI document."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import yaml
from pydantic import BaseModel

from schemas.actions import ACTIONS, ASKS, NAMED_BY, About
from schemas.asyncapi import document
from schemas.bulletin import Bulletin, IssuedBulletin
from schemas.calendar import CalendarYear
from schemas.command import Command
from schemas.escalation import Escalation
from schemas.event import Event
from schemas.examples import with_examples
from schemas.finding import Finding
from schemas.mapping import Mapping as ToolMapping
from schemas.policy_schema import policy_schema
from schemas.receipt import Receipt
from schemas.recheck import Recheck
from schemas.recheck_request import RecheckRequest
from schemas.registry import Asset, GuardedPeriod, Producer, Unit
from schemas.run import Run
from schemas.ticket import TicketDocument

DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
MODELS: Final[Mapping[str, type[BaseModel]]] = {
    "finding": Finding,
    "run": Run,
    "recheck": Recheck,
    "command": Command,
    "asset": Asset,
    "unit": Unit,
    "calendar": CalendarYear,
    "guarded": GuardedPeriod,
    "producer": Producer,
    "issued-bulletin": IssuedBulletin,
    "ticket": TicketDocument,
    "event": Event,
    "escalation": Escalation,
    "recheck-request": RecheckRequest,
    "receipt": Receipt,
}


def _about(thing: About) -> tuple[str, ...]:
    return tuple(name for name, row in ACTIONS.items() if row.about == thing)


def _has(*names: str) -> dict[str, Any]:
    """That these fields are there, and not null."""
    return {"properties": {name: {"not": {"type": "null"}} for name in names}, "required": list(names)}


def _when(field: str, values: tuple[str, ...], then: Mapping[str, Any]) -> dict[str, Any]:
    return {"if": {"properties": {field: {"enum": list(values)}}, "required": [field]}, "then": dict(then)}


# What the models check across fields, which pydantic does not write into a schema.
_ACROSS: Final[Mapping[str, Mapping[str, Any]]] = {
    "run": {
        "allOf": [
            _when(
                "status",
                ("complete", "partial"),
                {"properties": {"checks": {"type": "array", "minItems": 1}}, "required": ["checks"]},
            )
        ]
    },
    "recheck": {"anyOf": [_has("ticket_id"), _has("fingerprint"), _has("check", "locator")]},
    "command": {
        "allOf": [
            *(_when("action", _about(thing), _has(*names)) for thing, names in NAMED_BY.items()),
            *(_when("action", (name,), _has(*row.fields)) for name, row in ACTIONS.items() if row.fields),
            *(
                _when("action", (name,), {"oneOf": [_has(field) for field in row.one_of]})
                for name, row in ACTIONS.items()
                if row.one_of
            ),
            *(
                _when("kind", (name,), _when("action", ("ask",), {"oneOf": [_has(field) for field in row.one_of]}))
                for name, row in ASKS.items()
                if row.one_of
            ),
        ]
    },
}


def json_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one kind of message, by the name of its file."""
    schema = with_examples(name, MODELS[name].model_json_schema(mode="validation"))
    return {"$schema": DIALECT, "$id": f"urn:rectify:v1:{name}", **schema, **_ACROSS.get(name, {})}


def export(directory: Path) -> list[Path]:
    """Writes every schema and asyncapi.yaml into a directory, which is made if need be; returns the files."""
    directory.mkdir(parents=True, exist_ok=True)
    written = [_write(directory / f"{name}.json", json_schema(name)) for name in MODELS]
    pack = {"$schema": DIALECT, "$id": "urn:rectify:v1:policy", **policy_schema()}
    written.append(_write(directory / "policy.json", pack))
    mapping = {"$schema": DIALECT, "$id": "urn:rectify:v1:mapping", **ToolMapping.model_json_schema(mode="validation")}
    written.append(_write(directory / "mapping.json", mapping))
    figures = {"$schema": DIALECT, "$id": "urn:rectify:v1:bulletin", **Bulletin.model_json_schema()}
    written.append(_write(directory / "bulletin.json", figures))
    path = directory / "asyncapi.yaml"
    text = yaml.safe_dump(document(), allow_unicode=True, sort_keys=False, width=120)
    path.write_text(text, encoding="utf-8")
    return [*written, path]


def _write(path: Path, schema: dict[str, Any]) -> Path:
    path.write_text(json.dumps(schema, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return path
