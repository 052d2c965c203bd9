"""The API as it is described: as the routes are. `python -m tests.contract.test_openapi` writes it anew."""

from __future__ import annotations

from typing import Any, cast

import orjson

from streams.web.api.openapi import FILE, describe
from streams.web.api.routes import api_router


def described() -> bytes:
    """The routes, described; nothing is asked of the premises."""
    return describe(api_router(cast("Any", None)).routes)


def test_what_is_checked_in_describes_the_routes() -> None:
    """A change of the API is a change of this file, and is read as one."""
    assert FILE.read_bytes() == described()


def test_it_is_openapi() -> None:
    """3.1, a key for everything, every list with its page, every answer with a schema that is there."""
    document = orjson.loads(FILE.read_bytes())
    assert document["openapi"] == "3.1.0"
    assert document["security"] == [{"key": []}]
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            assert told["description"], (path, method)
            good = next(iter(told["responses"]))
            assert told["responses"][good]["content"]["application/json"]["schema"]["$ref"] in known
            assert {"401", "403", "429"} <= told["responses"].keys()


if __name__ == "__main__":
    FILE.write_bytes(described())
