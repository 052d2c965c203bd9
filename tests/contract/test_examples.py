"""The exported schemas show an example of every field, and the examples are messages that would be taken."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from schemas.base import Model
from schemas.examples import examples
from schemas.export import MODELS, json_schema
from tests.contract.test_schemas_core import undeclared
from tests.support.json_schemas import faults, faults_of

WRITTEN = sorted(MODELS.keys() - {"issued-bulletin"})
"""An issued bulletin is what `rectify bulletin issue` has made, with figures in every field; nobody writes one."""
DOCUMENTS = [(name, place) for name in WRITTEN for place in range(len(examples().get(name, ())))]


def fields(schema: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each field of a message and of its parts."""
    for part, inner in {"": schema, **schema.get("$defs", {})}.items():
        for field, what in inner.get("properties", {}).items():
            yield f"{part}.{field}".lstrip("."), what


@pytest.mark.parametrize("name", WRITTEN)
def test_every_field_has_one(name: str) -> None:
    """But for words that are always the same; each fits its field."""
    schema = json_schema(name)
    for field, what in fields(schema):
        assert what.get("examples") or "const" in what, field
        for example in what.get("examples", ()):
            assert faults_of({**what, "$defs": schema.get("$defs", {})}, example) == [], field


@pytest.mark.parametrize(("name", "place"), DOCUMENTS)
def test_each_is_a_message(name: str, place: int) -> None:
    """The model takes it, knows all of it, and the schema agrees."""
    document = examples()[name][place]
    read = MODELS[name].model_validate_json(json.dumps(document))
    assert isinstance(read, Model)
    assert undeclared(read) == []
    assert faults(name, document) == []
