"""A group whose commands are in several modules, each imported when one of its commands is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup


def parted(modules: Mapping[str, str]) -> type[TyperGroup]:
    """The `cls=` of a typer app: command -> the module of `streams.cli` whose `app` has it, in the help's order."""

    class Parted(TyperGroup):
        """See `parted`."""

        def list_commands(self, ctx: Any) -> list[str]:
            """In the order of the table."""
            del ctx
            return list(modules)

        def get_command(self, ctx: Any, cmd_name: str) -> Any:
            """The command itself, imported now."""
            if cmd_name not in modules:
                return super().get_command(ctx, cmd_name)
            app = import_module(f"streams.cli.{modules[cmd_name]}").app
            return typer.main.get_group(app).commands[cmd_name]

    return Parted
