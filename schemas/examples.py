"""Examples in the exported schemas: messages as they are written, and from them an example of every field."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

import yaml

_FILE: Final = Path(__file__).with_name("examples.yaml")
_ALSO: Final[Mapping[str, tuple[str, ...]]] = {"escalation": ("event",)}  # which it has all fields of
_SHOWN: Final[Mapping[str, str]] = {"TicketDocument": "ticket", "AssetShown": "asset", "UnitShown": "unit"}
"""Parts of a message that are messages themselves, or have their fields."""
_MOST: Final = 2  # of a field


@cache
def examples() -> Mapping[str, Sequence[dict[str, Any]]]:
    """Whole messages, by the name of their schema."""
    found: dict[str, list[dict[str, Any]]] = yaml.safe_load(_FILE.read_text("utf-8"))
    return found


def with_examples(name: str, schema: dict[str, Any]) -> dict[str, Any]:
    """The schema of messages with examples at each field that one of them has."""
    own = examples().get(name, ())
    others = [one for also in _ALSO.get(name, ()) for one in examples()[also]]
    definitions = schema.get("$defs", {})
    for part in definitions.keys() & _SHOWN.keys():
        _fill(definitions[part], definitions, examples()[_SHOWN[part]])
    _fill(schema, definitions, [*own, *others])
    return schema


def _fill(schema: dict[str, Any], definitions: Mapping[str, Any], documents: Sequence[Mapping[str, Any]]) -> None:
    for field, what in schema.get("properties", {}).items():
        values = [document[field] for document in documents if document.get(field) is not None]
        for one in _objects(what, definitions):
            _fill(one, definitions, [part for value in values for part in _parts(value)])
        values = [*what.get("examples", ()), *values]
        known = [value for place, value in enumerate(values) if value not in values[:place]][:_MOST]
        if known and "const" not in what:
            what["examples"] = known[:1] if isinstance(known[0], list | dict) else known


def _objects(what: Mapping[str, Any], definitions: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The objects with fields of their own that a field may hold."""
    if "$ref" in what:
        return [definitions[what["$ref"].rpartition("/")[2]]]
    inner = [*what.get("anyOf", ()), *([what["items"]] if isinstance(what.get("items"), dict) else ())]
    return [one for part in inner for one in _objects(part, definitions)]


def _parts(value: Any) -> list[Mapping[str, Any]]:
    if isinstance(value, Mapping):
        return [value]
    return [one for one in value if isinstance(one, Mapping)] if isinstance(value, list) else []
