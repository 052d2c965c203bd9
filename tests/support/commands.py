"""Every command of the command line, as typer knows them, and words with which each may be called."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer
from typer.core import TyperGroup

from streams.cli.terminal.root import app

STAYING: Final = frozenset({("demo",), ("up",), ("worker",), ("web",), ("broker",)})


def _commands(command: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if isinstance(command, TyperGroup):
        context = command.make_context("rectify", [], resilient_parsing=True)
        for name in command.list_commands(context):
            yield from _commands(command.get_command(context, name), (*path, name))
    else:
        yield path, command


COMMANDS: Final = dict(_commands(typer.main.get_command(app)))


def line(path: tuple[str, ...], file: Path) -> list[str]:
    """The command with something for everything that it requires: a file where it wants one, otherwise a word."""
    words = list(path)
    for parameter in COMMANDS[path].params:
        if parameter.required:
            option = [] if parameter.param_type_name == "argument" else [max(parameter.opts, key=len)]
            words += [*option, {"file": str(file), "until": "2027-01-01"}.get(parameter.name, "default")]
    return words
