"""Checks documents against JSON Schemas: those of the contract, and AsyncAPI's own."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

from jsonschema import Draft7Validator, Draft202012Validator, FormatChecker  # type: ignore[import-untyped]

from schemas.export import json_schema


@cache
def _validator(name: str) -> Any:
    return Draft202012Validator(json_schema(name), format_checker=FormatChecker(["date"]))


def faults(name: str, document: object) -> list[str]:
    """Return what the contract's schema of this name finds wrong with a document."""
    return [f"{error.json_path}: {error.message}" for error in _validator(name).iter_errors(document)]


def faults_of(schema: Mapping[str, Any], document: object) -> list[str]:
    """The same of a schema that is handed in."""
    return [f"{error.json_path}: {error.message}" for error in Draft202012Validator(schema).iter_errors(document)]


def is_schema(document: Mapping[str, Any]) -> bool:
    """Return whether it is a JSON Schema of 2020-12; raises with what is wrong otherwise."""
    Draft202012Validator.check_schema(document)
    return document["$schema"] == Draft202012Validator.META_SCHEMA["$id"]  # type: ignore[no-any-return]


def faults_draft7(schema: Mapping[str, Any], document: object) -> list[str]:
    """Return what changes-07 schema finds wrong with a document."""
    return [f"{error.json_path}: {error.message}" for error in Draft7Validator(schema).iter_errors(document)]
