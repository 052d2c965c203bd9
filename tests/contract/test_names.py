"""One class a name in the product: who reads `Notice` need not ask which one."""

from __future__ import annotations

import ast
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).parents[2]
PUBLIC = "streams/web/api/models.py"  # names of OpenAPI, which stay for its readers


def classes() -> dict[str, list[str]]:
    """Where each name is a class, outside migrations; what a module keeps to itself is its own affair."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for room in ("streams", "notifiers"):
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if place == PUBLIC or "/migrations/versions/" in place:
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    found[node.name].append(place)
    return found


def test_no_name_stands_for_two_classes() -> None:
    """A second one of a name is told apart by its own."""
    assert {name: places for name, places in classes().items() if len(places) > 1} == {}
