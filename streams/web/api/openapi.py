"""The API as OpenAPI 3.1: made of the routes, checked in as openapi.json, and served as it is checked in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import orjson
from fastapi.openapi.utils import get_openapi
from starlette.routing import BaseRoute

FILE: Final = Path(__file__).with_name("openapi.json")
VERSION: Final = "1"


def described() -> bytes:
    """As it is checked in."""
    return FILE.read_bytes()


def describe(routes: Sequence[BaseRoute]) -> bytes:
    """The routes, described; every one wants a key."""
    document: dict[str, Any] = get_openapi(
        title="整改闭环 Rectify",
        version=VERSION,
        openapi_version="3.1.0",
        description="Tickets, and what became of findings, for programs with a key.",
        routes=routes,
    )
    document.setdefault("components", {})["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
    document["security"] = [{"key": []}]
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS) + b"\n"
