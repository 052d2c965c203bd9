"""What engineers work with: hooks, the container for editors, the pages of decisions."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "adr").glob("[0-9]*.md"))


def targets() -> dict[str, list[str]]:
    """The Makefile's targets, each with its commands; its variables are filled in."""
    text = (ROOT / "Makefile").read_text("utf-8")
    text = text.replace("$(wildcard bench)", "bench")
    for name, value in re.findall(r"^(\w+) := (.+)$", text, re.MULTILINE):
        text = text.replace(f"$({name})", value)
    found = re.findall(r"^(\w+):[^=\n]*\n((?:\t.+\n)*)", text, re.MULTILINE)
    return {name: re.findall(r"^\t@?(.+)$", commands, re.MULTILINE) for name, commands in found}


def test_the_hooks_are_make_lint() -> None:
    """A commit is checked by what `make lint` calls, in its order, over the whole project."""
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    assert repo["repo"] == "local"
    assert [hook["entry"] for hook in repo["hooks"]] == targets()["lint"]
    assert [hook["pass_filenames"] for hook in repo["hooks"]] == [False] * len(repo["hooks"])


def test_the_container_is_made_by_make() -> None:
    """What it runs when it is new are targets of the Makefile, and its editor uses the environment that these make."""
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))
    program, *wanted = container["postCreateCommand"].split()
    assert program == "make"
    assert set(wanted) <= targets().keys()
    interpreter = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter.endswith("/.venv/bin/python")


def test_every_decision_is_in_the_index() -> None:
    """Numbers without holes, and title and status as the page has them."""
    index = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    rows = re.findall(r"^\| \[(\d{4})\]\(([\w-]+\.md)\) \| (.+) \| (.+) \|$", index, re.MULTILINE)
    assert [number for number, *_ in rows] == [f"{number:04}" for number in range(1, len(rows) + 1)]
    assert [name for _, name, *_ in rows] == [path.name for path in PAGES]
    for (number, _, title, status), path in zip(rows, PAGES, strict=True):
        first, _, third, *_ = path.read_text("utf-8").splitlines()
        assert first == f"# {number} {title}"
        assert re.fullmatch(rf"Status: {re.escape(status)} · \d{{4}}-\d\d-\d\d", third), path.name
        assert re.fullmatch(r"proposed|accepted|superseded by \d{4}", status)


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_a_decision_has_its_parts(path: Path) -> None:
    """Those of the template, what else was considered, and a test that holds it; a page, no more."""
    text = path.read_text("utf-8")
    template = (ROOT / "docs" / "adr" / "template.md").read_text("utf-8")
    assert re.findall(r"^## .+$", text, re.MULTILINE) == re.findall(r"^## .+$", template, re.MULTILINE)
    assert "Considered: " in text
    assert re.search(r"`tests/[\w/]+\.py::\w+`", text.partition("Held by: ")[2])
    assert len(text.split()) <= 450
