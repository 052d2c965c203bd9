"""What documents tell people to type: run by a test, or at least understood by the command line, options and all."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import click
import pytest
from typer.main import get_command

from streams.cli.terminal.root import app

ROOT: Final = Path(__file__).parents[2]
RUN: Final = {  # by the tests that play the page
    "docs/zh/producers.md": "tests/integration/cli/test_producers.py",
    "docs/zh/bulletins.md": "tests/integration/cli/test_bulletins.py",
    "docs/zh/supervisors.md": "tests/integration/cli/test_subscribing.py",
}
PAGES: Final = [
    *(ROOT / "docs").rglob("*.md"),
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
]
BLOCK: Final = re.compile(r"^```(?:sh|text)\n(.*?)^```", re.DOTALL | re.MULTILINE)
HERE: Final = re.compile(r"<<'(\w+)'.*?^\1$", re.DOTALL | re.MULTILINE)
COMMENT: Final = re.compile(r"(?:^|\s)#.*$", re.MULTILINE)
BETWEEN: Final = "|&;\n"
READ: Final = [path for path in PAGES if BLOCK.search(path.read_text("utf-8"))]


def commands(block: str) -> Iterator[list[str]]:
    """The commands of a block, as the shell takes them apart."""
    text = COMMENT.sub("", HERE.sub("", block)).replace("\\\n", " ")
    words = shlex.shlex(text, posix=True, punctuation_chars=BETWEEN)
    words.whitespace, words.whitespace_split, words.commenters = " \t\r", True, ""
    command: list[str] = []
    for word in [*words, "\n"]:
        if word.strip(BETWEEN):
            command.append(word)
        elif command:
            yield command
            command = []


def typed(command: list[str]) -> list[str] | None:
    """What follows `rectify`; None for another program."""
    while command and re.fullmatch(r"\w+=.*", command[0]):
        command = command[1:]
    return command[1:] if command and Path(command[0]).name == "rectify" else None


def understood(words: list[str]) -> None:
    """Raises what the command line says to words that it does not know; nothing is run."""
    command: Any = get_command(app)
    context = None
    name = "rectify"
    while hasattr(command, "get_command"):
        context = command.make_context(name, list(words), parent=context)
        left: list[str] = [*context._protected_args, *context.args]
        name, words = left[0], left[1:]
        command = command.get_command(context, name)
        assert command is not None, name
    try:
        command.make_context(name, list(words), parent=context)
    except click.BadParameter as error:
        if "does not exist" not in error.message:  # a file that the reader has
            raise


@pytest.mark.parametrize("path", READ, ids=lambda path: path.name)
def test_the_command_line_understands_what_is_told(path: Path) -> None:
    """Each `rectify ...` of each block, with its options and arguments."""
    text = path.read_text("utf-8")
    for block in BLOCK.findall(text):
        if "rectify " not in block or "┌" in block:
            continue
        for command in commands(block):
            words = typed(command)
            if words not in (None, ["--version"]) and "..." not in words:
                understood(words)


def test_pages_that_are_run_are_run() -> None:
    """Their tests read them."""
    for page, test in RUN.items():
        assert Path(page).name in (ROOT / test).read_text("utf-8"), page
